"""The tasks of the worker by name. Importing this module does not import TensorFlow; running tasks does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from featx_core.tasks.extraction import extract_features, fetch_weights
from featx_core.tasks.idle import next_idle_command
from featx_core.tasks.keras_state import load, reset, warm_up
from featx_core.tasks.neighbors import find_neighbors
from featx_core.tasks.preparing import PREPARATION
from featx_core.tasks.questions import needs_load, outline, show_copies
from featx_core.tasks.studies import compute_studies

if TYPE_CHECKING:
    from featx_core.studies.work import JobReport
    from featx_core.workspace.workspace import Workspace

__all__ = [
    "LIGHT_TASKS",
    "TASKS",
    "load",
    "needs_load",
    "next_idle_command",
    "prepare",
    "prepare_first",
    "reset",
    "warm_up",
]

TASKS: Mapping[str, Callable[[Workspace | None, Mapping[str, Any], JobReport], Mapping[str, Any]]] = MappingProxyType(
    {"extract": extract_features, "study": compute_studies, "weights": fetch_weights}
)
"""Jobs: they run one at a time."""

LIGHT_TASKS: Mapping[str, Callable[[Workspace | None, Mapping[str, Any]], Any]] = MappingProxyType(
    {"outline": outline, "copies": show_copies, "neighbors": find_neighbors}
)
"""Questions: requests of about a second, answered between the steps of a running job."""

prepare = PREPARATION.step
"""Gets ready what may be asked next, a step at a time, and gives whether there is one more."""

prepare_first = PREPARATION.begin
"""Gets ready what a first click asks for, without Keras."""
