"""What the reader of a format refuses, featx refuses: no damaged image comes in as whole."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pi_heif
import pytest
from PIL import Image, ImageCms

from featx_core.images.colors.conversion import FAULTS
from featx_core.images.decoding import ImageError, decode, examine, inspect
from featx_core.images.opening import IMAGE_FORMATS
from tests.toys.files.odd_files import HEIC, TWO_PICTURES, encoded, picture, png_chunk, png_with

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

NOISE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = Image.Exif()
EXIF[0x0112] = 1
FILES: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: encoded(picture(), "JPEG", exif=EXIF, icc_profile=PROFILE),
    "PNG": lambda: encoded(NOISE),
    "PNG with metadata": lambda: encoded(picture(), exif=EXIF, icc_profile=PROFILE),
    "palette PNG": lambda: encoded(picture().quantize(40), transparency=0),
    "16-bit PNG": lambda: encoded(Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64))),
    "GIF": lambda: encoded(picture(), "GIF"),
    "WebP": lambda: encoded(NOISE, "WEBP", lossless=True),
    "AVIF": lambda: encoded(picture(), "AVIF"),
    "BMP": lambda: encoded(picture(), "BMP"),
    "HEIC": lambda: HEIC,
    "LZW TIFF": lambda: encoded(NOISE, "TIFF", compression="tiff_lzw"),
    "deflated TIFF": lambda: encoded(NOISE, "TIFF", compression="tiff_adobe_deflate"),
    "deflated TIFF of 16 bits": lambda: encoded(
        Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64)), "TIFF", compression="tiff_adobe_deflate"
    ),
}


def is_readable(content: bytes) -> bool:
    """Return whether the reader of a format, asked for nothing but the pixels, gives them."""
    try:
        if content[4:12] == b"ftypheic":
            pi_heif.read_heif(io.BytesIO(content))
        else:
            Image.open(io.BytesIO(content), formats=IMAGE_FORMATS).load()
    except FAULTS:
        return False
    return True


def with_a_bit_flipped(content: bytes, form: str, rng: np.random.Generator) -> bytes:
    """Flip a bit; in a TIFF among its pixels, since others of its tags make it another kind of TIFF."""
    at = rng.integers(8, 2000) if "TIFF" in form else rng.integers(0, len(content))
    changed = bytearray(content)
    changed[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(changed)


@pytest.mark.parametrize("form", FILES)
def test_flipped_bits_are_refused_where_the_reader_refuses_them(form: str) -> None:
    content, rng = FILES[form](), np.random.default_rng(3)
    assert inspect(content)
    n_refused = 0
    for _ in range(150):
        damaged = with_a_bit_flipped(content, form, rng)
        if is_readable(damaged):
            continue
        n_refused += 1
        try:
            notes = inspect(damaged).notes
        except ImageError:
            continue
        assert "damaged metadata ignored" in notes
        assert np.array_equal(decode(damaged), decode(content))
    assert n_refused >= (0 if form == "BMP" else 1)


@pytest.mark.parametrize("look", [decode, inspect, examine])
def test_a_png_whose_packed_pixels_are_wrong_under_a_right_check_sum(look: Callable[[bytes], object]) -> None:
    good = bytearray(encoded(NOISE))
    at = good.index(b"IDAT")
    size = struct.unpack_from(">I", good, at - 4)[0]
    good[at + 4 + size // 2] ^= 4
    struct.pack_into(">I", good, at + 4 + size, zlib.crc32(bytes(good[at : at + 4 + size])))
    with pytest.raises(ImageError, match=r"^is damaged: its pixels cannot be read$"):
        look(bytes(good))


def test_a_png_turned_by_a_chunk_behind_its_pixels_is_upright() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    plain = encoded(picture())
    content = plain[:-12] + png_chunk(b"eXIf", turned.tobytes()[6:]) + plain[-12:]
    assert inspect(content).notes == ("rotated upright",)
    assert np.array_equal(decode(content), np.asarray(picture().transpose(Image.Transpose.ROTATE_270)))


def test_a_heic_of_two_pictures_gives_its_first_and_says_so() -> None:
    facts, small, _ = examine(TWO_PICTURES)
    assert (facts.format, facts.width, facts.height) == ("HEIC", 320, 200)
    assert "1 of 2 frames used" in facts.notes
    assert Image.open(io.BytesIO(small)).size == (256, 160)


@pytest.mark.parametrize("n_bits", [8, 16, 24, 32])
def test_only_a_picture_of_16_bits_a_channel_is_called_so(n_bits: int) -> None:
    """A bitmap of 400 pixels has rows of 1 600 bytes, and one of 16 bits a pixel has 5 or 6 a channel."""
    image = Image.new({8: "P", 16: "RGB", 24: "RGB", 32: "RGBA"}[n_bits], (400, 40))
    content = encoded(image, "BMP") if n_bits != 16 else bitmap_of_16_bits()
    assert not any("16-bit" in note for note in inspect(content).notes)


def bitmap_of_16_bits() -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, 400, -40, 1, 16, 0, 32_000, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 32_000, 0, 0, 54) + head + bytes(32_000)


def test_a_whole_bitmap_with_rare_masks_is_not_called_damaged() -> None:
    head = struct.pack("<IiiHHIIiiII", 108, 32, -32, 1, 32, 3, 4096, 2835, 2835, 0, 0)
    masks = struct.pack("<IIII", 0xFF00, 0xFF0000, 0xFF, 0) + bytes(52)
    content = b"BM" + struct.pack("<IHHI", 14 + 108 + 4096, 0, 0, 122) + head + masks + bytes(4096)
    with pytest.raises(ImageError, match=r"^is a BMP with a rare layout of its 32 bits, which featx does not read"):
        inspect(content)
    with pytest.raises(ImageError, match=r"^the file ends early$"):
        inspect(encoded(picture(), "BMP")[:-400])


@pytest.mark.parametrize("name", [b"QLTE", b"pLTE", b"tRNR"])
def test_a_palette_whose_name_is_damaged_is_not_taken_for_metadata(name: bytes) -> None:
    content = encoded(picture().quantize(40), transparency=0)
    changed = content.replace(b"PLTE" if name[1:] == b"LTE" else b"tRNS", name)
    with pytest.raises(ImageError, match=r"^is damaged: its pixels cannot be read$"):
        inspect(changed)


def test_metadata_that_are_damaged_cost_nothing_but_themselves() -> None:
    content = png_with(encoded(picture()), png_chunk(b"tEXt", b"Title\0hello", checksum=1))
    assert inspect(content).notes == ("damaged metadata ignored",)
    assert np.array_equal(decode(content), np.asarray(picture()))
