"""What is said under a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.maps.registry import PROJECTIONS
from featx_core.maps.trust import kept_by_chance

if TYPE_CHECKING:
    from featx_core.maps.projection import Projection


def map_caption(projection: Projection) -> str:
    """Say what a map shows, how far it can be trusted, and how it misleads."""
    parts = list(projection.notes)
    details = projection.details
    trust, kept = details.get("trustworthiness"), details.get("neighbors_kept")
    if kept is not None:
        n_neighbors = details["n_neighbors"]
        chance = kept_by_chance(n_neighbors, details["n_measured"])
        parts.append(
            f"Each image keeps {kept * n_neighbors:.2g} of its {n_neighbors} nearest neighbours here; random places "
            f"would keep {chance:.2g}."
        )
    if trust is not None:
        parts.append(f"Trustworthiness {trust:.2f} of 1.")
    return " ".join([*parts, PROJECTIONS[projection.name].caption])
