"""Thousands of damaged files: each is read or refused in words, and none ends the process."""

import re
from collections.abc import Callable

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from featx_core.images.decoding import ImageError, decode, inspect
from featx_core.images.intake import read_sources
from featx_core.images.intake_report import IntakeReport
from tests.toys.files.odd_files import HEIC, encoded, picture, zipped
from tests.toys.files.tiff_files import colors, tiff

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

EXIF = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
VALUES = (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f")


def several(form: str) -> bytes:
    frames = [picture(40, 30, seed) for seed in range(4)]
    return encoded(frames[0], form, save_all=True, append_images=frames[1:])


def profiled() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    return encoded(picture(), "JPEG", exif=EXIF, icc_profile=profile)


def scaled_colors() -> np.ndarray:
    return np.rint(65535 * colors()).astype(np.uint16)


def deep_tiff(packing: int, encode: Callable[[np.ndarray], bytes] | None = None) -> bytes:
    values = scaled_colors()[..., 0].copy()
    return tiff(values, packing=packing, pieces=[bytes(encode(values))] if encode else None)


FILES: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: encoded(picture(), "JPEG"),
    "progressive JPEG": lambda: encoded(picture(), "JPEG", progressive=True),
    "CMYK JPEG": lambda: encoded(picture().convert("CMYK"), "JPEG"),
    "JPEG with metadata": profiled,
    "PNG": lambda: encoded(picture()),
    "PNG of 16 bits": lambda: encoded(Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64))),
    "palette PNG": lambda: encoded(picture().convert("P"), transparency=0),
    "moving PNG": lambda: several("PNG"),
    "WebP": lambda: encoded(picture(), "WEBP"),
    "lossless WebP": lambda: encoded(picture(), "WEBP", lossless=True),
    "moving WebP": lambda: several("WEBP"),
    "AVIF": lambda: encoded(picture(), "AVIF"),
    "HEIC": lambda: HEIC,
    "GIF": lambda: encoded(picture(), "GIF"),
    "moving GIF": lambda: several("GIF"),
    "BMP": lambda: encoded(picture(), "BMP"),
    "palette BMP": lambda: encoded(picture().convert("P"), "BMP"),
    "TIFF": lambda: encoded(picture(), "TIFF"),
    "LZW TIFF": lambda: encoded(picture(), "TIFF", compression="tiff_lzw"),
    "deflated TIFF": lambda: encoded(picture(), "TIFF", compression="tiff_adobe_deflate"),
    "JPEG TIFF": lambda: encoded(picture(), "TIFF", compression="jpeg"),
    "float TIFF": lambda: encoded(Image.new("F", (64, 48), 0.5), "TIFF"),
    "TIFF of several pages": lambda: several("TIFF"),
    "TIFF of 16 bits": lambda: deep_tiff(1),
    "LZW TIFF of 16 bits": lambda: deep_tiff(5, imagecodecs.lzw_encode),
    "JPEG 2000 TIFF": lambda: deep_tiff(34712, imagecodecs.jpeg2k_encode),
    "LERC TIFF": lambda: deep_tiff(34887, imagecodecs.lerc_encode),
    "BigTIFF of bands": lambda: tiff(scaled_colors(), photometric=1, planar=True, big=True),
    "PPM": lambda: encoded(picture(), "PPM"),
    "plain PGM": lambda: b"P2 24 20 255 " + b" ".join(b"%d" % (value % 256) for value in range(480)) + b"\n",
    "PFM": lambda: encoded(Image.new("F", (32, 32), 0.5), "PPM"),
}


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Change, flip, drop or repeat a few bytes, half the time near the start, where the structure is told."""
    changed = bytearray(content)
    reach = min(200, len(content)) if rng.random() < 0.5 else len(content)
    for at in rng.integers(0, reach, rng.integers(1, 8)).tolist():
        how, length = rng.integers(0, 5), int(rng.integers(1, 50))
        if how == 0:
            changed[at : at + 1] = bytes([rng.integers(0, 256)])
        elif how == 1:
            changed[at : at + 1] = bytes(value ^ 1 << int(rng.integers(0, 8)) for value in changed[at : at + 1])
        elif how == 2:
            changed[at : at + 4] = VALUES[rng.integers(0, 4)]
        elif how == 3:
            del changed[at : at + length]
        else:
            changed[at:at] = changed[at : at + length]
    return bytes(changed)


def read(content: bytes) -> bool:
    """Return whether a file is taken; it must be taken or refused both when it is looked at and when it is decoded."""
    try:
        facts = inspect(content)
    except ImageError as error:
        with pytest.raises(ImageError, match="^" + re.escape(str(error)) + "$"):
            decode(content)
        return False
    pixels = decode(content)
    assert pixels.shape == (facts.height, facts.width, 3)
    assert pixels.dtype == np.uint8
    return True


@pytest.mark.parametrize("kind", FILES)
def test_a_damaged_file_is_read_or_refused_in_words(kind: str) -> None:
    content, rng = FILES[kind](), np.random.default_rng(1)
    assert read(content)
    assert not all([read(damaged(content, rng)) for _ in range(60)])  # a list: all of them are read


def test_the_size_is_that_of_the_pixels_where_a_header_lies() -> None:
    """A HEIC names its crop in a box of its own; a crop that does not fit is not made."""
    content = bytearray(HEIC)
    content[content.index(b"clap") + 6] = 1  # 320 of 64 pixels across
    facts = inspect(bytes(content))
    assert (facts.height, facts.width, 3) == decode(bytes(content)).shape


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("kind", FILES)
def test_a_thousand_damaged_files_are_read_or_refused_in_words(kind: str, seed: int) -> None:
    content, rng = FILES[kind](), np.random.default_rng(seed)
    assert sum(read(damaged(content, rng)) for _ in range(1000)) < 1000


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_archive_gives_its_images_or_is_named(seed: int) -> None:
    members = {f"{index}.png": encoded(picture(20, 20, seed=index)) for index in range(4)}
    whole, rng = zipped(members), np.random.default_rng(seed)
    n_whole = n_named = 0
    for _ in range(150):
        report = IntakeReport()
        found = list(read_sources([("a.zip", damaged(whole, rng))], report))
        assert all(incoming.content in members.values() or incoming.facts.format for incoming in found)
        assert found or report.skipped or report.warnings or report.ignored
        n_whole += len(found) == 4
        n_named += bool(report.skipped)
    assert n_named > 20
    assert n_whole > 0
