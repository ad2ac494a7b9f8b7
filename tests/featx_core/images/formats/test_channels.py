"""Which channels become which colours: by hand, for each choice."""

import pytest

from featx_core.images.formats.channels import (
    CHANNELS,
    are_shown_apart,
    channel_count,
    channels_text,
    check_channels,
    colors_of,
    parse_channels,
)


@pytest.mark.parametrize(
    ("n_channels", "channels", "colors", "notes"),
    [
        (2, "automatic", (2, 1, 2), ("channel 1 of 2 shown as green, 2 as magenta",)),
        (3, "automatic", (1, 2, 3), ("3 channels shown as red, green and blue",)),
        (7, "automatic", (1, 2, 3), ("channels 1 to 3 of 7 used as red, green and blue",)),
        (4, (4, 1, 2), (4, 1, 2), ("channel 1 of 4 shown as green, 2 as blue, 4 as red",)),
        (4, (0, 3, 0), (0, 3, 0), ("channel 3 of 4 shown as green",)),
        (5, (5, 5, 5), (5, 5, 5), ("channel 5 of 5 shown as grey",)),
        (5, (4, 4, 2), (4, 4, 2), ("channel 2 of 5 shown as blue, 4 as yellow",)),
        (2, (1, 2, 2), (1, 2, 2), ("channel 1 of 2 shown as red, 2 as cyan",)),
        (2, (3, 1, 0), (2, 1, 2), ("channel 1 of 2 shown as green, 2 as magenta", "has no channel 3")),
    ],
)
def test_colours_and_what_is_said_of_them(n_channels, channels, colors, notes):
    assert colors_of(n_channels, channels) == (colors, notes)
    assert channel_count(["rotated upright", *notes], "TIFF", channels) == n_channels


def test_two_channels_are_shown_apart_and_more_where_they_were_chosen():
    apart = [
        (n, channels)
        for n in (1, 2, 3, 4)
        for channels in ("automatic", "first", (3, 2, 1))
        if are_shown_apart(n, channels)
    ]
    assert apart == [(2, "automatic"), (2, (3, 2, 1)), (3, (3, 2, 1)), (4, (3, 2, 1))]


@pytest.mark.parametrize("channels", [*CHANNELS, (1, 2, 3), (0, 0, 12), (1000, 0, 0)])
def test_a_choice_is_read_as_it_was_written(channels):
    check_channels(channels)
    assert parse_channels(channels_text(channels)) == channels


@pytest.mark.parametrize("channels", ["all", "", (0, 0, 0), (1, 2), (-1, 2, 3), (1, 2, 1001)])
def test_what_is_no_choice_is_refused(channels):
    with pytest.raises(
        ValueError, match="`channels` must be one of automatic, first, or three channels counted from 1"
    ):
        check_channels(channels)


@pytest.mark.parametrize(
    "note", ["channels 1 to 4 of 5 used as CMYK", "1 of 6 frames used", "uses 3 % of the range in channel 2"]
)
def test_other_notes_tell_of_no_channels(note):
    assert channel_count([note], "TIFF", "automatic") == 0


def test_where_pages_were_not_looked_at_those_of_a_tiff_may_be_channels():
    assert channel_count(["1 of more than 10 000 frames used"], "TIFF", "first") == 64
    assert channel_count(["1 of 12 frames used"], "GIF", "first") == 0
    assert channel_count(["channel 1 of 2 used"], "TIFF", "first") == 2
