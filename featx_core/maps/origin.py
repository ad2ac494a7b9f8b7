"""What made a map, and where the same seed gives the same one."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from featx_core.base.wording import counted

REPEATS: Mapping[str, str] = MappingProxyType(
    {
        "anywhere": "Any machine gives the same map but for rounding.",
        "machine": "The same seed gives the same map on the same kind of machine; another processor may lay it out otherwise.",
    }
)
"""Where a map comes out the same: key to a sentence. What chance or many steps decide, rounding of a processor can turn."""


def made_by(library: str, *, threads: int = 1, repeats: str = "machine") -> dict[str, Any]:
    """Return what made a map, for its details.

    Args:
        library: As it is installed, such as "openTSNE".
        threads: That laid it out.
        repeats: A key of `REPEATS`.
    """
    return {
        "library": library,
        "version": importlib.metadata.version(library),
        "threads": threads,
        "repeats": repeats,
    }


def origin_words(made: Mapping[str, Any] | None, seed: int) -> str:
    """Say in one or two sentences what made a map; nothing for maps that do not say it.

    >>> origin_words({"library": "openTSNE", "version": "1.0.4", "threads": 2, "repeats": "machine"}, 0)[:41]
    'Made by openTSNE 1.0.4, 2 threads, seed 0'
    >>> origin_words(None, 0)
    ''
    """
    if made is None:
        return ""
    parts = [f"{made['library']} {made['version']}", counted(made["threads"], "thread")]
    if made["repeats"] == "machine":
        parts.append(f"seed {seed}")
    return f"Made by {', '.join(parts)}. {REPEATS[made['repeats']]}"
