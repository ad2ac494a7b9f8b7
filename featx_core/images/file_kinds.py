"""File types by their first bytes: those that featx reads, and advice for the others."""

import itertools
import struct
import zlib

from featx_core.images.file_structure import jpeg_segments
from featx_core.images.formats.boxes import unread_still
from featx_core.images.formats.netpbm import is_netpbm
from featx_core.images.formats.tiff_structure import entries, values

_AS_PNG = "export it as PNG or JPEG"
_AS_PLANES = "export single planes as PNG or TIFF"
_GZIP = b"\x1f\x8b"
_UNPACK = "unpack it, or pack the images as zip"
_RAW = f"is a camera RAW file: {_AS_PNG}"
_NIFTI = f"is a NIfTI volume: {_AS_PLANES}"
_VIDEO = "is a video, not an image: export single frames as PNG or JPEG"
_SOUND = "is a sound file, not an image"
_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", f"is a PDF, not an image: {_AS_PNG}"),
    (0, b"%!PS", f"is an EPS or PostScript file: {_AS_PNG}"),
    (0, b"\xc5\xd0\xd3\xc6", f"is an EPS file: {_AS_PNG}"),
    (0, b"8BPS", f"is a Photoshop file: {_AS_PNG}"),
    (0, b"gimp xcf", f"is a GIMP file: {_AS_PNG}"),
    (0, b"Rar!", f"is a RAR archive: {_UNPACK}"),
    (0, b"7z\xbc\xaf\x27\x1c", f"is a 7z archive: {_UNPACK}"),
    (0, _GZIP, f"is a gzip archive: {_UNPACK}"),
    (0, b"BZh", f"is a bzip2 archive: {_UNPACK}"),
    (0, b"\xfd7zXZ\x00", f"is an xz archive: {_UNPACK}"),
    (0, b"\x28\xb5\x2f\xfd", f"is a zstd archive: {_UNPACK}"),
    (257, b"ustar", f"is a tar archive: {_UNPACK}"),
    (0, b"PK\x03\x04", "is a zip archive inside a folder or another archive: add it on its own"),
    (0, b"PK\x05\x06", "is an empty zip archive"),
    (0, b"FUJIFILMCCD-RAW", _RAW),
    (8, b"CR\x02", _RAW),
    (0, b"IIRO", _RAW),
    (0, b"IIRS", _RAW),
    (0, b"MMOR", _RAW),
    (0, b"IIU\x00", _RAW),
    (0, b"FOVb", _RAW),
    (0, b"\x00MRM", _RAW),
    (4, b"ftypcrx", _RAW),
    (4, b"ftypM4A", _SOUND),
    (4, b"ftyp", _VIDEO),  # what remains of this family: MP4, MOV, M4V, 3GP
    (4, b"moov", _VIDEO),
    (4, b"mdat", _VIDEO),
    (4, b"wide", _VIDEO),
    (8, b"AVI ", _VIDEO),
    (0, b"\x1aE\xdf\xa3", _VIDEO),
    (0, b"\x00\x00\x01\xba", _VIDEO),
    (0, b"\x00\x00\x01\xb3", _VIDEO),
    (0, b"FLV\x01", _VIDEO),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _VIDEO),
    (0, b"OggS", "is a sound or video file, not an image"),
    (0, b"ID3", _SOUND),
    (0, b"fLaC", _SOUND),
    (8, b"WAVE", _SOUND),
    (0, b"\x00\x00\x01\x00", f"is an icon file: {_AS_PNG}"),
    (0, b"\x00\x00\x00\x0cjP  ", f"is a JPEG 2000 file: {_AS_PNG}"),
    (0, b"\xff\x4f\xff\x51", f"is a JPEG 2000 file: {_AS_PNG}"),
    (0, b"\xff\x0a", f"is a JPEG XL file: {_AS_PNG}"),
    (0, b"\x00\x00\x00\x0cJXL ", f"is a JPEG XL file: {_AS_PNG}"),
    (0, b"\x76\x2f\x31\x01", f"is an OpenEXR file: {_AS_PNG}"),
    (0, b"#?RADIANCE", f"is a Radiance HDR file: {_AS_PNG}"),
    (0, b"DDS ", f"is a DDS texture: {_AS_PNG}"),
    (0, b"qoif", f"is a QOI file: {_AS_PNG}"),
    (0, b"SIMPLE  =", f"is a FITS file: {_AS_PNG}"),
    (128, b"DICM", f"is a DICOM file: {_AS_PNG}"),
    (0, b"ZISRAWFILE", f"is a Zeiss CZI file: {_AS_PLANES}"),
    (0, b"\xda\xce\xbe\x0a", f"is a Nikon ND2 file: {_AS_PLANES}"),
    (0, b"\x70\x00\x00\x00", f"is a Leica LIF file: {_AS_PLANES}"),
    (344, b"n+1\x00", _NIFTI),
    (344, b"ni1\x00", _NIFTI),
    (4, b"n+2\x00", _NIFTI),
    (4, b"ni2\x00", _NIFTI),
    (208, b"MAP ", f"is an MRC file: {_AS_PLANES}"),
    (0, b"NRRD0", f"is an NRRD volume: {_AS_PLANES}"),
    (0, b"ObjectType =", f"is a MetaImage volume: {_AS_PLANES}"),
    (0, b"MATLAB 5.0", "is a MATLAB file, not an image"),
    (0, b"P7\n", f"is a PAM file: {_AS_PNG}"),
    (0, b"II\xbc", f"is a JPEG XR file: {_AS_PNG}"),
    (0, b"BPG\xfb", f"is a BPG file: {_AS_PNG}"),
    (0, b"\x01\xda", f"is an SGI file: {_AS_PNG}"),
    (0, b"icns", f"is an icon file: {_AS_PNG}"),
    (0, b"AT&TFORM", f"is a DjVu file: {_AS_PNG}"),
    (0, b"\xd7\xcd\xc6\x9a", f"is a WMF drawing: {_AS_PNG}"),
    (0, b"II\x1a\x00\x00\x00HEAPCCDR", _RAW),
    (0, b"\x89HDF", "is an HDF5 file, not an image"),
    (0, b"\x93NUMPY", "is a NumPy array, not an image"),
    (
        0,
        b"\xd0\xcf\x11\xe0",
        "is an Office document or a microscope's OIB or ZVI file: export its images as PNG or JPEG",
    ),
    (0, b"MZ", "is an executable, not an image"),
    (0, b"\x7fELF", "is an executable, not an image"),
    (0, b"SQLite format 3", "is a database: open a featx workspace from the menu in the sidebar"),
)
_IMAGES: tuple[tuple[int, bytes], ...] = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG"),
    (0, b"GIF8"),
    (0, b"BM"),
    (0, b"II*\x00"),
    (0, b"MM\x00*"),
    (0, b"II+\x00"),
    (0, b"MM\x00+"),
    (8, b"WEBP"),
    (4, b"ftypavi"),
    (4, b"ftyphe"),
    (4, b"ftypmif1"),
    (4, b"ftypmsf1"),
)
_SEEN = 1024  # bytes in which the start of a PDF or SVG is looked for
_SUB_IMAGES, _SUBFILE_TYPE, _PHOTOMETRIC, _DNG_VERSION = 330, 254, 262, 50706  # TIFF tags
_JPEG_FRAMES = (0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_LOSSLESS_FRAMES = (0xC3, 0xC7, 0xCB, 0xCF)
_JPEG_LS = 0xF7
_BITMAP_HEADS = (12, 40, 52, 56, 64, 108, 124)  # bytes
_COLOR_FILTER_ARRAY = 32803  # the photometric interpretation of a sensor's raw values
HEAD_BYTES = 4096
"""So many first bytes tell what a file is, but for a camera RAW file in TIFF's clothes."""


def described_kind(content: bytes) -> str | None:
    """Name what a file is when it is none of the images that featx reads, with advice; None when its start tells nothing.

    >>> described_kind(b"%PDF-1.7 ...")
    'is a PDF, not an image: export it as PNG or JPEG'
    >>> described_kind(b"hello")
    'is text, not an image'
    """
    if not content:
        return "is empty"
    if is_image(content):
        return _RAW if _is_raw_tiff(content) else None
    for offset, magic, words in _KINDS:
        if content[offset : offset + len(magic)] == magic:
            return _NIFTI if magic == _GZIP and _holds_nifti(content) else words
    head = content[:_SEEN]
    if b"%PDF-" in head:
        return f"is a PDF, not an image: {_AS_PNG}"
    return _described_text(head)


def is_image(content: bytes) -> bool:
    """Return whether a file begins like one of the images that featx reads.

    >>> is_image(b"GIF89a"), is_image(b"hello")
    (True, False)
    """
    if content.startswith(b"BM"):  # two letters that many texts begin with; a bitmap's header follows at 14
        return content[14:18] in {bytes((size, 0, 0, 0)) for size in _BITMAP_HEADS} or len(content) < 18
    return any(content[offset : offset + len(magic)] == magic for offset, magic in _IMAGES) or is_netpbm(content)


def unread_kind(content: bytes) -> str | None:
    r"""Name an image that could not be decoded because it is of a kind that is not read, though it may be sound; else None.

    >>> unread_kind(b"\xff\xd8\xff\xf7\x00\x04\x00\x00")
    'is a JPEG-LS file, which featx does not read: export it as PNG or JPEG'
    """
    starts = ((0, b"\xff\xd8", _unread_jpeg), (0, b"BM", _unread_bitmap), (4, b"ftyp", _unread_still))
    what = next((name(content) for at, magic, name in starts if content.startswith(magic, at)), None)
    return f"is a {what}, which featx does not read: {_AS_PNG}" if what else None


def _unread_still(content: bytes) -> str | None:
    try:
        return unread_still(content)
    except (struct.error, IndexError):  # boxes that are cut or lie
        return None


def _unread_jpeg(content: bytes) -> str | None:
    """Name a JPEG of more than 8 bits, or one coded by a method for medicine or archives."""
    for marker, start, end in itertools.islice(jpeg_segments(content, until_pixels=True), 1000):
        if marker == _JPEG_LS:
            return "JPEG-LS file"
        if marker in _JPEG_FRAMES and end > start + 4:
            n_bits = content[start + 4]
            return "lossless JPEG" if marker in _LOSSLESS_FRAMES else f"JPEG of {n_bits} bits" if n_bits != 8 else None
    return None


def _unread_bitmap(content: bytes) -> str | None:
    """Name a bitmap whose header is whole, and its pixels there, but says things that Pillow does not know."""
    if len(content) < 54:
        return None
    start, head = struct.unpack_from("<II", content, 10)
    n_bits, packing = struct.unpack_from("<HI", content, 28) if head >= 40 else (24, 0)
    n_colors = struct.unpack_from("<I", content, 46)[0] if head >= 40 else 0
    if start >= len(content) or n_bits > 64:
        return None
    if head not in (16, *_BITMAP_HEADS) or n_colors > 1024:
        return None
    if head == 16 or n_colors > 256:
        return f"BMP of a rare kind (header of {head} bytes, {n_colors} colours)"
    if packing in (3, 6) and n_bits in (16, 32):
        return f"BMP with a rare layout of its {n_bits} bits"
    is_known = packing <= 2 and n_bits in (1, 4, 8, 16, 24, 32)
    return None if is_known else f"BMP of a rare kind ({n_bits} bits, compression {packing})"


def _holds_nifti(content: bytes) -> bool:
    try:
        head = zlib.decompressobj(31).decompress(content[:HEAD_BYTES], 512)
    except zlib.error:
        return False
    return head[344:348] in (b"n+1\x00", b"ni1\x00") or head[4:8] in (b"n+2\x00", b"ni2\x00")


def _is_raw_tiff(content: bytes) -> bool:
    """Tell a camera's RAW file (DNG, NEF, ARW, CR2), which begins as a TIFF with a small preview as its first page."""
    if content[:4] not in (b"II*\x00", b"MM\x00*"):
        return False
    tags = entries(content)
    is_preview = values(content, tags.get(_SUBFILE_TYPE)) == (1,) and _SUB_IMAGES in tags
    is_sensor = values(content, tags.get(_PHOTOMETRIC)) == (_COLOR_FILTER_ARRAY,)
    return content[8:11] == b"CR\x02" or _DNG_VERSION in tags or is_preview or is_sensor


def _described_text(head: bytes) -> str | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in start:
        return f"is an SVG drawing: {_AS_PNG}"
    if start.startswith((b"<!doctype html", b"<html")):
        return "is a web page, not an image"
    return "is text, not an image" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character may be cut at the end
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character.isspace() for character in text)
