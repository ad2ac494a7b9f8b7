"""Imported vectors as a method: nothing that needs a network is available."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from featx_core.extraction.colorings import RunColoring
from featx_core.extraction.rows import facts_of
from featx_core.specs.spec import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featx_core.extraction.features import Features
    from featx_core.methods.method import Context
    from featx_core.specs.spec import Spec
    from featx_core.specs.vector_table import VectorTable

_NO_NETWORK = "These vectors were imported as numbers: there is no network to {}."


def outline(spec: VectorTable, context: Context) -> NoReturn:
    """Refuse: there are no layers."""
    raise SpecError(_NO_NETWORK.format("list the layers of"))


def build(spec: VectorTable, context: Context) -> NoReturn:
    """Refuse: there is no network."""
    raise SpecError(_NO_NETWORK.format("build"))


def colorings(spec: Spec, features: Features, context: Context) -> Mapping[str, RunColoring]:
    """Tell what the file says of each row: its columns that were left out of the features."""
    if context.workspace is None or spec.takes_images:
        return {}
    found = facts_of(spec, context.workspace)
    return {
        f"column {name}": RunColoring(f"{name} (of the file)", cells, is_number=_is_number(cells))
        for name, cells in found.items()
        if len(cells) == len(features)
    }


def _is_number(cells: tuple[str | float | None, ...]) -> bool:
    return not any(isinstance(cell, str) for cell in cells)
