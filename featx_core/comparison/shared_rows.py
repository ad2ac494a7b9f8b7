"""Rows shared by two sets of features: of the same image, or of the same name in two tables."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np

from featx_core.extraction.features import Features
from featx_core.extraction.stored_values import StoredValues
from featx_core.maps.projection import Projection


def shared_rows(first: Features, second: Features) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows that both hold, by digest; of equal images the first goes with the first, and so on.

    Returns:
        The rows of the first, ascending, and those of the second that belong to them, int64 `(n_shared,)` each.
    """
    places = {key: row for row, key in enumerate(_counted(second.digests))}
    pairs = [(row, places[key]) for row, key in enumerate(_counted(first.digests)) if key in places]
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def take_rows(features: Features, rows: np.ndarray) -> Features:
    """Return some rows of features, in the order of `rows`."""
    chosen = rows.tolist()
    return dataclasses.replace(
        features,
        values=features.values.some(rows) if isinstance(features.values, StoredValues) else features.values[rows],
        names=tuple(features.names[row] for row in chosen),
        labels=tuple(features.labels[row] for row in chosen),
        digests=tuple(features.digests[row] for row in chosen),
        copies=None,
    )


def take_places(projection: Projection, rows: np.ndarray) -> Projection:
    """Return the part of a map that shows some rows, which are then called 0, 1, ... in the order of `rows`."""
    place_of = {row: place for place, row in enumerate(projection.rows.tolist())}
    pairs = [(number, place_of[row]) for number, row in enumerate(rows.tolist()) if row in place_of]
    numbers, places = np.array(pairs, np.int64).reshape(-1, 2).T
    each = projection.details.get("neighbors_kept_each")
    kept = {} if each is None else {"neighbors_kept_each": each[places]}
    coordinates, details = projection.coordinates[places], projection.details | kept
    return dataclasses.replace(projection, coordinates=coordinates, rows=numbers, details=details)


def _counted(digests: Sequence[str]) -> list[tuple[str, int]]:
    """Tell equal digests apart by how many came before."""
    seen: Counter[str] = Counter()
    found = []
    for digest in digests:
        found.append((digest, seen[digest]))
        seen[digest] += 1
    return found
