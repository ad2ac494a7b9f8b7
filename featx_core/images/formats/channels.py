"""Which channels of an image are shown in which colours, where the file does not say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

AUTOMATIC, FIRST = "automatic", "first"
CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        AUTOMATIC: "Two channels as green and magenta, of more the first three as red, green and blue",
        FIRST: "Of two channels, and of a stack, the first alone in grey",
    }
)
"""How channels without colours become red, green and blue, unless they are chosen: key to what it does."""
Channels = str | tuple[int, int, int]
"""A key of `CHANNELS`, or the channels, counted from 1, shown as red, green and blue; 0 leaves that colour black."""

_GREEN_AND_MAGENTA = (2, 1, 2)  # who does not tell red from green tells these apart
_IN_ORDER = (1, 2, 3)
_MAX_CHANNELS = 1000
_MAX_OFFERED = 64
_NAMES = {"R": "red", "G": "green", "B": "blue", "RG": "yellow", "RB": "magenta", "GB": "cyan", "RGB": "grey"}
_NOTE = re.compile(r"channels? .*\bof (\d+) (?:used|shown)\b(?!.*CMYK)|(\d+) channels shown")
_FRAMES = re.compile(r"1 of (?:more than )?([\d ]+) frames used")


def check_channels(channels: Channels) -> None:
    """Refuse a choice of channels that cannot be made.

    Raises:
        ValueError: If it is neither a key of `CHANNELS` nor three whole numbers, at least one of them above 0.
    """
    if isinstance(channels, str):
        is_right = channels in CHANNELS
    else:
        is_right = len(channels) == 3 and any(channels) and all(0 <= number <= _MAX_CHANNELS for number in channels)
    if not is_right:
        raise ValueError(
            f"`channels` must be one of {', '.join(CHANNELS)}, or three channels counted from 1 for red, green and blue, "
            f"0 for none. Received: {channels!r}."
        )


def channels_text(channels: Channels) -> str:
    """Write a choice in short, as it stands in a workspace and in addresses.

    >>> channels_text("first"), channels_text((4, 1, 0))
    ('first', '4-1-0')
    """
    return channels if isinstance(channels, str) else "-".join(map(str, channels))


def parse_channels(text: str) -> Channels:
    """Read what `channels_text` wrote.

    Raises:
        ValueError: If it did not write this.
    """
    numbers = re.fullmatch(r"(\d{1,4})-(\d{1,4})-(\d{1,4})", text, re.ASCII)
    channels = text if numbers is None else (int(numbers[1]), int(numbers[2]), int(numbers[3]))
    check_channels(channels)
    return channels


def colors_of(n_channels: int, channels: Channels) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    """Decide which channels become red, green and blue.

    Args:
        n_channels: How many the image has, 2 at least.
        channels: What was chosen. Where the image lacks one of these channels, it is shown as if nothing was chosen.

    Returns:
        The channels, counted from 1 (0: none); what is done, in plain words.
    """
    if not isinstance(channels, str) and max(channels) <= n_channels:
        return channels, (_note(channels, n_channels),)
    usual = _GREEN_AND_MAGENTA if n_channels == 2 else _IN_ORDER
    return usual, (_note(usual, n_channels), *lack_note(n_channels, channels))


def are_shown_apart(n_channels: int, channels: Channels) -> bool:
    """Tell whether the channels of one page are scaled each on its own: two always, more where they were chosen.

    Where nothing was chosen, the first three of more channels share one range, as colours do.
    """
    if n_channels == 2:
        return channels != FIRST
    return n_channels > 2 and not isinstance(channels, str) and max(channels) <= n_channels


def lack_note(n_channels: int, channels: Channels) -> tuple[str, ...]:
    """Say which chosen channel an image of several channels lacks, so that the choice does not count for it."""
    is_lacking = n_channels > 1 and not isinstance(channels, str) and max(channels) > n_channels
    return (f"has no channel {max(channels)}",) if is_lacking else ()


def _note(colors: tuple[int, int, int], n_channels: int) -> str:
    """Say which channels are shown, each with its colour.

    >>> _note((2, 1, 2), 2), _note((4, 0, 1), 5)
    ('channel 1 of 2 shown as green, 2 as magenta', 'channel 1 of 5 shown as blue, 4 as red')
    """
    if colors == _IN_ORDER:
        which = "3 channels shown" if n_channels == 3 else f"channels 1 to 3 of {n_channels} used"
        return f"{which} as red, green and blue"
    names = {
        number: _NAMES["".join(color for color, of in zip("RGB", colors, strict=True) if of == number)]
        for number in sorted({*colors} - {0})
    }
    (first, color), *rest = names.items()
    return ", ".join([f"channel {first} of {n_channels} shown as {color}", *(f"{n} as {name}" for n, name in rest)])


def channel_count(notes: Sequence[str], form: str, channels: Channels) -> int:
    """Tell by its notes how many channels an image has for which the choice counts; 0 where it counts for none.

    Args:
        notes: What was done to the image on the way in.
        form: Its format, such as "TIFF".
        channels: What was chosen then. Where it is `FIRST`, pages are not looked at: any may turn out to be channels.

    >>> channel_count(["channels 1 to 3 of 4 used as red, green and blue"], "TIFF", "automatic")
    4
    >>> channel_count(["1 of 6 frames used"], "TIFF", "automatic"), channel_count(["1 of 6 frames used"], "TIFF", "first")
    (0, 6)
    """
    for note in notes:
        found = _NOTE.match(note)
        if found is not None:
            return int(found[1] or found[2])
        pages = _FRAMES.match(note) if form == "TIFF" and channels == FIRST else None
        if pages is not None:
            return min(int(pages[1].replace(" ", "")), _MAX_OFFERED)
    return 0
