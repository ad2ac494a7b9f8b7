"""Outlines of kept networks, which need no Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.architecture.outline import Outline
from featx_core.networks.kept import record
from featx_core.networks.kept.shipped import shipped_facts

if TYPE_CHECKING:
    from featx_core.specs.spec import Spec


def known_outline(spec: Spec) -> Outline | None:
    """Return the outline of a spec whose network is kept, or can be drawn without Keras; None where Keras must tell it."""
    facts = record.find_facts(spec) or shipped_facts(spec)
    if facts is None or spec.picture_input is None:
        return None
    return Outline(
        facts.layers,
        facts.tap,
        spec.picture_input.image_size,
        facts.map_shape,
        facts.feature_shape,
        facts.layers[facts.tap].n_parameters_so_far,
    )
