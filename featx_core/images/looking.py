"""`python -m featx_core.images.looking`: examines images for another process, which may end it at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from featx_core.base.serving import IDLE_SECONDS, serve
from featx_core.images.decoding import ImageError, decode, examine
from featx_core.images.rendering.choice import Rendering


def main(*, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer requests until there are no more."""
    serve(answer, idle_seconds=idle_seconds)


def answer(content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Look at one file: give its facts, or what is wrong with it, and an image.

    Args:
        content: The bytes of the file.
        options: `rendering` as text, and `side` for a small image as WebP, with the usual input of a large file behind it; or
            `size` and `fit` for pixels.
    """
    try:
        return _fitted(content, **options) if "size" in options else _examined(content, **options)
    except ImageError as error:
        return {"fault": str(error)}, b""


def _examined(content: bytes, *, side: int, rendering: str) -> tuple[dict[str, Any], bytes]:
    facts, small, brightness = examine(content, side=side, rendering=Rendering.parse(rendering))
    found = {"format": facts.format, "width": facts.width, "height": facts.height, "notes": list(facts.notes)}
    return {**found, "brightness": brightness, "n_small": len(small)}, small + facts.usual_input


def _fitted(content: bytes, *, size: Sequence[int], fit: str, rendering: str) -> tuple[dict[str, Any], bytes]:
    height, width = size
    pixels = decode(content, at_least=(height, width), fit=fit, rendering=Rendering.parse(rendering))
    return {}, pixels.tobytes()


if __name__ == "__main__":
    main()
