"""Channels shown in colours, by pixels known by hand."""

import io

import numpy as np
import pytest
import tifffile

from featx_core.images.decoding import ImageError, decode, examine, inspect
from featx_core.images.formats.raster import Composite, Raster
from featx_core.images.formats.tiff import read_page
from featx_core.images.formats.tiff_stacks import channel_pages
from featx_core.images.rendering.choice import Rendering
from featx_core.images.rendering.composites import composed
from tests.toys.files.tiff_files import ramp, tiff

BARS = np.zeros((20, 40), bool)
BARS[:, :10] = True  # the first channel is bright here, the second in the middle, the third at the right


def channels(values, kind="u1"):
    """Return one bar a channel, each of its own brightness."""
    return np.stack([np.roll(BARS, 10 * place, axis=1) * value for place, value in enumerate(values)], axis=-1).astype(
        kind
    )


def bars(content, **choice):
    """Return the colour of each bar."""
    return decode(content, rendering=Rendering(**choice))[0, 5::10].tolist()


def stack(values, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, np.moveaxis(values, -1, 0), photometric="minisblack", metadata={"axes": "CYX"}, **options)
    return out.getvalue()


TWO = channels([255, 255])
FOUR = channels([255, 200, 100, 50])


@pytest.mark.parametrize("planar", [False, True])
def test_two_channels_are_green_and_magenta(planar):
    content = tiff(TWO, planar=planar)
    assert bars(content) == [[0, 255, 0], [255, 0, 255], [0, 0, 0], [0, 0, 0]]
    assert inspect(content).notes == ("channel 1 of 2 shown as green, 2 as magenta",)
    assert bars(content, channels="first") == [[255] * 3, [0] * 3, [0] * 3, [0] * 3]
    assert inspect(content, rendering=Rendering(channels="first")).notes == ("channel 1 of 2 used",)


@pytest.mark.parametrize("options", [{"imagej": True}, {"ome": True}])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_channels_in_the_pages_of_a_stack_are_shown_together(options, kind):
    content = stack(channels([255, 255]) if kind == "u1" else channels([65535, 65535], "u2"), **options)
    assert bars(content) == [[0, 255, 0], [255, 0, 255], [0, 0, 0], [0, 0, 0]]
    assert inspect(content).notes[0] == "channel 1 of 2 shown as green, 2 as magenta"
    assert bars(content, channels="first") == [[255] * 3, [0] * 3, [0] * 3, [0] * 3]
    assert "1 of 2 frames used" in inspect(content, rendering=Rendering(channels="first")).notes


@pytest.mark.parametrize("is_stack", [False, True])
def test_channels_can_be_chosen(is_stack):
    content = stack(FOUR, imagej=True) if is_stack else tiff(FOUR)
    assert bars(content) == [[255, 0, 0], [0, 200, 0], [0, 0, 100], [0, 0, 0]]
    assert inspect(content).notes == ("channels 1 to 3 of 4 used as red, green and blue",)
    assert bars(content, channels=(4, 1, 0)) == [[0, 255, 0], [0, 0, 0], [0, 0, 0], [50, 0, 0]]
    assert bars(content, channels=(3, 3, 3)) == [[0] * 3, [0] * 3, [100] * 3, [0] * 3]
    facts = inspect(content, rendering=Rendering(channels=(4, 1, 0)))
    assert facts.notes == ("channel 1 of 4 shown as green, 4 as red",)


def test_a_near_infrared_band_beside_colours_can_be_shown():
    content = tiff(FOUR, photometric=2, extra=[(338, 3, [0])])
    assert bars(content, channels=(4, 1, 2)) == [[0, 255, 0], [0, 0, 200], [0, 0, 0], [50, 0, 0]]


def test_where_a_channel_is_lacking_the_picture_is_shown_as_if_nothing_was_chosen_and_this_is_said():
    for content in (tiff(FOUR), tiff(TWO), stack(TWO, imagej=True)):
        chosen = Rendering(channels=(5, 1, 2))
        assert np.array_equal(decode(content, rendering=chosen), decode(content))
        assert inspect(content, rendering=chosen).notes == (*inspect(content).notes, "has no channel 5")


@pytest.mark.parametrize("choice", ["first", (3, 2, 1), (0, 0, 1)])
def test_pictures_of_colours_or_grey_or_with_alpha_are_left_as_they_are(choice):
    alpha = np.dstack([FOUR[..., :3], np.full(BARS.shape, 255, np.uint8)])
    for content in (
        tiff(FOUR[..., 0]),
        tiff(FOUR[..., :3], photometric=2),
        tiff(alpha, photometric=2, extra=[(338, 3, [2])]),
        tiff(FOUR[..., :2], extra=[(338, 3, [2])]),
        tiff(FOUR, photometric=5),
    ):
        assert np.array_equal(decode(content, rendering=Rendering(channels=choice)), decode(content))
        assert inspect(content, rendering=Rendering(channels=choice)) == inspect(content)


def test_each_channel_has_a_range_of_its_own_and_notes_name_it():
    """A weak stain beside a strong one, as floats: on one range it would be black."""
    content = tiff(channels([1.0, 0.01], "f4"))
    assert bars(content) == [[0, 255, 0], [255, 0, 255], [0, 0, 0], [0, 0, 0]]
    assert inspect(content).notes == (
        "channel 1 of 2 shown as green, 2 as magenta",
        "float scaled to 8 bits by its range, 0 to 1 in channel 1",
        "float scaled to 8 bits by its range, 0 to 0.01 in channel 2",
    )
    by_type = Rendering("type")
    assert decode(content, rendering=by_type)[0, 15].tolist() == [3, 0, 3]


def test_slices_and_times_beyond_the_first_are_counted():
    out = io.BytesIO()
    values = np.stack([np.moveaxis(TWO, -1, 0), 0 * np.moveaxis(TWO, -1, 0), 0 * np.moveaxis(TWO, -1, 0)])
    tifffile.imwrite(out, values, imagej=True, metadata={"axes": "ZCYX"})
    assert bars(out.getvalue()) == [[0, 255, 0], [255, 0, 255], [0, 0, 0], [0, 0, 0]]
    assert inspect(out.getvalue()).notes == ("channel 1 of 2 shown as green, 2 as magenta", "1 of 3 frames used")


@pytest.mark.parametrize(("kind", "factor"), [(2, 1.0), (1, 0.5)])
def test_alpha_is_laid_on_white(kind, factor):
    """Half clear everywhere; premultiplied channels hold half their brightness."""
    values = np.dstack([TWO * factor, np.full(BARS.shape, 128)]).astype(np.uint8)
    shown = bars(tiff(values, extra=[(338, 3, [0, kind])]))
    assert np.abs(np.array(shown) - [[127, 255, 127], [255, 127, 255], [127] * 3, [127] * 3]).max() <= 2


def test_white_is_zero_holds_for_each_channel():
    assert bars(tiff(255 - TWO, photometric=0)) == [[0, 255, 0], [255, 0, 255], [0, 0, 0], [0, 0, 0]]


def test_a_thumbnail_shows_what_is_decoded_and_is_as_bright():
    content = tiff(np.dstack([np.full((64, 64), 255), np.zeros((64, 64))]).astype(np.uint8))
    assert examine(content)[2] == pytest.approx(58.7, abs=0.5)  # pure green
    assert examine(content, rendering=Rendering(channels="first"))[2] == 100


def test_a_channel_that_is_asked_for_twice_is_read_once():
    read = []

    def channel(number):
        read.append(number)
        return Raster(np.full((2, 2), number, np.uint8), 8)

    image, _ = composed(Composite(channel, (2, 1, 2)))
    assert (image.getpixel((0, 0)), read) == ((2, 1, 2), [1, 2])


def test_a_stack_whose_second_channel_lies_beyond_the_end_is_named():
    content = bytearray(stack((ramp()[..., None] * [60000, 40000]).astype(np.uint16), imagej=True))
    where = channel_pages(bytes(content), read_page(bytes(content)))[1].tags[273].at
    content[where : where + 4] = len(content).to_bytes(4, "little")
    with pytest.raises(ImageError, match="the file ends early"):
        inspect(bytes(content))
