"""Predictions of a fine-tuned network from stored features. Free of TensorFlow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from featx_core.extraction.colorings import RunColoring
from featx_core.learning.record import record_of_weights
from featx_core.learning.weight_arrays import read_arrays
from featx_core.measures.softmax import softmax

if TYPE_CHECKING:
    from featx_core.extraction.features import Features
    from featx_core.specs.fine_tuned import FineTuned
    from featx_core.workspace.workspace import Workspace


def prediction_colorings(spec: FineTuned, workspace: Workspace, features: Features) -> Mapping[str, RunColoring]:
    """Return the predicted class of each image and its part in the training.

    Args:
        spec: Trained.
        workspace: Holds what was learned.
        features: Of the spec. Where they are of another layer, predictions come from a run of the new layer, if there is one.
    """
    predicted = _predicted(spec, workspace, features)
    columns = {"predicted": RunColoring("Predicted class", predicted)} if any(predicted) else {}
    record = record_of_weights(workspace, spec.weights)
    if record is None or not record.facts:
        return columns
    validation, training = set(record.facts["digests"]), set(record.facts["training"])
    parts = tuple(
        "validation" if digest in validation else "training" if digest in training else "not in the training"
        for digest in features.digests
    )
    return columns | {"training_part": RunColoring("Part in the training", parts)}


def class_scores(new_features: np.ndarray, arrays: list[np.ndarray]) -> np.ndarray:
    """Return the probabilities of the last layer for rows of the new feature layer.

    Args:
        new_features: `(n_images, units)`.
        arrays: What was learned; the last two are the kernel and the bias of the last layer.
    """
    return softmax(new_features.astype(np.float64) @ arrays[-2] + arrays[-1])


def _predicted(spec: FineTuned, workspace: Workspace, features: Features) -> tuple[str | None, ...]:
    new = dataclasses.replace(spec, layer=None)
    if new == spec:
        rows = dict(zip(features.digests, features.values, strict=True))
    else:
        rows = workspace.vectors.load(new.digest, features.digests)
    known = list(rows)
    if not known:
        return (None,) * len(features)
    try:
        arrays = read_arrays(workspace.artefact(spec.weights.removeprefix("file:")))
    except (KeyError, ValueError):
        return (None,) * len(features)
    codes = class_scores(np.stack([rows[digest] for digest in known]), arrays).argmax(axis=1)
    names = {digest: spec.class_names[code] for digest, code in zip(known, codes, strict=True)}
    return tuple(names.get(digest) for digest in features.digests)
