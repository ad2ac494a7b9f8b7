"""Many thumbnails in one image, so that a map fetches what is in view at once."""

import io
from collections.abc import Sequence

from PIL import Image

TILE_SIDE = 64  # pixels
GREY = (133, 139, 148)  # in place of a thumbnail that cannot be drawn
_MAX_SIDE = 1024  # pixels, of what is taken for a thumbnail


def sheet(thumbnails: Sequence[bytes | None], side: int = TILE_SIDE) -> bytes:
    """Draw thumbnails below each other, each stretched to a square: whoever shows them knows their proportions.

    Args:
        thumbnails: WebP, as `featx_core.images.decoding.thumbnail` makes them. None, or one that cannot be drawn, is grey.
        side: Pixels of a square.

    Returns:
        A WebP of `side` by `side * len(thumbnails)` pixels.

    Raises:
        ValueError: If there are none.
    """
    if not thumbnails:
        raise ValueError("A sheet needs at least one thumbnail. Received: none.")
    drawn = Image.new("RGB", (side, side * len(thumbnails)), GREY)
    for place, content in enumerate(thumbnails):
        tile = _tile(content, side) if content else None
        if tile is not None:
            drawn.paste(tile, (0, place * side))
    out = io.BytesIO()
    drawn.save(out, "WEBP", quality=82, method=0)
    return out.getvalue()


def _tile(content: bytes, side: int) -> Image.Image | None:
    """Draw one thumbnail; None for what somebody else has put in its place."""
    try:
        with Image.open(io.BytesIO(content), formats=("WEBP",)) as opened:
            if max(opened.size) > _MAX_SIDE:
                return None
            return opened.convert("RGB").resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    except Exception:
        return None
