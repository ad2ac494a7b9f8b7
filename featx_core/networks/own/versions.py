"""Which Keras may open a model of the user: an older one would run what newer ones refuse."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

MIN_KERAS = (3, 15, 1)


def why_off() -> str:
    """Say why no model is opened on this machine, in words that can follow the name of a file; empty where they are.

    Keras is not imported for it.
    """
    try:
        found = version("keras")
    except PackageNotFoundError:
        return "needs Keras, which is not installed here."
    if _numbers(found) >= MIN_KERAS:
        return ""
    wanted = ".".join(map(str, MIN_KERAS))
    return f"is not opened here: models need Keras {wanted} or newer, and {found[:20]} is installed."


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])
