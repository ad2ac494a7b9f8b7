"""Thumbnails, made smaller still for pages that hold many of them."""

import io

from PIL import Image

MAX_BYTES = 4_000
"""Of one, before base64: 5 000 of them take at most 27 MB."""

_QUALITIES = (80, 50, 20)
_MAX_SIDE = 1_024  # pixels, of what is taken for a thumbnail


def shrunk(content: bytes, side: int) -> bytes | None:
    """Make a thumbnail smaller; None for what somebody else has put in its place."""
    try:
        with Image.open(io.BytesIO(content), formats=("WEBP",)) as opened:
            if max(opened.size) > _MAX_SIDE:
                return None
            small = opened.convert("RGB")
            small.thumbnail((side, side))
    except Exception:
        return None
    for quality in _QUALITIES:
        out = io.BytesIO()
        small.save(out, "WEBP", quality=quality, method=2)
        if len(out.getvalue()) <= MAX_BYTES:
            return out.getvalue()
    return None
