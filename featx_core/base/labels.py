"""Labels: what counts as one, and what stands for a missing one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

OTHER = "other classes"
"""Stands for all classes that have no colour of their own; drawn in grey, and listed last."""


def label_text(label: Any) -> str | None:
    """Return a label as text; None where there is none.

    None, "", NaN, NaT and the missing value of pandas stand for no label. 0 and False are labels. Whole floats lose their
    decimal point: class numbers become floats as soon as one of a column is missing.

    Args:
        label: A text, a number or a boolean.

    Raises:
        ValueError: If it is an array.

    >>> [label_text(label) for label in ("cat", 0, False, 2.0, 0.5)]
    ['cat', '0', 'False', '2', '0.5']
    >>> [label_text(label) for label in (None, "", float("nan"), np.datetime64("NaT"))]
    [None, None, None, None]
    """
    if np.ndim(label):
        raise ValueError(
            f"A label must be a string, a number or a boolean. Received: an array of shape {np.shape(label)}. Give one "
            "label per image, such as `one_hot.argmax(axis=1)`."
        )
    if label is None or type(label).__name__ == "NAType" or label != label:
        return None
    is_whole = isinstance(label, (float, np.floating)) and float(label).is_integer()
    return str(int(label) if is_whole else label) or None


def label_texts(labels: Iterable[Any]) -> list[str | None]:
    """Return labels as texts, see `label_text`."""
    return [label if type(label) is str and label else label_text(label) for label in labels]
