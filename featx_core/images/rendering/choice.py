"""How a workspace turns what a file stores into a picture: one choice for all its images."""

from __future__ import annotations

from dataclasses import dataclass

from featx_core.images.formats.channels import AUTOMATIC as AUTOMATIC_CHANNELS
from featx_core.images.formats.channels import Channels, channels_text, check_channels, parse_channels
from featx_core.images.rendering.scaling import AUTOMATIC, check_scaling


@dataclass(frozen=True)
class Rendering:
    """How pixels of more than 8 bits become 8, and channels without colours red, green and blue.

    Attributes:
        scaling: A key of `SCALINGS`. Counts for images of more than 8 bits.
        channels: A key of `CHANNELS`, or three channels counted from 1, 0 for none. Counts for images of two channels, of more
            than three, and of three that are no colours.

    Raises:
        ValueError: If one of them is unknown.

    >>> str(Rendering()), str(Rendering("range", (2, 1, 0)))
    ('automatic', 'range.2-1-0')
    """

    scaling: str = AUTOMATIC
    channels: Channels = AUTOMATIC_CHANNELS

    def __post_init__(self) -> None:
        check_scaling(self.scaling)
        check_channels(self.channels)

    def __str__(self) -> str:
        """Write it in short, for keys and addresses; `parse` reads it."""
        is_usual = self.channels == AUTOMATIC_CHANNELS
        return self.scaling if is_usual else f"{self.scaling}.{channels_text(self.channels)}"

    @classmethod
    def parse(cls, text: str) -> Rendering:
        """Read what `str` wrote.

        Raises:
            ValueError: If it did not write this.
        """
        scaling, _, channels = text.partition(".")
        return cls(scaling, parse_channels(channels or AUTOMATIC_CHANNELS))


USUAL = Rendering()
"""What holds where nothing was chosen."""
