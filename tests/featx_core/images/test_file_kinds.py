import gzip
import struct

import pytest

from featx_core.images.decoding import ImageError, inspect
from tests.toys.files.odd_files import encoded, picture

NIFTI = struct.pack("<I", 348) + bytes(340) + b"n+1\0" + bytes(4)
PLANES = "export single planes as PNG or TIFF"


def jpeg_with_frame(marker: int, n_bits: int = 8) -> bytes:
    content = encoded(picture(), "JPEG")
    at = content.index(b"\xff\xc0")
    return content[: at + 1] + bytes([marker]) + content[at + 2 : at + 4] + bytes([n_bits]) + content[at + 5 :]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ZISRAWFILE" + bytes(100), f"is a Zeiss CZI file: {PLANES}"),
        (b"\xda\xce\xbe\x0a" + bytes(100), f"is a Nikon ND2 file: {PLANES}"),
        (b"\x70\0\0\0" + bytes(100), f"is a Leica LIF file: {PLANES}"),
        (NIFTI, f"is a NIfTI volume: {PLANES}"),
        (gzip.compress(NIFTI, mtime=0), f"is a NIfTI volume: {PLANES}"),
        (struct.pack("<I", 540) + b"n+2\0\r\n\x1a\n" + bytes(600), f"is a NIfTI volume: {PLANES}"),
        (gzip.compress(b"no volume", mtime=0), "is a gzip archive: unpack it, or pack the images as zip"),
        (bytes(128) + b"DICM" + bytes(40), "is a DICOM file: export it as PNG or JPEG"),
        (bytes(208) + b"MAP " + bytes(40), f"is an MRC file: {PLANES}"),
        (b"NRRD0004\n", f"is an NRRD volume: {PLANES}"),
        (b"ObjectType = Image\n", f"is a MetaImage volume: {PLANES}"),
        (b"\xff\x0a" + bytes(20), "is a JPEG XL file: export it as PNG or JPEG"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "is a JPEG XL file: export it as PNG or JPEG"),
        (b"II*\0\x10\0\0\0CR\x02\0", "is a camera RAW file: export it as PNG or JPEG"),
        (b"II\x1a\0\0\0HEAPCCDR", "is a camera RAW file: export it as PNG or JPEG"),
        (b"P7\nWIDTH 4\n", "is a PAM file: export it as PNG or JPEG"),
        (b"P5 is how this text begins", "is text, not an image"),
        (b"P6\nis a line of text", "is text, not an image"),
        (jpeg_with_frame(0xC1, 12), "is a JPEG of 12 bits, which featx does not read: export it as PNG or JPEG"),
        (jpeg_with_frame(0xC3), "is a lossless JPEG, which featx does not read: export it as PNG or JPEG"),
        (jpeg_with_frame(0xF7), "is a JPEG-LS file, which featx does not read: export it as PNG or JPEG"),
    ],
)
def test_a_file_is_named_by_what_it_is(content: bytes, words: str) -> None:
    with pytest.raises(ImageError) as caught:
        inspect(content)
    assert str(caught.value) == words
