"""The question for the nearest images of one image, where features are too many for the server's memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.files.digests import digest_of_all
from featx_core.extraction.features import Features, load_features
from featx_core.measures.neighbor_blocks import nearest_by_blocks
from featx_core.tasks.requests import NeighborsQuestion
from featx_core.tasks.workspaces import needed

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

MAX_KEPT_BYTES = 256 * 1024**2
"""So many bytes of features stay in the worker for the next question; more are read for each."""

_kept: dict[tuple[str, ...], np.ndarray] = {}  # the last ones


def find_neighbors(workspace: Workspace | None, parameters: Mapping[str, Any]) -> list[list[float]]:
    """Find the images nearest to one image.

    Args:
        workspace: Holds the run.
        parameters: Of a `NeighborsQuestion`.

    Returns:
        Row and cosine of each, nearest first; rows whose features are not all finite are left out. Nothing where those of the
        image itself are not.

    Raises:
        ValueError: If the run is gone, or its images are no longer those that were asked about.
    """
    workspace, asked = needed(workspace), NeighborsQuestion.from_parameters(parameters)
    features = load_features(workspace, asked.run, max_values=0)
    if features is None or digest_of_all(features.digests) != asked.rows:
        raise ValueError("The images of this run have changed. Look at it again.")
    about = (workspace.path, asked.run, asked.created, asked.rows)
    found = nearest_by_blocks(_blocks(features, about), asked.row, n_neighbors=asked.n_neighbors)
    return [[near.row, near.similarity] for near in found]


def _blocks(features: Features, about: tuple[str, ...]) -> np.ndarray:
    """Return all features, from memory where they were asked for before."""
    if about not in _kept and features.values.nbytes <= MAX_KEPT_BYTES:
        _kept.clear()
        _kept[about] = features.vectors
    return _kept.get(about, features.values)
