"""What is said under a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.maps.registry import PROJECTIONS
from featx_core.maps.trust import kept_by_chance

if TYPE_CHECKING:
    from featx_core.maps.projection import Projection


def map_caption(projection: Projection) -> str:
    """Say what a map shows, how far it can be trusted, and how it misleads."""
    return " ".join(filter(None, caption_parts(projection)))


def caption_parts(projection: Projection) -> tuple[str, str]:
    """Return what is said under a map in two parts: what to know of it; how such maps mislead, and what made it."""
    trust = projection.details.get("trustworthiness")
    more = [] if trust is None else [f"Trustworthiness {trust:.2f} of 1."]
    return (
        " ".join([*projection.notes, *_kept_words(projection)]),
        " ".join(filter(None, [*more, PROJECTIONS[projection.name].caption, projection.origin])),
    )


def _kept_words(projection: Projection) -> list[str]:
    details = projection.details
    kept = details.get("neighbors_kept")
    if kept is None:
        return []
    n_neighbors = details["n_neighbors"]
    chance = kept_by_chance(n_neighbors, details["n_measured"])
    return [
        f"Each point keeps {kept * n_neighbors:.2g} of its {n_neighbors} nearest neighbours here; random places "
        f"would keep {chance:.2g}."
    ]
