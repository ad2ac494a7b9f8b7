"""What the worker does while there is nothing to do: it has the networks that were used converted, one after the other."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import psutil

from featx_core.base.files.folders import data_folder
from featx_core.networks.kept import record
from featx_core.tasks.extractors import EXTRACTORS

if TYPE_CHECKING:
    from featx_core.specs.spec import Spec

MAX_TRIES = 3
"""How often a conversion begins that was broken off each time."""

MIN_MEMORY_BYTES = 3 * 1024**3
"""Available, below which nothing is converted: a process with TensorFlow takes 1 GB, and a network's weights four times."""

MIN_DISK_BYTES = 4 * 1024**3
"""Free, below which nothing is kept."""

_TRIES: dict[str, int] = {}


def next_idle_command() -> Sequence[str] | None:
    """Return the command that converts a network which was built by Keras and is not kept yet; None where nothing is to do.

    What was converted is made ready first, for the next job.
    """
    EXTRACTORS.take_kept()
    for spec, workspace_path in EXTRACTORS.built_by_keras():
        n_tries = _TRIES.get(spec.digest, 0)
        if n_tries < MAX_TRIES and record.may_be_kept(spec) and not record.is_kept(spec):
            if not has_room():
                return None
            _TRIES[spec.digest] = n_tries + 1
            return command_for(spec, workspace_path)
    return None


def command_for(spec: Spec, workspace_path: str) -> Sequence[str]:
    """Return the command that converts the network of a spec, see `featx_core.tasks.converting`."""
    return [sys.executable, "-P", "-m", "featx_core.tasks.converting", spec.to_json(), workspace_path]


def has_room() -> bool:
    """Whether there are memory and disk enough to convert a network."""
    free = shutil.disk_usage(data_folder("graphs")).free
    return psutil.virtual_memory().available >= MIN_MEMORY_BYTES and free >= MIN_DISK_BYTES
