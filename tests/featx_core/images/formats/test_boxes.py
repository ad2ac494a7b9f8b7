"""What the boxes of an AVIF or HEIC say of its image: the part that is meant to be seen, and kinds that are not read."""

import struct

import numpy as np
import pytest
from PIL import Image

from featx_core.images.decoding import ImageError, decode, inspect
from featx_core.images.formats.boxes import boxes, clean_aperture
from tests.toys.files.odd_files import HEIC, encoded, picture

WIDTH, HEIGHT = 96, 64


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def rebuilt(content: bytes, start: int, end: int, aperture: bytes) -> bytes:
    """Write boxes once more, with one more property, which the only item has."""
    parts = []
    for kind, first, last in boxes(content, start, end):
        body = content[first:last]
        if kind == b"iprp":
            body = rebuilt(content, first, last, aperture)
        elif kind == b"ipco":
            body += box(b"clap", aperture)
            number = sum(1 for _ in boxes(content, first, last)) + 1
        elif kind == b"ipma":
            body = body[:10] + bytes([body[10] + 1]) + body[11:] + bytes([0x80 | number])
        parts.append(box(kind, body))
    return b"".join(parts)


def with_aperture(content: bytes, *numbers: int) -> bytes:
    """Give an AVIF a clean aperture. The new description stands at the end, so that all else keeps its place."""
    (start, end) = next((first, last) for kind, first, last in boxes(content) if kind == b"meta")
    description = content[start : start + 4] + rebuilt(content, start + 4, end, struct.pack(">8i", *numbers))
    return content[: start - 4] + b"free" + content[start:] + box(b"meta", description)


@pytest.mark.parametrize("turn", [1, 6])
def test_an_avif_is_cropped_as_it_says_and_then_turned(turn: int) -> None:
    exif = Image.Exif()
    exif[274] = turn
    whole = encoded(picture(WIDTH, HEIGHT), "AVIF", quality=100, subsampling="4:4:4", exif=exif)
    cropped = with_aperture(
        whole, 40, 1, 30, 1, 4, 2, -6, 2
    )  # its centre 2 to the right of, and 3 above that of the image
    pixels, asked = decode(whole), (slice(14, 44), slice(30, 70))
    upright = pixels[asked] if turn == 1 else np.rot90(np.rot90(pixels)[asked], -1)
    assert np.array_equal(decode(cropped), upright)
    facts = inspect(cropped)
    assert (facts.height, facts.width) == upright.shape[:2]
    assert "cropped as the file says" in facts.notes


@pytest.mark.parametrize(
    "numbers",
    [
        (WIDTH, 1, HEIGHT, 1, 0, 1, 0, 1),
        (40, 1, 30, 1, 400, 1, 0, 1),
        (41, 1, 30, 1, 0, 1, 0, 1),
        (40, 0, 30, 0, 0, 0, 0, 0),
        (0, 1, 0, 1, 0, 1, 0, 1),
        (2**31 - 1, 1, 30, 1, 0, 1, 0, 1),
    ],
)
def test_an_aperture_that_is_all_of_the_image_or_none_is_passed_over(numbers: tuple[int, ...]) -> None:
    assert clean_aperture(with_aperture(encoded(picture(WIDTH, HEIGHT), "AVIF"), *numbers), WIDTH, HEIGHT) is None


def test_what_is_left_of_a_cropped_image_may_be_too_small() -> None:
    content = with_aperture(encoded(picture(WIDTH, HEIGHT), "AVIF"), 8, 1, 8, 1, 0, 1, 0, 1)
    with pytest.raises(ImageError, match=r"^8 x 8 pixels; each side must have at least 16$"):
        inspect(content)


def test_a_heic_is_cropped_once_by_its_decoder() -> None:
    assert clean_aperture(HEIC, 64, 64) == (0, 0, 64, 48)
    assert decode(HEIC).shape == (48, 64, 3)


SEQUENCE = box(b"ftyp", b"msf1\0\0\0\0msf1hevc") + box(b"moov", bytes(100)) + box(b"mdat", bytes(100))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (SEQUENCE, "sequence of images without a still one"),
        (HEIC.replace(b"hvc1", b"avc1"), "HEIF of an image coded as H.264"),
        (HEIC.replace(b"hvc1", b"unci"), "HEIF of an image coded as raw values"),
        (HEIC.replace(b"hvc1", b"jpeg").replace(b"hvcC", b"jpgC"), "HEIF of an image coded as JPEG"),
    ],
)
def test_a_sound_file_of_a_kind_that_is_not_read_is_not_called_damaged(content: bytes, what: str) -> None:
    with pytest.raises(ImageError) as caught:
        inspect(content)
    assert str(caught.value) == f"is a {what}, which featx does not read: export it as PNG or JPEG"
