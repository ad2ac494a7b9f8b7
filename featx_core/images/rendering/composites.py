"""Several channels in one picture, each in the colours that were chosen for it."""

from __future__ import annotations

from PIL import Image

from featx_core.images.formats.raster import Composite
from featx_core.images.rendering.scaling import AUTOMATIC, between, eight_bit


def composed(composite: Composite, scaling: str = AUTOMATIC) -> tuple[Image.Image, tuple[str, ...]]:
    """Scale each channel to 8 bits on its own, and lay it into its colours.

    Args:
        composite: Not modified.
        scaling: A key of `SCALINGS`.

    Returns:
        The image in mode "RGB", or "RGBA" with its alpha straight; what was done, in plain words.

    Raises:
        ValueError: If `scaling` is unknown.
        ImageError: If a channel cannot be read.
    """
    bands: dict[int, Image.Image] = {}
    said: dict[int, tuple[str, ...]] = {}
    for number in sorted({*composite.colors} - {0}):
        bands[number], said[number] = eight_bit(composite.channel(number), scaling)
    black = Image.new("L", next(iter(bands.values())).size)
    colors = [bands.get(number, black) for number in composite.colors]
    notes = (*composite.notes, *_together(said))
    if composite.alpha is None:
        return Image.merge("RGB", colors), notes
    alpha = composite.alpha
    opaque = Image.fromarray(between(alpha.values, *alpha.type_range))
    if composite.is_premultiplied:
        return Image.merge("RGBa", [*colors, opaque]).convert("RGBA"), notes
    return Image.merge("RGBA", [*colors, opaque]), notes


def _together(said: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
    """Put the notes of all channels together: what is said of each once, the rest with its channel.

    >>> _together({1: ("16-bit scaled to 8", "uses 6 % of the range"), 2: ("16-bit scaled to 8",)})
    ('16-bit scaled to 8', 'uses 6 % of the range in channel 1')
    """
    alike = [note for note in next(iter(said.values())) if all(note in notes for notes in said.values())]
    apart = [f"{note} in channel {number}" for number, notes in said.items() for note in notes if note not in alike]
    return (*alike, *apart)
