"""TIFF as science writes it: each kind comes in as it is meant, or is named; none is called damaged."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from featx_core.images.decoding import ImageError, decode, inspect
from tests.toys.files.odd_files import encoded, picture
from tests.toys.files.tiff_files import colors, ramp, tiff

GREY = np.rint(255 * ramp())[..., None]
COLORS = np.rint(255 * colors())


def assert_shows(content: bytes, expected: np.ndarray, tolerance: int = 1) -> None:
    assert np.abs(decode(content).astype(int) - expected).max() <= tolerance


def scaled(values: np.ndarray, kind: str) -> np.ndarray:
    """Bring shares to the whole range of a type; those of real numbers stay."""
    dtype = np.dtype(kind)
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    return (
        np.rint(values * (int(limits.max) - int(limits.min)) + int(limits.min))
        .clip(limits.min, limits.max)
        .astype(dtype)
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8"])
def test_grey_of_every_type_rises_from_black_to_white(kind: str, big: bool, order: str) -> None:
    assert_shows(tiff(scaled(ramp(), kind), order=order, big=big), GREY)


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i2", "f4"])
def test_white_is_zero_at_every_depth(kind: str) -> None:
    assert_shows(tiff(scaled(ramp(), kind), photometric=0), 255 - GREY)


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i2", "f2", "f4", "f8"])
def test_colour_of_every_type_and_order_of_planes(kind: str, planar: bool) -> None:
    assert_shows(tiff(scaled(colors(), kind), photometric=2, planar=planar), COLORS)


def test_large_numbers_do_not_wrap() -> None:
    content = tiff((ramp() * (2**32 - 1)).astype(np.uint32))
    pixels = decode(content)[0, :, 0]
    assert (pixels[0], pixels[-1]) == (0, 255)
    assert (np.diff(pixels.astype(int)) >= 0).all()
    assert inspect(content).notes == ("32-bit scaled to 8 by its range, 0 to 4 294 967 295",)


def test_colours_of_the_whole_picture_share_one_range() -> None:
    """Green from 0.25 to 0.5 and red from 0 to 1: scaled each on its own, their hue would change."""
    values = np.stack([ramp(), 0.25 + ramp() / 4, np.zeros_like(ramp())], axis=-1).astype(np.float32)
    assert_shows(tiff(values, photometric=2), np.rint(255 * values))


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_a_channel_that_is_not_shown_is_named(kind: str) -> None:
    content = tiff(scaled(np.dstack([colors(), 0.2 * colors()[..., 0]]), kind), photometric=1)
    assert "channels 1 to 3 of 4 used as red, green and blue" in inspect(content).notes
    assert_shows(content, COLORS)


def test_four_bands_called_rgb_without_a_word_about_alpha_are_four_bands() -> None:
    values = np.dstack([colors(), np.zeros(ramp().shape)])  # as alpha, all of it would be clear
    content = tiff(scaled(values, "u1"), photometric=2)
    assert inspect(content).notes == ("channels 1 to 3 of 4 used as red, green and blue",)
    assert_shows(content, COLORS)
    assert_shows(tiff(scaled(values, "u1"), photometric=2, extra=[(338, 3, [0])]), COLORS)


def test_three_bands_that_are_not_called_colours_are_shown_as_such_and_this_is_said() -> None:
    content = tiff(scaled(colors(), "u2"), photometric=1, extra=[(338, 3, [0, 0])])
    assert inspect(content).notes == ("3 channels shown as red, green and blue", "16-bit scaled to 8")
    assert_shows(content, COLORS)


@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
@pytest.mark.parametrize("premultiplied", [False, True])
def test_alpha_is_laid_on_white(kind: str, premultiplied: bool) -> None:
    alpha = np.where(ramp() < 0.5, 0.5, 1.0)
    shown = colors() * (alpha[..., None] if premultiplied else 1)
    content = tiff(
        scaled(np.dstack([shown, alpha]), kind), photometric=2, extra=[(338, 3, [1 if premultiplied else 2])]
    )
    assert "transparency blended with white" in inspect(content).notes
    assert_shows(content, COLORS * alpha[..., None] + 255 * (1 - alpha[..., None]), tolerance=3)


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_grey_with_alpha_is_laid_on_white(kind: str) -> None:
    alpha = np.where(ramp() < 0.5, 0.0, 1.0)
    content = tiff(scaled(np.dstack([ramp(), alpha]), kind), extra=[(338, 3, [2])])
    assert_shows(content, np.where(alpha[..., None] > 0, GREY, 255))


def test_cmyk_of_16_bits() -> None:
    values = np.zeros((32, 32, 4))
    values[..., 1:3] = 1  # magenta and yellow: red
    content = tiff(scaled(values, "u2"), photometric=5)
    assert inspect(content).notes == ("16-bit scaled to 8", "CMYK converted")
    assert_shows(content, np.array([255, 0, 0]), tolerance=4)


def test_a_palette_of_65_536_colours() -> None:
    out = io.BytesIO()
    turned = np.stack([np.arange(2**16)[::-1]] * 3).astype(np.uint16)
    tifffile.imwrite(out, np.rint(65535 * ramp()).astype(np.uint16), photometric="palette", colormap=turned)
    assert_shows(out.getvalue(), 255 - GREY)
    assert "palette converted" in inspect(out.getvalue()).notes


@pytest.mark.parametrize("most", [255, 65535])
def test_a_palette_of_8_or_16_bits(most: int) -> None:
    table = np.linspace(0, most, 256).astype(int)
    content = tiff(scaled(ramp(), "u1"), photometric=3, extra=[(320, 3, [*table, *table[::-1], *([0] * 256)])])
    assert inspect(content).notes == ("palette converted",)
    assert_shows(content, np.concatenate([GREY, 255 - GREY, 0 * GREY], axis=-1))


@pytest.mark.parametrize("n_bits", [3, 10, 12, 14])
def test_odd_numbers_of_bits(n_bits: int) -> None:
    values = np.rint(ramp() * (2**n_bits - 1)).astype(np.uint16)
    bits = (values[..., None] >> np.arange(n_bits - 1, -1, -1)) & 1
    rows = np.packbits(bits.reshape(len(values), -1).astype(np.uint8), axis=1)
    content = tiff(values, n_bits=n_bits, pieces=[rows.tobytes()])
    assert inspect(content).notes == (f"{n_bits}-bit scaled to 8",)
    assert_shows(content, np.rint(values[..., None].astype(float) * 255 / (2**n_bits - 1)))


def tiles(values: np.ndarray, side: int = 32) -> list[np.ndarray]:
    padded = np.pad(values, [(0, -values.shape[0] % side), (0, -values.shape[1] % side)])
    rows, columns = padded.shape[0] // side, padded.shape[1] // side
    return [padded[side * y : side * (y + 1), side * x : side * (x + 1)] for y in range(rows) for x in range(columns)]


PACKED = {
    "LZW": (5, imagecodecs.lzw_encode),
    "Deflate": (8, imagecodecs.zlib_encode),
    "PackBits": (32773, imagecodecs.packbits_encode),
    "Zstandard": (50000, imagecodecs.zstd_encode),
    "LZMA": (34925, imagecodecs.lzma_encode),
    "JPEG 2000": (34712, lambda part: imagecodecs.jpeg2k_encode(part, level=0, reversible=True)),
    "LERC": (34887, imagecodecs.lerc_encode),
    "LERC and Deflate": (34887, lambda part: imagecodecs.zlib_encode(imagecodecs.lerc_encode(part))),
    "LERC and Zstandard": (34887, lambda part: imagecodecs.zstd_encode(imagecodecs.lerc_encode(part))),
}


@pytest.mark.parametrize("packing", PACKED)
def test_tiles_of_every_packing(packing: str) -> None:
    number, encode = PACKED[packing]
    values = scaled(ramp(), "u2")
    parts = [bytes(encode(np.ascontiguousarray(part))) for part in tiles(values)]
    assert_shows(tiff(values, pieces=parts, packing=number, tile=(32, 32)), GREY)


def test_lerc_of_real_numbers() -> None:
    values = scaled(ramp(), "f4")
    assert_shows(tiff(values, pieces=[imagecodecs.lerc_encode(values)], packing=34887), GREY)


def test_colours_in_jpeg_2000_and_webp() -> None:
    values = scaled(colors(), "u1")
    j2k = imagecodecs.jpeg2k_encode(values, level=0, reversible=True)
    assert_shows(tiff(values, photometric=2, pieces=[j2k], packing=33005), COLORS)
    ycc = np.asarray(Image.fromarray(values).convert("YCbCr"))
    aperio = imagecodecs.jpeg2k_encode(ycc, level=0, reversible=True, mct=False)
    assert_shows(tiff(values, photometric=2, pieces=[aperio], packing=33003), COLORS, tolerance=3)
    webp = encoded(Image.fromarray(values), "WEBP", lossless=True)
    assert_shows(tiff(values, photometric=2, pieces=[webp], packing=50001), COLORS)


def test_bands_in_jpeg() -> None:
    pieces = [bytes(imagecodecs.jpeg8_encode(scaled(band, "u1"), level=98)) for band in np.moveaxis(colors(), -1, 0)]
    assert_shows(
        tiff(scaled(colors(), "u1"), photometric=1, planar=True, pieces=pieces, packing=7), COLORS, tolerance=4
    )


def test_the_first_page_of_a_stack_and_the_first_slice_of_a_volume_are_used_and_this_is_said() -> None:
    out = io.BytesIO()
    stack = np.stack([scaled(ramp(), "u2"), *[np.zeros(ramp().shape, np.uint16)] * 4])
    tifffile.imwrite(out, stack, photometric="minisblack")
    assert "1 of 5 frames used" in inspect(out.getvalue()).notes
    assert_shows(out.getvalue(), GREY)
    slices = [np.ascontiguousarray(part).tobytes() for part in stack]
    volume = tiff(stack[0], extra=[(32997, 4, [5])], pieces=slices)
    assert "1 of 5 slices used" in inspect(volume).notes
    assert_shows(volume, GREY)


def test_a_volume_whose_tiles_hold_several_slices() -> None:
    tiles = [np.full((8, 32, 32), value, np.uint8).tobytes() for value in (0, 255, 0, 255)]
    tags = [(32997, 4, [5]), (32998, 4, [8])]
    content = tiff(np.zeros((64, 64), np.uint8), extra=tags, pieces=tiles, tile=(32, 32))
    assert decode(content)[::32, ::32, 0].tolist() == [[0, 255], [0, 255]]
    assert "1 of 5 slices used" in inspect(content).notes


@pytest.mark.parametrize("turn", range(2, 9))
def test_deep_pictures_are_turned_upright(turn: int) -> None:
    values = (np.arange(20 * 30).reshape(20, 30) * 100).astype(np.uint16)
    eight = encoded(Image.fromarray((values // 257).astype(np.uint8)), "TIFF", tiffinfo={274: turn})
    content = tiff(values, extra=[(274, 3, [turn])])
    assert np.abs(decode(content).astype(int) - decode(eight)).max() <= 1
    assert "rotated upright" in inspect(content).notes


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (tiff(np.ones((32, 32), np.complex64)), "complex numbers"),
        (tiff(np.zeros((32, 32, 3), np.uint16), photometric=8), r"CIELAB colours \(16 bits\)"),
        (tiff(np.zeros((32, 32, 3), np.uint16), photometric=32845), r"LogLuv light \(16 bits\)"),
        (tiff(np.zeros((32, 32, 3), np.uint16), photometric=6), r"YCbCr colours \(16 bits\)"),
        (tiff(np.zeros((32, 32), np.uint16), packing=50002), "pixels packed as JPEG XL"),
        (tiff(np.zeros((32, 32), np.uint16), packing=34933), "pixels packed as PNG"),
        (tiff(np.zeros((32, 32), np.uint16), packing=12345), "pixels packed as compression 12345"),
        (
            tiff(np.zeros((32, 32, 3), np.uint8), extra=[(258, 3, [5, 6, 5])]),
            r"channels of different depths \(5, 6, 5 bits\)",
        ),
        (tiff(np.zeros((32, 32), np.int16), n_bits=12), "signed whole numbers of 12 bits"),
        (tiff(np.zeros((32, 32), np.uint16), photometric=77), r"an unknown kind of colours \(photometric 77\)"),
        (tiff(np.zeros((32, 32), np.uint16), extra=[(317, 3, [9])]), r"an unknown predictor \(9\)"),
    ],
)
def test_what_is_not_read_is_named_by_its_kind(content: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=rf"^is a TIFF of {words}, which featx does not read: export it as PNG, or"):
        inspect(content)


def test_more_pixels_than_memory_allows_are_named() -> None:
    content = tiff(np.zeros((32, 32), np.float64), extra=[(256, 4, [9000]), (257, 4, [9000])], pieces=[bytes(9000)])
    with pytest.raises(ImageError, match=r"^648 MB of pixels in 1 channel; the limit is 400$"):
        inspect(content)


@pytest.mark.parametrize("tag", [258, 320, 338, 339])
def test_what_a_page_says_of_its_pixels_beyond_the_end_of_the_file_is_not_guessed(tag: int) -> None:
    content = bytearray(tiff(np.zeros((32, 32, 3), np.uint8), photometric=2, extra=[(tag, 3, [8] * 800)]))
    at = content.index(struct.pack("<HHI", tag, 3, 800))
    struct.pack_into("<I", content, at + 8, len(content) - 8)
    with pytest.raises(ImageError, match=r"^the file ends early$"):
        inspect(bytes(content))


def test_a_page_that_does_not_say_where_its_strips_are_is_damaged() -> None:
    values = scaled(ramp(), "u2")
    rows = [row.tobytes() for row in values]
    whole = tiff(values, pieces=rows, extra=[(278, 4, [1])])
    assert_shows(whole, GREY)
    with pytest.raises(ImageError, match="is damaged"):
        inspect(tiff(values, pieces=rows[:-1], extra=[(278, 4, [1])]))


@pytest.mark.parametrize("number", [7, 34712, 34887, 50001])
def test_a_tile_that_declares_more_than_its_place_is_refused_before_it_is_decoded(number: int) -> None:
    large = np.zeros((512, 512), np.uint8)
    encode = {
        7: lambda: imagecodecs.jpeg8_encode(large),
        34712: lambda: imagecodecs.jpeg2k_encode(large),
        34887: lambda: imagecodecs.lerc_encode(large),
        50001: lambda: encoded(picture(512, 512), "WEBP"),
    }[number]
    values = np.zeros((64, 64, 2), np.uint8)  # two channels, so that Pillow does not take it
    with pytest.raises(ImageError, match="is damaged"):
        inspect(tiff(values, pieces=[bytes(encode())], packing=number, tile=(64, 64)))


def test_a_structure_that_a_maker_invented_is_not_followed() -> None:
    """Hundreds of tags that each point to the whole file would fill the memory of a reader that follows them."""
    many = [(tag, 7, bytes(40_000)) for tag in (34412, 33628, 33629, 50838, 50839, 34361)]
    assert_shows(tiff(scaled(ramp(), "u2"), extra=many), GREY)
