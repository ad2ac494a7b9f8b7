"""What the worker does as soon as there is nothing to do: it has the network stand ready that a form was last set to.

A click then waits neither for Keras to build the network nor for the conversion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.backbones.registry import BACKBONES
from featx_core.methods.defaults import sample_spec
from featx_core.networks.kept.extractor import KeptExtractor
from featx_core.networks.origins import is_here
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks.converting import keep_converted
from featx_core.tasks.extractors import EXTRACTORS
from featx_core.tasks.idle import has_room

if TYPE_CHECKING:
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.spec import Spec

MAX_PARAMETERS = 30_000_000
"""Larger networks take seconds to build, in which no question is answered."""

QUICK = (200, 10_000_000)
"""Layers and parameters of networks that are converted within about two seconds: as soon as they are built."""

SOON_SECONDS = 0.05
FURTHER_SECONDS = 3.0
"""Without a job or a question, before any other network is converted: a press of the button at once does not wait for that."""


class Preparation:
    """Builds the network of the last spec that somebody asked about, then converts it: a step at a time."""

    def __init__(self) -> None:
        self._asked: Spec | None = None
        self._built: Extractor | None = None

    def note(self, spec: Spec) -> None:
        """Take in what a form is set to."""
        self._asked, self._built = spec, None

    def begin(self) -> None:
        """Have the network stand ready that a first click asks for, where it was kept: before Keras is loaded."""
        spec = sample_spec()
        if may_be_prepared(spec):
            EXTRACTORS.prepare_kept(spec)

    def step(self) -> float | None:
        """Do the next step; give after how many quiet seconds one more may come, or None."""
        spec, self._asked = self._asked, None
        if spec is not None:
            self._built = EXTRACTORS.prepare(spec) if may_be_prepared(spec) else None
            return None if self._built is None else _pause_before_conversion(self._built)
        built, self._built = self._built, None
        if built is not None and keep_converted(built, None):
            EXTRACTORS.renew(built.spec)
        return None


def _pause_before_conversion(built: Extractor) -> float | None:
    if isinstance(built, KeptExtractor):
        return None
    max_layers, max_parameters = QUICK
    is_quick = len(built.layers) <= max_layers and built.n_parameters <= max_parameters
    return SOON_SECONDS if is_quick else FURTHER_SECONDS


def may_be_prepared(spec: Spec) -> bool:
    """Whether the network of a spec is of a usual size, and built without a workspace, a download or much memory."""
    if not isinstance(spec, Pretrained) or not has_room():
        return False
    row = BACKBONES[spec.backbone]
    is_at_hand = spec.weights == "random" or (spec.weights == row.trained and is_here(row, spec.classifier))
    return is_at_hand and row.n_parameters <= MAX_PARAMETERS


PREPARATION = Preparation()
