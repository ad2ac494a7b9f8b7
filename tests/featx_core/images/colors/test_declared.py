"""Colours count as the file declares them: by a profile's content, by chunks of a PNG, by numbers of a HEIC, by EXIF."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import ExifTags, Image

from featx_core.images.colors.spaces import HLG, PQ, PRIMARIES, ColorSpace, of_numbers, to_srgb
from featx_core.images.decoding import decode, inspect
from featx_core.images.formats.boxes import numbered_colors
from tests.toys.files.icc_profiles import P3, profile
from tests.toys.files.odd_files import HEIC, encoded, picture, png_chunk, png_with
from tests.toys.files.tiff_files import tiff

CONVERTED = "colours converted to sRGB"
P3_RED = (234, 51, 35)  # the red of sRGB, in Display P3
FLAT = Image.new("RGB", (64, 48), P3_RED)


def shown(content: bytes) -> list[int]:
    pixels = decode(content)
    assert (pixels == pixels[0, 0]).all()
    return pixels[0, 0].tolist()


def near(wanted: tuple[int, ...] | list[int], tolerance: int) -> list:
    return [pytest.approx(value, abs=tolerance) for value in wanted]


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Return an image in a mode; as a palette of its own colours, not of those that Pillow dithers to."""
    return image.quantize(8) if mode == "P" else image.convert(mode)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_the_red_of_display_p3(form: str) -> None:
    content = encoded(FLAT, form, icc_profile=profile("Display P3", P3), lossless=True, quality=100)
    assert shown(content) == near((255, 0, 0), 4 if form == "JPEG" else 2)
    assert CONVERTED in inspect(content).notes


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_a_palette_with_a_profile(form: str) -> None:
    content = encoded(FLAT.quantize(8), form, icc_profile=profile("Display P3", P3))
    assert shown(content) == near((255, 0, 0), 2)
    assert inspect(content).notes == ("palette converted", CONVERTED)


def test_a_deep_tiff_with_a_profile() -> None:
    values = np.full((32, 32, 3), P3_RED, np.uint16) * 257
    embedded = profile("Display P3", P3)
    assert shown(tiff(values, photometric=2, extra=[(34675, 7, embedded)])) == near((255, 0, 0), 2)


def test_alpha_is_laid_on_white_after_the_conversion() -> None:
    half = FLAT.convert("RGBA")
    half.putalpha(128)
    content = encoded(half, icc_profile=profile("Display P3", P3))
    assert shown(content) == near((255, 127, 127), 3)
    assert inspect(content).notes == ("transparency blended with white", CONVERTED)


@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_grey_with_alpha_and_a_profile(alpha: int) -> None:
    grey = Image.new("LA", (32, 32), (55, alpha))
    content = encoded(grey, icc_profile=profile("Linear grey", gamma=1, is_grey=True))
    assert shown(content) == near([round(128 * alpha / 255 + 255 - alpha)] * 3, 2)
    assert CONVERTED in inspect(content).notes


@pytest.mark.parametrize(
    "name", ["GIMP built-in Linear sRGB", "sRGB, linear light", "Linear Rec709", "sRGB IEC61966-2.1"]
)
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_a_profile_counts_by_what_it_does(mode: str, name: str) -> None:
    grey = in_mode(Image.new("RGB", (32, 32), (55, 55, 55)), mode)
    content = encoded(grey, icc_profile=profile(name, gamma=1))
    assert shown(content) == near((128, 128, 128), 2)


@pytest.mark.parametrize("name", ["sRGB IEC61966-2.1", "c2", "my monitor", "Linear Rec709"])
@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P"])
def test_what_does_what_srgb_does_changes_nothing(mode: str, name: str) -> None:
    image = in_mode(picture(), mode)
    content = encoded(image, icc_profile=profile(name))
    assert np.array_equal(decode(content), np.asarray(image.convert("RGB")))
    assert CONVERTED not in inspect(content).notes


def test_a_colour_profile_with_srgbs_curve_leaves_a_grey_picture() -> None:
    grey = picture().convert("L")
    content = encoded(grey, "JPEG", quality=95, icc_profile=profile("Display P3", P3))
    assert np.array_equal(decode(content), decode(encoded(grey, "JPEG", quality=95)))
    assert inspect(content).notes == ()


def test_a_profile_of_other_colours_is_ignored_and_this_is_said() -> None:
    content = encoded(picture(), icc_profile=profile("Grey", gamma=1, is_grey=True))
    assert np.array_equal(decode(content), np.asarray(picture()))
    assert inspect(content).notes == ("colour profile ignored: it is damaged or does not match the image",)


def with_chunks(image: Image.Image, *chunks: tuple[bytes, bytes]) -> bytes:
    content = encoded(image)
    for kind, body in reversed(chunks):
        content = png_with(content, png_chunk(kind, body))
    return content


P3_POINTS = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
SRGB_POINTS = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
GAMMA = struct.pack(">I", 45455)


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"cICP", bytes([12, 13, 0, 1]))],
        [(b"gAMA", GAMMA), (b"cHRM", P3_POINTS)],
        [(b"cHRM", P3_POINTS)],
        [(b"sRGB", b"\0"), (b"cICP", bytes([12, 13, 0, 1]))],
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_a_png_that_tells_its_colours_by_chunks(mode: str, chunks: list[tuple[bytes, bytes]]) -> None:
    image = in_mode(FLAT, mode)
    assert shown(with_chunks(image, *chunks)) == near((255, 0, 0), 4)
    assert CONVERTED in inspect(with_chunks(image, *chunks)).notes


@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_a_png_of_linear_light(mode: str) -> None:
    grey = in_mode(Image.new("RGB", (32, 32), (55, 55, 55)), mode)
    assert shown(with_chunks(grey, (b"gAMA", struct.pack(">I", 100_000)))) == near((128, 128, 128), 3)
    assert shown(with_chunks(grey, (b"cICP", bytes([1, 8, 0, 1])))) == near((128, 128, 128), 3)


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"gAMA", GAMMA), (b"cHRM", SRGB_POINTS)],
        [(b"gAMA", GAMMA)],
        [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))],
        [(b"cICP", bytes([1, 13, 0, 1])), (b"gAMA", struct.pack(">I", 100_000))],
        [(b"cICP", bytes([2, 2, 0, 1]))],
        [(b"gAMA", struct.pack(">I", 1))],
        [(b"cHRM", bytes(32))],
        [(b"cHRM", struct.pack(">8I", *[33333] * 8))],
    ],
)
def test_chunks_that_mean_srgb_or_nothing_change_nothing(chunks: list[tuple[bytes, bytes]]) -> None:
    assert np.array_equal(decode(with_chunks(picture(), *chunks)), np.asarray(picture()))
    assert CONVERTED not in inspect(with_chunks(picture(), *chunks)).notes


def test_a_png_of_narrow_range() -> None:
    image = Image.new("RGB", (32, 32), (16, 126, 235))
    assert shown(with_chunks(image, (b"cICP", bytes([1, 13, 0, 0])))) == near((0, 128, 255), 2)


def with_numbers(content: bytes, primaries: int, curve: int) -> bytes:
    """Change the numbers that a HEIC or AVIF declares its colours by."""
    at = content.index(b"nclx") + 4
    return content[:at] + struct.pack(">HH", primaries, curve) + content[at + 4 :]


def avif() -> bytes:
    return encoded(FLAT, "AVIF", quality=100, subsampling="4:4:4")


def test_an_avif_of_display_p3() -> None:
    assert numbered_colors(avif()) == (1, 13, True)
    content = with_numbers(avif(), 12, 13)
    assert shown(content) == near((255, 0, 0), 5)
    assert inspect(content).notes == (CONVERTED,)
    assert inspect(avif()).notes == ()


def test_a_heic_of_display_p3() -> None:
    plain, content = decode(HEIC)[24, 8].astype(int), with_numbers(HEIC, 12, 13)
    assert inspect(content).notes == (CONVERTED,)
    red = decode(content)[24, 8].astype(int)
    assert red[0] > plain[0] + 5
    assert red[1] < plain[1]


def said_by_exif(space: int, index: str | None) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ColorSpace] = space
    if index is not None:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.IFD.Interop] = {1: index}
    return exif


ADOBE = [
    ((219, 0, 0), (255, 0, 0)),
    ((144, 255, 60), (0, 255, 0)),
    ((0, 0, 250), (0, 0, 255)),
    ((77, 77, 77), (77, 77, 77)),
]
"""Colours in Adobe RGB and in sRGB, as its specification's conversion gives them."""


@pytest.mark.parametrize(("stored", "wanted"), ADOBE)
@pytest.mark.parametrize("form", ["JPEG", "WEBP", "TIFF"])
def test_adobe_rgb_that_exif_alone_tells(form: str, stored: tuple[int, int, int], wanted: tuple[int, int, int]) -> None:
    exif = (
        said_by_exif(2, None) if form == "TIFF" else said_by_exif(0xFFFF, "R03")
    )  # Pillow writes no index into a TIFF
    options = {"lossless": True} if form == "WEBP" else {"quality": 100, "subsampling": "4:4:4"}
    content = encoded(Image.new("RGB", (64, 48), stored), form, exif=exif.tobytes(), **options)
    assert shown(content) == near(wanted, 8 if form == "JPEG" else 3)
    assert inspect(content).notes == (CONVERTED,)


@pytest.mark.parametrize(("space", "index", "counts"), [(2, None, True), (1, "R98", False), (0xFFFF, None, False)])
def test_what_else_exif_says_of_colours(space: int, index: str | None, counts: bool) -> None:
    content = encoded(Image.new("RGB", (64, 48), (144, 255, 60)), "JPEG", quality=100, exif=said_by_exif(space, index))
    assert inspect(content).notes == ((CONVERTED,) if counts else ())


def test_a_profile_or_a_png_outweighs_exif() -> None:
    exif = said_by_exif(0xFFFF, "R03")
    with_profile = encoded(FLAT, "JPEG", quality=100, icc_profile=profile("Display P3", P3), exif=exif)
    assert shown(with_profile) == near((255, 0, 0), 4)
    assert shown(encoded(FLAT, "PNG", exif=exif)) == list(P3_RED)


@pytest.mark.parametrize("make", [avif, lambda: HEIC])
@pytest.mark.parametrize("curve", [PQ, HLG])
def test_hdr_is_compressed_and_this_is_said(curve: int, make: Callable[[], bytes]) -> None:
    content = with_numbers(make(), 9, curve)
    assert inspect(content).notes == (CONVERTED, "tone-mapped from HDR")


def pq(nits: float) -> int:
    """Return what PQ stores for a light, by the formula of its standard (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    power = (nits / 10_000) ** m1
    return round(255 * ((c1 + c2 * power) / (1 + c3 * power)) ** m2)


def srgb(light: float) -> float:
    return 255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("nits", [5, 20, 50, 100])
def test_light_below_half_of_paper_white_is_as_bright_as_it_is(nits: float) -> None:
    """One step of PQ in 8 bits is up to 7 % of its light, 3 % of its sRGB value."""
    grey = to_srgb(np.full((1, 1, 3), pq(nits), np.uint8), ColorSpace(PRIMARIES[9], PQ))[0, 0]
    assert np.ptp(grey) <= 1
    assert grey[0] == pytest.approx(srgb(nits / 203), rel=0.04)


@pytest.mark.parametrize(("curve", "paper_white"), [(PQ, pq(203)), (HLG, round(0.75 * 255))])
def test_paper_white_leaves_room_for_brighter_light(curve: int, paper_white: int) -> None:
    steps = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    levels = to_srgb(steps, ColorSpace(PRIMARIES[9], curve))[0, :, 0].astype(int)
    assert (np.diff(levels) >= 0).all()
    assert levels[0] == 0
    assert levels[paper_white] == pytest.approx(srgb(0.5 + 0.5 * (1 - np.exp(-1))), abs=4)
    assert levels[-1] >= 254


@pytest.mark.parametrize("number", PRIMARIES)
def test_white_stays_white_and_greys_stay_grey(number: int) -> None:
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.abs(to_srgb(greys, ColorSpace(PRIMARIES[number])).astype(int) - greys).max() <= 1


def test_numbers_that_tell_nothing() -> None:
    assert of_numbers(2, 2) is None
    unknown, video = of_numbers(99, 13), of_numbers(1, 1)
    assert unknown is not None
    assert unknown.is_srgb
    assert video is not None
    assert video.is_srgb


@pytest.mark.parametrize("at", range(8, 400, 7))
def test_boxes_that_lie_are_passed_over(at: int) -> None:
    content = bytearray(avif())
    if at < content.index(b"mdat") - 4:
        content[at : at + 4] = b"\xff\xff\xff\xff"
        try:
            found = numbered_colors(bytes(content))
        except (struct.error, IndexError):
            found = None
        assert found is None or len(found) == 3
