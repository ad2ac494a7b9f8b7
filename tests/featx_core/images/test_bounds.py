"""No file makes featx look at it for long, or takes more than a gigabyte."""

import io
import struct
import subprocess
import sys
import textwrap
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featx_core.images.decoding import MAX_IMAGE_BYTES, MAX_PIXELS_OF, ImageError, inspect
from featx_core.images.file_structure import MAX_FRAMES, frame_count
from tests.toys.files.odd_files import encoded, picture, png_chunk
from tests.toys.files.tiff_files import tiff

ROOT = Path(__file__).parents[3]
MAX_SECONDS = 3.0  # on a slow machine; the longest takes a fifth of it
PICTURE = picture(64, 64)
TOO_MANY = "has too many parts to be read in reasonable time"


def filled(before: bytes, part: bytes, after: bytes) -> bytes:
    """Repeat a part until the file has the largest size that is taken."""
    return before + part * ((MAX_IMAGE_BYTES - len(before) - len(after)) // len(part)) + after


def png(part: bytes) -> bytes:
    whole = encoded(PICTURE)
    return filled(whole[:33], part, whole[33:])


def jpeg(part: bytes) -> bytes:
    whole = encoded(PICTURE, "JPEG")
    return filled(whole[:2], part, whole[2:])


def gif(start: bytes, part: bytes, end: bytes) -> bytes:
    whole = encoded(PICTURE, "GIF")
    at = whole.index(b"\x2c\0\0\0\0")
    return filled(whole[:at] + start, part, end + whole[at:])


HOSTILE: dict[str, Callable[[], bytes]] = {
    "PNG of empty chunks": lambda: png(png_chunk(b"abCd", b"")),
    "PNG of empty pixels": lambda: png(png_chunk(b"IDAT", b"")),
    "PNG of short texts": lambda: png(png_chunk(b"tEXt", b"a\0b")),
    "JPEG of empty comments": lambda: jpeg(b"\xff\xfe\0\x02"),
    "JPEG of padding": lambda: jpeg(b"\xff"),
    "JPEG of padding in parts": lambda: jpeg(b"\xff" * 60_000 + b"\xfe\0\x02"),
    "GIF of short comments": lambda: gif(b"", b"\x21\xfe\x01x\0", b""),
    "GIF of one comment in short pieces": lambda: gif(b"\x21\xfe", b"\x01x", b"\0"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_in_a_million_pieces_is_refused_at_once(kind: str) -> None:
    content = HOSTILE[kind]()
    begun = time.process_time()
    with pytest.raises(ImageError, match=TOO_MANY):
        inspect(content)
    assert time.process_time() - begun < MAX_SECONDS


def test_long_but_ordinary_files_are_taken() -> None:
    """A comment of 20 MB, pixels in chunks of 8 KB, and 60 000 restarts in a JPEG are no reason to refuse."""
    assert inspect(gif(b"\x21\xfe", b"\xff" + b"x" * 255, b"\0")).width == 64
    packed = zlib.compress(b"".join(b"\0" + bytes(3 * 64) for _ in range(64)))
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0))
    parts = b"".join(png_chunk(b"IDAT", packed[at : at + 1]) for at in range(len(packed)))
    assert inspect(b"\x89PNG\r\n\x1a\n" + head + parts + png_chunk(b"IEND", b"")).width == 64
    restarts = encoded(Image.new("L", (2000, 2000)), "JPEG", restart_marker_blocks=1)
    assert restarts.count(b"\xff\xd0") > 5000
    assert inspect(restarts).width == 2000


def chained(big: bool, n_pages: int) -> bytes:
    """Put a chain of tiny pages behind a whole one."""
    first = bytearray(tiff(np.zeros((32, 32), np.uint8), big=big))
    directory, count, entry, offset = (16, "<Q", 20, "<Q") if big else (8, "<H", 12, "<I")
    end = directory + struct.calcsize(count) + entry * struct.unpack_from(count, first, directory)[0]
    first += bytes(-len(first) % 8)
    struct.pack_into(offset, first, end, len(first))
    size = struct.calcsize(count) + entry + struct.calcsize(offset)
    pages, at = [], len(first)
    for _ in range(n_pages):
        at += size
        pages.append(struct.pack("<QHHQQQ" if big else "<HHHIII", 1, 256, 3, 1, 20, at))
    return bytes(first) + b"".join(pages)


@pytest.mark.parametrize("big", [False, True])
def test_pages_are_counted_up_to_a_bound(big: bool) -> None:
    content = chained(big, 6 * 1024**2 // (36 if big else 18))
    begun = time.process_time()
    assert frame_count(content) == MAX_FRAMES
    assert "1 of more than 10 000 frames used" in inspect(content).notes
    assert time.process_time() - begun < MAX_SECONDS
    assert frame_count(chained(big, 4)) == 5  # the last points beyond the end


def test_a_gif_of_a_million_frames_is_counted_up_to_a_bound() -> None:
    whole = encoded(Image.new("P", (16, 16)), "GIF")
    frame = whole[whole.index(b"\x2c\0\0\0\0") : -1]
    begun = time.process_time()
    assert "1 of more than 10 000 frames used" in inspect(filled(whole[:-1], frame, b";")).notes
    assert time.process_time() - begun < MAX_SECONDS


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_a_tiff_that_repeats_its_bytes_is_refused_at_once(kind: str) -> None:
    """Each of 20 000 strips is the whole file: a reader would copy 20 GB."""
    values = np.zeros((20_000, 16), kind)
    strips = [b"\x80" * 1_000_000, *[b""] * 19_999]
    content = bytearray(tiff(values, pieces=strips, packing=5, extra=[(278, 4, [1])]))
    sizes = struct.pack("<I", 1_000_000) + bytes(4 * 19_999)
    starts = content.index(b"\x80" * 100)
    at = bytes(content).index(sizes)
    content[at : at + len(sizes)] = struct.pack("<20000I", *[1_000_000] * 20_000)
    at = bytes(content).index(struct.pack("<II", starts, starts + 1_000_000))
    content[at : at + len(sizes)] = struct.pack("<20000I", *[starts] * 20_000)
    begun = time.process_time()
    with pytest.raises(ImageError, match="is damaged"):
        inspect(bytes(content))
    assert time.process_time() - begun < MAX_SECONDS


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_a_tiff_of_too_many_tiles_is_refused(kind: str) -> None:
    content = tiff(
        np.zeros((16, 16), kind), tile=(16, 16), extra=[(256, 4, [9600]), (257, 4, [9600])], pieces=[bytes(512)]
    )
    with pytest.raises(
        ImageError, match=r"is cut into 360 000 strips or tiles; the limit is 100 000|the file ends early"
    ):
        inspect(content)


@pytest.mark.parametrize("form", ["WEBP", "AVIF"])
def test_formats_whose_decoders_take_most_have_a_lower_limit(form: str) -> None:
    name = {"WEBP": "WebP"}.get(form, form)
    assert MAX_PIXELS_OF[name] == 50_000_000
    content = bytearray(encoded(picture(120, 90), form))
    if form == "AVIF":
        at = content.find(b"ispe") + 8
        content[at : at + 8] = struct.pack(">II", 8000, 8000)
    else:
        content[26:30] = struct.pack("<HH", 8000, 8000)
    with pytest.raises(ImageError, match=rf"^64 megapixels; the limit for {name} is 50$"):
        inspect(bytes(content))


def test_a_progressive_jpeg_has_a_lower_limit() -> None:
    content = bytearray(encoded(picture(120, 90), "JPEG", progressive=True))
    at = content.find(b"\xff\xc2") + 5
    content[at : at + 4] = struct.pack(">HH", 9000, 9000)
    with pytest.raises(ImageError, match=r"^81 megapixels; the limit for a progressive JPEG is 75$"):
        inspect(bytes(content))


MEMORY = """
import sys
sys.path.insert(0, ".")
from pathlib import Path
from featx_core.images.decoding import decode
from tests.toys.memory import peak_megabytes
content = Path(sys.argv[1]).read_bytes()
assert decode(content).shape[2] == 3
print(peak_megabytes())
"""
LARGE: dict[str, Callable[[Image.Image], bytes]] = {
    "RGB PNG": lambda rgb: encoded(rgb, "PNG", compress_level=1),
    "RGBA PNG": lambda rgb: encoded(Image.merge("RGBA", (*rgb.split(), rgb.getchannel("G"))), "PNG", compress_level=1),
    "palette PNG": lambda rgb: encoded(with_palette(rgb.getchannel("R")), "PNG"),
    "JPEG": lambda rgb: encoded(rgb, "JPEG", subsampling=0, quality=50),
    "CMYK JPEG": lambda rgb: encoded(rgb.convert("CMYK"), "JPEG", quality=50),
    "progressive JPEG": lambda rgb: encoded(
        rgb.crop((0, 0, 10_000, 7_500)), "JPEG", progressive=True, subsampling=0, quality=50
    ),
    "WebP": lambda rgb: encoded(rgb.crop((0, 0, 10_000, 5_000)), "WEBP", quality=50, method=0),
    "AVIF": lambda rgb: encoded(rgb.crop((0, 0, 10_000, 5_000)), "AVIF", quality=40, speed=10),
    "turned JPEG": lambda rgb: encoded(rgb, "JPEG", quality=50, exif=turned()),
}

MOST = ("RGBA PNG",)
"""Which takes the most memory of its decoder."""


def with_palette(shades: Image.Image) -> Image.Image:
    shades = shades.copy()
    shades.putpalette(bytes(range(256)) * 3)
    return shades


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory as Linux reports it")
@pytest.mark.parametrize(
    "kind", [kind if kind in MOST else pytest.param(kind, marks=pytest.mark.thorough) for kind in LARGE]
)
def test_the_largest_pictures_take_less_than_a_gigabyte(kind: str, tmp_path: Path) -> None:
    column, row = np.arange(10_000, dtype=np.uint16)[None], np.arange(10_000, dtype=np.uint16)[:, None]
    shades = [(column // 40 + 0 * row), (row // 40 + 0 * column), (column // 100 * 7 + 0 * row)]
    rgb = Image.merge("RGB", [Image.fromarray(np.ascontiguousarray(shade, np.uint8)) for shade in shades])
    path = tmp_path / "large"
    path.write_bytes(LARGE[kind](rgb))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEMORY), str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1000


@pytest.mark.slow
def test_a_picture_written_as_text_is_read_in_seconds() -> None:
    """Pillow takes seven seconds for such a PPM, and twenty for one whose largest value is 254."""
    values = io.BytesIO()
    values.write(b"P3 2000 2000 254\n" + b"7 " * 12_000_000)
    begun = time.process_time()
    assert inspect(values.getvalue()).format == "PPM"
    assert time.process_time() - begun < MAX_SECONDS
