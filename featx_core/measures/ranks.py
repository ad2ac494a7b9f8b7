"""Ranks of many whole numbers, several times as fast as by comparing them."""

from __future__ import annotations

import numpy as np

_BITS = 16
"""NumPy sorts numbers of so many bits by counting."""


def average_ranks(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value, from 1; equal ones share the mean of theirs.

    Args:
        values: Whole numbers from 0, int64 `(n_values,)`, at least one. Not modified.

    Returns:
        float64 `(n_values,)`, as `scipy.stats.rankdata` gives them.

    >>> average_ranks(np.array([30, 10, 70_000, 10])).tolist()
    [3.0, 1.5, 4.0, 1.5]
    """
    order = _order(values)
    ascending = values[order]
    begins = np.concatenate(([True], ascending[1:] != ascending[:-1]))
    firsts = np.append(np.flatnonzero(begins), len(values))
    shared = (firsts[:-1] + firsts[1:] + 1) / 2
    ranks = np.empty(len(values))
    ranks[order] = shared if len(shared) == len(values) else np.repeat(shared, np.diff(firsts))
    return ranks


def _order(values: np.ndarray) -> np.ndarray:
    """Sort by the lowest bits first, then by the next ones, without changing the order of equal ones."""
    order = np.arange(len(values))
    for shift in range(0, max(int(values.max()).bit_length(), 1), _BITS):
        bits = (values >> shift).astype(np.uint16)
        order = order[np.argsort(bits[order], kind="stable")]
    return order
