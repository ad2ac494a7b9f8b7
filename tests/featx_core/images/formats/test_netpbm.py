import io

import numpy as np
import pytest
from PIL import Image

from featx_core.base.wording import spaced
from featx_core.images.decoding import ImageError, decode, inspect
from tests.toys.files.odd_files import encoded, picture
from tests.toys.files.tiff_files import colors, ramp

GREY = np.rint(255 * ramp()).astype(np.uint8)
COLORS = np.rint(255 * colors()).astype(np.uint8)
RISING = np.rint(65535 * ramp()).astype(np.uint16)


def plain(values: np.ndarray) -> bytes:
    return b" ".join(b"%d" % value for value in values.ravel().tolist()) + b"\n"


def assert_shows(content: bytes, expected: np.ndarray) -> None:
    pixels = decode(content).astype(int)
    assert np.abs(pixels - (expected if expected.ndim == 3 else expected[..., None])).max() <= 1


@pytest.mark.parametrize(
    ("content", "form", "expected"),
    [
        (b"P6\n64 48\n255\n" + COLORS.tobytes(), "PPM", COLORS),
        (b"P5\n64 48\n255\n" + GREY.tobytes(), "PGM", GREY),
        (b"P5 64 48 65535 " + RISING.astype(">u2").tobytes(), "PGM", GREY),
        (b"P6 64 48 65535\n" + (257 * COLORS.astype(np.uint16)).astype(">u2").tobytes(), "PPM", COLORS),
        (b"P3\n64 48\n255\n" + plain(COLORS), "PPM", COLORS),
        (b"P2\n64 48\n65535\n" + plain(RISING), "PGM", GREY),
        (b"P1\n64 48\n" + plain(ramp() < 0.5), "PBM", 255 * (ramp() >= 0.5)),
        (b"P1 64 48 " + plain(ramp() < 0.5).replace(b" ", b""), "PBM", 255 * (ramp() >= 0.5)),
        (b"P4\n64 48\n" + np.packbits(ramp() < 0.5, axis=1).tobytes(), "PBM", 255 * (ramp() >= 0.5)),
        (b"Pf\n64 48\n-1.0\n" + ramp()[::-1].astype("<f4").tobytes(), "PFM", GREY),
        (b"PF\n64 48\n1.0\n" + colors()[::-1].astype(">f4").tobytes(), "PFM", COLORS),
    ],
)
def test_every_kind_comes_in(content: bytes, form: str, expected: np.ndarray) -> None:
    facts = inspect(content)
    assert (facts.format, facts.width, facts.height) == (form, 64, 48)
    assert_shows(content, expected)


@pytest.mark.parametrize("largest", [1, 15, 100, 1023, 4095])
@pytest.mark.parametrize("kind", [b"P5", b"P2"])
def test_the_declared_maximum_is_white(kind: bytes, largest: int) -> None:
    values = np.rint(largest * ramp()).astype(np.uint16)
    body = plain(values) if kind == b"P2" else values.astype(">u2" if largest > 255 else "u1").tobytes()
    content = kind + b"\n64 48\n%d\n" % largest + body
    assert_shows(content, np.rint(values * (255 / largest)))
    assert inspect(content).notes[0].endswith(f" by its declared maximum, {spaced(largest)}")


def test_comments_and_every_white_space_before_the_pixels() -> None:
    for head in (
        b"P6 # one\n#two\r\n\t64#three\n 48\n# 9 9\n255\n",
        b"P6\r\n64 48\r\n255\r\n",
        b"P6\n64 48\n255#last\n",
    ):
        assert_shows(head + COLORS.tobytes(), COLORS)


@pytest.mark.parametrize("size", [(17, 16), (33, 20)])
def test_rows_of_bits_end_on_a_byte(size: tuple[int, int]) -> None:
    bits = Image.fromarray(np.random.default_rng(0).integers(0, 2, size[::-1]).astype(bool))
    assert np.array_equal(decode(encoded(bits, "PPM"))[..., 0], np.asarray(bits) * 255)


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_it_reads_what_pillow_writes_as_pillow_reads_it(mode: str) -> None:
    content = encoded(picture().convert(mode), "PPM")
    assert np.array_equal(decode(content), np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))


def test_the_first_of_several_pictures_is_used_and_this_is_said() -> None:
    one = b"P6\n64 48\n255\n" + COLORS.tobytes()
    assert "1 of 3 frames used" in inspect(one + one[:-9] + bytes(9) + one).notes
    assert inspect(one).notes == ()
    assert inspect(one + b"\n").notes == ()


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
@pytest.mark.parametrize("kind", [b"P2", b"P3", b"P4", b"P5", b"P6"])
def test_a_cut_file_ends_early(kind: bytes, share: float) -> None:
    values = {
        b"P2": plain(GREY),
        b"P3": plain(COLORS),
        b"P4": bytes(8 * 48),
        b"P5": GREY.tobytes(),
        b"P6": COLORS.tobytes(),
    }
    content = kind + b"\n64 48\n" + (b"" if kind == b"P4" else b"255\n") + values[kind]
    with pytest.raises(ImageError, match=r"^the file ends early$"):
        inspect(content[: max(20, int(len(content) * share))])


@pytest.mark.parametrize(
    "content",
    [
        b"P5\n64 48\n0\n" + bytes(64 * 48),
        b"P5\n64 48\n70000\n" + bytes(64 * 48 * 2),
        b"P2\n64 48\n9\n" + plain(GREY),
        b"P2\n64 48\n255\n" + plain(GREY).replace(b"255", b"25x"),
        b"P1\n64 48\n" + plain(GREY),
        b"Pf\n64 48\n0\n" + bytes(64 * 48 * 4),
        b"P5\n64 many\n255\n" + bytes(64 * 48),
        b"P5 " + b"#" * 70_000 + b"\n64 48 255 ",
    ],
)
def test_what_makes_no_sense_is_damaged_or_text(content: bytes) -> None:
    with pytest.raises(
        ImageError, match=r"is damaged: its pixels cannot be read|is text, not an image|is not an image"
    ):
        inspect(content)


def test_a_bomb_is_refused_from_its_header() -> None:
    with pytest.raises(ImageError, match=r"^200 megapixels; the limit is 100$"):
        inspect(b"P4\n20000 10000\n" + bytes(100))
