import io
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from featx_core.images import decoding
from featx_core.images.decoding import ImageError, decode, inspect, thumbnail
from featx_core.images.file_structure import MAX_FRAMES, frame_count
from tests.toys.files.odd_files import (
    HEIC,
    WRITTEN,
    encoded,
    picture,
    png_chunk,
    png_header_only,
    png_with,
    tiff_with_tags,
)
from tests.toys.memory import forget_peak, peak_megabytes


@pytest.mark.parametrize("form", WRITTEN)
def test_every_format_is_read_with_its_size_and_colours(form: str) -> None:
    original = Image.new("RGB", (96, 64), (200, 60, 40))
    content = encoded(original, WRITTEN[form])
    facts = inspect(content)
    assert (facts.format, facts.width, facts.height) == (form, 96, 64)
    assert np.abs(decode(content).astype(int) - [200, 60, 40]).max() <= 6


def test_heic_is_read() -> None:
    facts = inspect(HEIC)
    assert (facts.format, facts.width, facts.height) == ("HEIC", 64, 48)
    pixels = decode(HEIC)
    assert pixels.shape == (48, 64, 3)
    assert np.abs(pixels[24, 8].astype(int) - [220, 40, 30]).max() < 12
    assert np.abs(pixels[24, 56].astype(int) - [30, 60, 200]).max() < 12


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
@pytest.mark.parametrize("form", [*WRITTEN, "HEIC"])
def test_a_cut_file_ends_early(form: str, share: float) -> None:
    content = HEIC if form == "HEIC" else encoded(picture(320, 240), WRITTEN[form])
    with pytest.raises(ImageError, match=r"^the file ends early$"):
        inspect(content[: int(len(content) * share)])


@pytest.mark.parametrize("n_bytes", [4, 12, 20])
@pytest.mark.parametrize("form", ["JPEG", "BMP"])
def test_a_file_cut_within_its_first_bytes_ends_early(form: str, n_bytes: int) -> None:
    with pytest.raises(ImageError, match=r"^the file ends early$"):
        inspect(encoded(picture(32, 32), form)[:n_bytes])


@pytest.mark.parametrize("lost", [2, 40, 400])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_large_jpeg_is_decoded_reduced_and_its_cut_still_found(progressive: bool, lost: int) -> None:
    content = encoded(picture(1600, 1200), "JPEG", progressive=progressive)
    with pytest.raises(ImageError, match="the file ends early"):
        inspect(content[:-lost])


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_cut_compressed_tiff_ends_early(compression: str, share: float) -> None:
    content = encoded(picture(320, 240), "TIFF", compression=compression)
    assert inspect(content).format == "TIFF"
    with pytest.raises(ImageError, match="the file ends early"):
        inspect(content[: int(len(content) * share)])


def test_truncated_files_are_refused_by_pillow_itself() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_a_bomb_is_refused_from_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(ImageError, match=r"^188 megapixels; the limit is 100$"):
        inspect(png_header_only(20_000, 9_400))
    with pytest.raises(ImageError, match=r"^110 megapixels; the limit is 100$"):
        decode(png_header_only(11_000, 10_000))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory as Linux reports it")
def test_a_real_bomb_of_few_bytes_costs_no_memory() -> None:
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\x00" * 36_001) for _ in range(9_000)) + packer.flush()
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 12_000, 9_000, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    assert len(content) < 400_000
    forget_peak()
    before = peak_megabytes()
    with pytest.raises(ImageError, match="108 megapixels; the limit is 100"):
        inspect(content)
    assert peak_megabytes() - before < 20


def test_a_progressive_jpeg_of_too_many_passes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(picture(320, 240), "JPEG", progressive=True)
    assert inspect(content).format == "JPEG"
    last = content.rfind(b"\xff\xda")
    repeated = content[:last] + content[last:-2] * 60 + content[-2:]
    monkeypatch.setattr(decoding, "MAX_SCANNED_PIXELS", 320 * 240 * 50)
    with pytest.raises(ImageError, match=r"has 69 passes, too many"):
        inspect(repeated)


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((1, 1), r"^1 x 1 pixels; each side must have at least 16$"),
        ((15, 400), "at least 16"),
        ((16, 30_001), r"a side may have at most 30 000"),
        ((1, 60_000), "at least 16"),
    ],
)
def test_sides_out_of_bounds_are_named(size: tuple[int, int], reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        inspect(encoded(Image.new("L", size)))


def test_an_extreme_aspect_is_noted_and_20_to_1_is_not() -> None:
    assert inspect(encoded(Image.new("RGB", (420, 20)))).notes == ("very elongated, 420 x 20",)
    assert inspect(encoded(Image.new("RGB", (400, 20)))).notes == ()


def test_a_file_over_25_mb_is_refused() -> None:
    with pytest.raises(ImageError, match=r"^26 MB; the limit is 25 MB$"):
        inspect(b"\x89PNG" + b"\x00" * (26 * 1024**2 - 4))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7\n", "is a PDF, not an image: export it as PNG or JPEG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n", "EPS"),
        (b"\xc5\xd0\xd3\xc6" + b"\x00" * 60, "EPS"),
        (b'<?xml version="1.0"?>\n<svg width="9"/>', "SVG"),
        (b"\xef\xbb\xbf<svg/>", "SVG"),
        (b"8BPS\x00\x01", "Photoshop"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"PK\x03\x04", "zip"),
        (b"\x00\x00\x00\x18ftypcrx \x00", "camera RAW"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "camera RAW"),
        (b"FUJIFILMCCD-RAW 0201", "camera RAW"),
        (tiff_with_tags({50706: (1, 4)}), "camera RAW"),
        (tiff_with_tags({254: (4, 1), 330: (4, 999)}), "camera RAW"),
        (tiff_with_tags({262: (3, 32803)}), "camera RAW"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00", "video"),
        (b"\x1aE\xdf\xa3", "video"),
        (b"\x00\x00\x00\x0cJXL \r\n", "JPEG XL"),
        (b"hello, this is a note", "is text, not an image"),
        ("Größe: 3 m".encode(), "is text, not an image"),
        (b"BM is how this text begins", "is text, not an image"),
        (bytes(range(128, 256)), "is not an image that can be read"),
    ],
)
def test_other_files_are_named_by_what_they_are(content: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        inspect(content)


def test_eps_and_svg_never_reach_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("opened"))
    for content in (b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg/>", b"8BPS", b"%PDF-1.4"):
        with pytest.raises(ImageError, match="export it as PNG or JPEG"):
            inspect(content)


def test_pillow_may_open_only_the_listed_formats() -> None:
    with pytest.raises(ImageError, match="is not an image that can be read"):
        inspect(encoded(picture(), "TGA"))


@pytest.mark.parametrize("form", ["GIF", "WEBP", "TIFF", "PNG", "AVIF"])
def test_the_first_of_several_frames_is_used_and_noted(form: str) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
    content = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=100, lossless=True)
    facts = inspect(content)
    assert "1 of 3 frames used" in facts.notes
    assert np.abs(decode(content).astype(int) - [255, 0, 0]).max() <= 4


def test_frames_are_counted_up_to_a_bound() -> None:
    pages = b"".join(struct.pack("<HHHIII", 1, 256, 3, 1, 20, 8 + 18 * (page + 1)) for page in range(30_000))
    assert frame_count(b"II*\x00\x08\x00\x00\x00" + pages) == MAX_FRAMES
    gif = encoded(picture(20, 20), "GIF")
    frame = gif[gif.index(b"\x2c\x00\x00\x00\x00") : -1]
    assert frame_count(gif[:-1] + frame * 7 + b";") == 8
    assert frame_count(gif[:-1] + frame * (2 * MAX_FRAMES) + b";") == MAX_FRAMES


def test_a_tiff_whose_pages_go_in_a_circle_is_counted_once() -> None:
    assert frame_count(b"II*\x00\x08\x00\x00\x00" + struct.pack("<HHHIII", 1, 256, 3, 1, 20, 8)) == 1


def test_a_text_bomb_is_named() -> None:
    bomb = png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"x" * 80 * 1024**2, 9))
    with pytest.raises(ImageError, match="holds a text chunk that unpacks to more than 1 MB"):
        inspect(png_with(encoded(picture()), bomb))


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"tEXt", b"Title\x00hello", checksum=1),
        png_chunk(b"iCCP", b"name\x00\x00not deflated"),
        png_chunk(b"eXIf", b"MM\x00*\xff\xff\xff\xff broken"),
        png_chunk(b"pHYs", b"\x00"),
        png_chunk(b"gAMA", b"\x00", checksum=7),
    ],
)
def test_broken_metadata_of_a_png_are_ignored(chunk: bytes) -> None:
    original = picture()
    content = png_with(encoded(original), chunk)
    assert inspect(content).width == 96
    assert np.array_equal(decode(content), np.asarray(original))


def test_ignored_metadata_are_noted() -> None:
    content = png_with(encoded(picture()), png_chunk(b"tEXt", b"Title\x00hello", checksum=1))
    assert inspect(content).notes == ("damaged metadata ignored",)


@pytest.mark.parametrize("marker", [0xE1, 0xE2, 0xED, 0xFE])
def test_fuzzed_metadata_of_a_jpeg_are_ignored(marker: int) -> None:
    content = encoded(picture(), "JPEG")
    expected = decode(content)
    starts = {0xE1: b"Exif\x00\x00", 0xE2: b"ICC_PROFILE\x00\x01\x01", 0xED: b"Photoshop 3.0\x008BIM", 0xFE: b""}
    rng = np.random.default_rng(marker)
    for length in (0, 1, 7, 40, 300):
        body = starts[marker] + rng.integers(0, 256, length, dtype=np.uint8).tobytes()
        segment = struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
        assert np.array_equal(decode(content[:2] + segment + content[2:]), expected)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
def test_flipped_bytes_never_raise_anything_but_image_error(form: str) -> None:
    content = encoded(picture(48, 40), form)
    rng = np.random.default_rng(5)
    reasons = []
    for _ in range(60):
        damaged = bytearray(content)
        for at in rng.integers(0, len(content), 3):
            damaged[at] = rng.integers(0, 256)
        try:
            pixels = decode(bytes(damaged))
        except ImageError as error:
            reasons.append(str(error))
        else:
            assert pixels.dtype == np.uint8
            assert pixels.shape[2] == 3
    assert all(reason and "0x" not in reason and "Error" not in reason for reason in reasons)


def test_at_least_reduces_a_jpeg_but_not_below_twice_what_is_asked() -> None:
    content = encoded(picture(1600, 1200), "JPEG")
    full, small = decode(content), decode(content, at_least=(224, 224))
    assert full.shape == (1200, 1600, 3)
    assert small.shape == (600, 800, 3)
    assert np.array_equal(small, decode(content, at_least=(224, 224)))
    halved = np.asarray(Image.fromarray(full).reduce(2)).astype(int)
    assert np.abs(small.astype(int) - halved).mean() < 2


def test_at_least_holds_for_turned_and_small_pictures() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(picture(1600, 1200), "JPEG", exif=exif)
    assert decode(turned, at_least=(100, 300)).shape == (800, 600, 3)
    assert decode(encoded(picture(), "JPEG"), at_least=(224, 224)).shape == (64, 96, 3)
    assert decode(encoded(picture(640, 640)), at_least=(10, 10)).shape == (640, 640, 3)


@pytest.mark.parametrize("size", [(1000, 500), (500, 1000), (40, 30)])
def test_a_thumbnail_keeps_the_shape_and_grows_nothing(size: tuple[int, int]) -> None:
    content = encoded(picture(*size), "JPEG")
    with Image.open(io.BytesIO(thumbnail(content, 256))) as small:
        assert max(small.size) == min(256, max(size))
        assert small.width / small.height == pytest.approx(size[0] / size[1], rel=0.02)
        original = Image.fromarray(decode(content)).resize(small.size)
        assert np.abs(np.asarray(small.convert("RGB")).astype(int) - np.asarray(original)).mean() < 6


def test_a_thumbnail_of_no_image_raises() -> None:
    with pytest.raises(ImageError, match="is text"):
        thumbnail(b"hello")
