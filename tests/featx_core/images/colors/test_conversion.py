import numpy as np
import pytest
from PIL import Image, ImageCms

from featx_core.images.decoding import decode, inspect
from tests.toys.files.odd_files import encoded, picture, png_16_bit, png_chunk, png_with


def corners(content: bytes) -> np.ndarray:
    return decode(content)[[0, 0, -1, -1], [0, -1, 0, -1]]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_orientations_come_out_upright(form: str, orientation: int) -> None:
    upright = Image.new("RGB", (64, 48), "white")
    upright.paste("red", (0, 0, 32, 24))
    upright.paste("blue", (32, 24, 64, 48))
    # what a camera stores: the inverse of the turn that the viewer makes
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "lossless": True, "subsampling": 0} if form != "TIFF" else {}
    content = encoded(stored, form, exif=exif, **options)
    facts = inspect(content)
    assert (facts.width, facts.height) == (64, 48)
    assert facts.notes == (() if orientation == 1 else ("rotated upright",))
    assert np.abs(decode(content).astype(int) - np.asarray(upright)).max() <= 4


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_does_not_exist_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(picture(), exif=exif)
    assert inspect(content).notes == ()
    assert np.array_equal(decode(content), np.asarray(picture()))


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    content = encoded(Image.fromarray(ramp))
    pixels = decode(content)
    assert inspect(content).notes == ("16-bit scaled to 8",)
    assert np.array_equal(np.unique(pixels), np.arange(256))
    assert np.array_equal(pixels[..., 0], np.rint(ramp / 257).astype(np.uint8))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bit_grey_of_every_format_is_scaled(form: str) -> None:
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    content = encoded(Image.fromarray(ramp), form)
    assert np.array_equal(decode(content)[..., 1], np.rint(ramp / 257).astype(np.uint8))


def test_16_bit_colour_is_scaled_and_noted() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 65536, (20, 30, 3)).astype(np.uint16)
    content = png_16_bit(values)
    assert inspect(content).notes == ("16-bit scaled to 8",)
    assert np.abs(decode(content).astype(int) - values // 257).max() <= 1


def test_float_is_scaled_by_its_finite_range() -> None:
    values = np.linspace(-3, 5, 400, dtype=np.float32).reshape(20, 20)
    values[0, 1], values[0, 2], values[0, 3] = np.nan, np.inf, -np.inf
    content = encoded(Image.fromarray(values), "TIFF")
    pixels = decode(content)[..., 0]
    assert inspect(content).notes == (
        "float scaled to 8 bits by its range, -3 to 5",
        "NaN values drawn black",
    )
    assert (pixels[0, 0], pixels[-1, -1]) == (0, 255)
    assert list(pixels[0, 1:4]) == [0, 255, 0]
    assert np.abs(pixels[1:].astype(float) - (values[1:] + 3) / 8 * 255).max() <= 0.51


def test_a_constant_float_image_is_black() -> None:
    assert decode(encoded(Image.fromarray(np.full((20, 20), 7, np.float32)), "TIFF")).max() == 0


def test_clear_red_becomes_white_and_half_clear_mixes() -> None:
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    image.paste((0, 0, 200, 255), (0, 0, 10, 20))
    image.paste((0, 0, 0, 128), (0, 10, 10, 20))
    content = encoded(image)
    pixels = decode(content)
    assert inspect(content).notes == ("transparency blended with white",)
    assert list(pixels[0, 15]) == [255, 255, 255]
    assert list(pixels[0, 0]) == [0, 0, 200]
    assert np.abs(pixels[15, 0].astype(int) - 127).max() <= 1


def test_an_opaque_alpha_channel_is_no_change() -> None:
    image = picture().convert("RGBA")
    assert inspect(encoded(image)).notes == ()
    assert np.array_equal(decode(encoded(image)), np.asarray(picture()))


def test_grey_with_alpha_is_laid_on_white() -> None:
    image = Image.new("LA", (20, 20), (40, 0))
    image.paste((40, 255), (0, 0, 10, 20))
    pixels = decode(encoded(image))
    assert (pixels[0, 0, 0], pixels[0, 15, 0]) == (40, 255)


def test_a_clear_colour_of_a_palette_is_laid_on_white() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([255, 0, 0, 0, 90, 0])
    image.paste(1, (0, 0, 10, 20))
    content = encoded(image, transparency=0)
    pixels = decode(content)
    assert inspect(content).notes == ("palette converted", "transparency blended with white")
    assert (list(pixels[0, 0]), list(pixels[0, 15])) == ([0, 90, 0], [255, 255, 255])


def test_a_clear_value_of_16_bit_grey_is_laid_on_white() -> None:
    grey = np.full((20, 20), 1000, np.uint16)
    grey[:, :10] = 40_000
    content = png_with(encoded(Image.fromarray(grey)), png_chunk(b"tRNS", b"\x03\xe8"))
    pixels = decode(content)
    assert (pixels[0, 0, 0], pixels[0, 15, 0]) == (156, 255)


def test_palette_bits_and_cmyk_have_golden_pixels() -> None:
    colours = Image.new("RGB", (32, 16), (10, 200, 30))
    colours.paste((250, 10, 20), (16, 0, 32, 16))
    palette = encoded(colours.quantize(4))
    assert inspect(palette).notes == ("palette converted",)
    assert list(corners(palette)[0]) == [10, 200, 30]
    assert list(corners(palette)[1]) == [250, 10, 20]
    bits = encoded(Image.fromarray(np.eye(16, dtype=bool)))
    assert inspect(bits).notes == ("black and white converted",)
    assert np.array_equal(decode(bits)[..., 2], np.eye(16, dtype=np.uint8) * 255)
    cmyk = encoded(Image.new("CMYK", (16, 16), (255, 0, 0, 0)), "TIFF")
    assert inspect(cmyk).notes == ("CMYK converted",)
    assert list(corners(cmyk)[0]) == [0, 255, 255]


def test_a_cmyk_jpeg_is_not_inverted() -> None:
    content = encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=95)
    assert np.abs(corners(content)[0].astype(int) - [255, 0, 0]).max() <= 4
    assert inspect(content).notes == ("CMYK converted",)


def test_lab_is_converted() -> None:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.new("RGB", (16, 16), (200, 80, 40)), to_lab)
    assert lab is not None
    content = encoded(lab, "TIFF")
    assert inspect(content).notes == ("LAB converted",)
    assert np.abs(corners(content)[0].astype(int) - [200, 80, 40]).max() <= 4


def test_grey_is_repeated_without_a_note() -> None:
    grey = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    pixels = decode(encoded(grey))
    assert inspect(encoded(grey)).notes == ()
    assert np.array_equal(pixels, np.repeat(np.asarray(grey)[..., None], 3, axis=2))


def swapped_profile() -> bytes:
    """Make an sRGB profile whose red and blue are exchanged, so that its effect is known."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    changed = bytearray(profile)
    places = {}
    for index in range(int.from_bytes(profile[128:132], "big")):
        entry = 132 + 12 * index
        places[profile[entry : entry + 4]] = entry
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    changed[red + 4 : red + 12], changed[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(changed).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_profile_is_applied(form: str) -> None:
    content = encoded(Image.new("RGB", (32, 32), (240, 20, 10)), form, icc_profile=swapped_profile())
    assert inspect(content).notes == ("colours converted to sRGB",)
    assert np.abs(corners(content)[0].astype(int) - [10, 20, 240]).max() <= 8


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile at all",
        b"\x00" * 200,
        swapped_profile()[:300],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
)
def test_a_broken_or_foreign_profile_is_ignored_and_this_is_said(profile: bytes) -> None:
    content = encoded(picture(), icc_profile=profile)
    assert np.array_equal(decode(content), np.asarray(picture()))
    assert inspect(content).notes == ("colour profile ignored: it is damaged or does not match the image",)


def test_an_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(picture(), icc_profile=profile)
    assert inspect(content).notes == ()
    assert np.array_equal(decode(content), np.asarray(picture()))
