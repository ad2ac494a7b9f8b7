"""How pixels of more than 8 bits become 8: the numbers by hand, and what is said of them."""

import struct
import zlib

import numpy as np
import pytest

from featx_core.images import opening
from featx_core.images.decoding import decode, examine, inspect
from featx_core.images.formats.raster import Raster
from featx_core.images.rendering.choice import Rendering
from featx_core.images.rendering.scaling import SCALINGS, eight_bit
from tests.toys.files.odd_files import png_16_bit, png_chunk, png_with
from tests.toys.files.tiff_files import ramp, tiff

RAMP = np.rint(255 * ramp())


def grey_png(values: np.ndarray) -> bytes:
    """Write a 16-bit grey PNG by hand."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, 0, 0, 0, 0))
    rows = zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in values))
    return b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def camera(n_bits: int) -> np.ndarray:
    return (ramp() * (2**n_bits - 1)).astype(np.uint16)


def grey(content: bytes, scaling: str = "automatic") -> np.ndarray:
    return decode(content, rendering=Rendering(scaling))[..., 0].astype(int)


@pytest.mark.parametrize(("n_bits", "percent"), [(10, "2"), (12, "6"), (14, "25")])
@pytest.mark.parametrize("write", [tiff, grey_png])
def test_a_camera_of_few_bits_in_16_is_as_dark_as_its_type_says_and_this_is_said(
    write, n_bits: int, percent: str
) -> None:
    content = write(camera(n_bits))
    assert np.array_equal(grey(content), np.rint(camera(n_bits) / 257))
    assert inspect(content).notes == ("16-bit scaled to 8", f"uses {percent} % of the 16-bit range")


def test_a_declared_maximum_is_white() -> None:
    content = tiff(camera(12), extra=[(281, 3, [4095])])
    assert np.abs(grey(content) - RAMP).max() <= 1
    assert inspect(content).notes == ("16-bit scaled to 8 by its declared maximum, 4 095",)


def test_a_declared_range_of_real_numbers() -> None:
    values = (100 + 100 * ramp()).astype(np.float32)
    content = tiff(values, extra=[(340, 11, [0.0]), (341, 11, [400.0])])
    assert grey(content)[0, [0, -1]].tolist() == [64, 127]
    content = tiff(values, extra=[(340, 11, [100.0]), (341, 11, [200.0])])
    assert inspect(content).notes == ("float scaled to 8 bits by its declared range, 100 to 200",)


def test_a_declared_maximum_that_the_pixels_exceed_is_not_believed() -> None:
    content = tiff(camera(16), extra=[(281, 3, [255])])
    assert np.abs(grey(content) - RAMP).max() <= 1
    assert inspect(content).notes == ("16-bit scaled to 8",)


def test_significant_bits_of_a_png_are_named_and_change_nothing() -> None:
    content = png_with(grey_png(camera(12)), png_chunk(b"sBIT", bytes([12])))
    assert np.array_equal(grey(content), np.rint(camera(12) / 257))
    assert inspect(content).notes[1:] == ("uses 6 % of the 16-bit range", "the file declares 12 significant bits")


def test_a_declared_value_for_no_data_is_left_out_of_the_range() -> None:
    heights = (200 + 100 * ramp()).astype(np.float32)
    heights[:, :5] = -9999
    content = tiff(heights, extra=[(42113, 2, b"-9999\0")])
    pixels = grey(content)
    known = (heights[0, 5:] - heights[0, 5]) / (heights[0, -1] - heights[0, 5])
    assert np.array_equal(pixels[:, :5], np.zeros((48, 5)))
    assert np.abs(pixels[0, 5:] - 255 * known).max() <= 0.51
    assert inspect(content).notes[1] == "no-data value -9 999 drawn black"


@pytest.mark.parametrize("value", [-9999, -32768, -3.4028234663852886e38])
def test_values_that_mean_no_data_by_custom_are_left_out_and_named(value: float) -> None:
    heights = (200 + 100 * ramp()).astype(np.float32)
    heights[:, :5] = value
    pixels = grey(tiff(heights))
    assert (pixels[0, 4], pixels[0, 5], pixels[0, -1]) == (0, 0, 255)
    assert "treated as no data and drawn black" in inspect(tiff(heights)).notes[1]


def test_a_depth_of_minus_9999_among_others_as_deep_is_a_value() -> None:
    depths = (-9999 + 9000 * ramp()).astype(np.float32)
    assert np.abs(grey(tiff(depths)) - RAMP).max() <= 1
    assert len(inspect(tiff(depths)).notes) == 1


def test_no_data_that_the_type_cannot_hold_is_no_value() -> None:
    content = tiff(camera(16), extra=[(42113, 2, b"-9999\0")])
    assert np.abs(grey(content) - RAMP).max() <= 1


def test_hot_and_dead_pixels_do_not_cost_the_picture() -> None:
    counts = (100 + 900 * ramp()).astype(np.int32)
    counts[3, 3], counts[5, 5] = 1_048_575, -1_000_000
    content = tiff(counts)
    pixels = grey(content)
    assert np.abs(np.delete(pixels, [3, 5], axis=0) - np.delete(RAMP, [3, 5], axis=0)).max() <= 1
    assert (pixels[3, 3], pixels[5, 5]) == (255, 0)
    assert inspect(content).notes == ("signed 32-bit scaled to 8 by its percentiles 0.1 and 99.9, 100 to 1 000",)


def test_a_few_bright_pixels_that_are_the_picture_stay_when_all_else_is_equal() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[2, 2] = 1
    assert np.array_equal(grey(tiff(mask)), 255 * mask)


def test_not_a_number_is_black_and_named() -> None:
    values = ramp().astype(np.float32)
    values[0, -1] = np.nan
    assert grey(tiff(values))[0, -1] == 0
    assert inspect(tiff(values)).notes[1] == "NaN values drawn black"


@pytest.mark.parametrize(
    ("scaling", "expected", "note"),
    [
        ("type", [4, 16], "16-bit scaled to 8"),
        ("range", [0, 255], "16-bit scaled to 8 by its range, 1 000 to 4 095"),
        ("percentiles", [0, 255], "16-bit scaled to 8 by its percentiles 0.1 and 99.9, 1 000 to 4 095"),
    ],
)
def test_a_person_can_choose(scaling: str, expected: list[int], note: str) -> None:
    values = (1000 + 3095 * ramp()).astype(np.uint16)
    for content in (tiff(values), grey_png(values)):
        assert grey(content, scaling)[0, [0, -1]].tolist() == expected
        facts, _, lightness = examine(content, rendering=Rendering(scaling))
        assert facts.notes[0] == note
        assert lightness == pytest.approx(np.mean(expected) / 2.55, abs=1.5)


@pytest.mark.parametrize("scaling", ["range", "percentiles"])
def test_colour_of_16_bits_in_a_png_is_scaled_from_all_its_bits(scaling: str) -> None:
    values = np.stack([1000 + 1000 * ramp(), 1500 + 0 * ramp(), 2000 - 1000 * ramp()], axis=-1).astype(np.uint16)
    pixels = decode(png_16_bit(values), rendering=Rendering(scaling)).astype(int)
    assert len(np.unique(pixels[..., 0])) == 64
    assert np.abs(pixels - (values - 1000.0) * 0.255).max() <= 0.51
    assert "uses 2 % of the 16-bit range" in inspect(png_16_bit(values)).notes


def test_a_large_picture_in_colour_is_scaled_by_type_and_this_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_DECODED_BYTES", 1000)
    content = png_16_bit(np.full((20, 20, 3), 30_000, np.uint16))
    assert inspect(content, rendering=Rendering("range")).notes == (
        "16-bit scaled to 8",
        "too large to be scaled otherwise",
    )


@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_clear_colour_of_16_bits_is_laid_on_white_however_the_others_are_scaled(scaling: str) -> None:
    values = np.full((20, 20, 3), 1000, np.uint16)
    values[:, 10:] = (2000, 3000, 1500)
    content = png_with(png_16_bit(values), png_chunk(b"tRNS", struct.pack(">3H", 2000, 3000, 1500)))
    pixels = decode(content, rendering=Rendering(scaling))
    assert pixels[0, 15].tolist() == [255, 255, 255]
    assert pixels[0, 0].max() <= 4


@pytest.mark.parametrize("scaling", SCALINGS)
def test_pictures_of_8_bits_are_left_as_they_are(scaling: str) -> None:
    values = (100 + 20 * ramp()).astype(np.uint8)
    assert np.array_equal(grey(tiff(values), scaling), values)


def test_real_numbers_by_type_go_from_0_to_1_where_all_lie_between() -> None:
    half = (ramp() / 2).astype(np.float32)
    assert grey(tiff(half), "type").max() == 128
    assert inspect(tiff(half), rendering=Rendering("type")).notes == ("float scaled to 8 bits from 0 to 1",)
    assert grey(tiff(9 * half), "type").max() == 255


def test_percentiles_are_values_of_the_picture_with_a_pixel_beyond_each() -> None:
    values = np.arange(256, dtype=np.uint16).reshape(16, 16)
    notes = eight_bit(Raster(values, 16), "percentiles")[1]
    assert notes == ("16-bit scaled to 8 by its percentiles 0.1 and 99.9, 1 to 254",)


def test_the_pixels_given_are_left_as_they_are() -> None:
    values = ramp().astype(np.float32)
    kept = values.copy()
    eight_bit(Raster(values, 32, is_inverted=True, missing=0.0))
    assert np.array_equal(values, kept)


def test_an_unknown_scaling_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"`scaling` must be one of automatic, type, range, percentiles\. Received: 'log'"
    ):
        decode(tiff(camera(16)), rendering=Rendering("log"))
    with pytest.raises(ValueError, match="`scaling` must be one of"):
        eight_bit(Raster(camera(16), 16), "log")
