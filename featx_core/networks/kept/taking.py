"""Networks that were converted since they were built: their graphs are made ready before the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.networks.engines.choice import Engines
from featx_core.networks.kept import record
from featx_core.networks.kept.shipped import find_shipped

if TYPE_CHECKING:
    from featx_core.networks.extractor import Extractor


def wants_graph(extractor: Extractor) -> bool:
    """Whether TensorFlow ran an extractor, for want of a graph."""
    engines = getattr(extractor, "engines", None)  # whatever computes features may be given to `extract`
    return isinstance(engines, Engines) and engines.wants_graph


def take_kept(extractor: Extractor) -> bool:
    """Make the graph ready that is kept, or can be drawn, of a network that TensorFlow ran so far.

    Returns:
        Whether there was one.
    """
    engines = extractor.engines
    if not isinstance(engines, Engines) or not engines.wants_graph:
        return False
    found = record.find(extractor.spec) or find_shipped(extractor.spec)
    if found is not None:
        engines.take(found.graph)
    return found is not None
