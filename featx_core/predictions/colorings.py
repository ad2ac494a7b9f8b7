"""Predicted classes as what a map can be coloured by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from featx_core.base.labels import OTHER
from featx_core.extraction.colorings import RunColoring
from featx_core.predictions.predictions import Predictions

NAMED = "named"
"""The key of the column of predicted classes."""

N_COLORED = 12
"""Classes that get a colour of their own."""


def named_colorings(predictions: Predictions, digests: Sequence[str]) -> Mapping[str, RunColoring]:
    """Tell the predicted class of each image and its score.

    Args:
        predictions: Of some or all of the images.
        digests: Of the image that each row belongs to.

    Returns:
        "named", the name of the best class, and "named_score", its softmax; None where a row has no predictions.
    """
    best = [predictions.best(digest) for digest in digests]
    names = tuple(None if each is None else each.name for each in best)
    scores = tuple(None if each is None else each.score for each in best)
    return {
        NAMED: RunColoring("Predicted class", names),
        "named_score": RunColoring("Score of the predicted class (0 to 1)", scores, is_number=True),
    }


def most_frequent(names: Sequence[str | None], n_classes: int = N_COLORED) -> list[str | None]:
    """Keep the most frequent classes, and call all others `OTHER`. Where a single one is left over, it keeps its name.

    Args:
        names: One for each row; None where there is none.
        n_classes: How many classes are kept. Of equally frequent ones those that come first in the alphabet.

    >>> most_frequent(["cat", "dog", "cat", "owl", "jay", None], n_classes=2)
    ['cat', 'dog', 'cat', 'other classes', 'other classes', None]
    """
    counts = Counter(name for name in names if name is not None)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    kept = set(ranked[:n_classes] if len(ranked) > n_classes + 1 else ranked)
    return [name if name is None or name in kept else OTHER for name in names]
