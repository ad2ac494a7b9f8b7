"""Imported vectors as a method: nothing that needs a network is available."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from featx_core.specs.spec import SpecError

if TYPE_CHECKING:
    from featx_core.methods.method import Context
    from featx_core.specs.vector_table import VectorTable

_NO_NETWORK = "These vectors were imported as numbers: there is no network to {}."


def outline(spec: VectorTable, context: Context) -> NoReturn:
    """Refuse: there are no layers."""
    raise SpecError(_NO_NETWORK.format("list the layers of"))


def build(spec: VectorTable, context: Context) -> NoReturn:
    """Refuse: there is no network."""
    raise SpecError(_NO_NETWORK.format("build"))
