"""Scores of one extractor and of a pair of extractors: pure functions with JSON results that can be cached."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.base.threads import in_threads
from featx_core.base.wording import counted
from featx_core.comparison.subset import MAX_SIMILARITY_IMAGES, Subset
from featx_core.measures.geometry import Geometry, geometry_of
from featx_core.measures.neighbors import (
    N_NEIGHBORS,
    at_unit_length,
    occurrence_skewness,
)
from featx_core.measures.probes import ProbeScore, linear_probe, vote
from featx_core.measures.similarity import (
    MEASURES,
    MIN_IMAGES,
    Space,
    centered_ranks,
    chance_level,
    compare_spaces,
    halves,
    space_from,
    space_of,
    u_centered,
)

SCORES_VERSION = 3
"""Raised when the same input begins to give other numbers, so that kept ones are not mistaken for new ones."""

KMEANS_STARTS = 3
MAX_HALVES_IMAGES = 500


@dataclass(frozen=True, eq=False)
class PreparedSpace:
    """A feature space made ready for pairs: whole, and for two random halves of the images."""

    whole: Space | None
    halves: tuple[Space, Space] | None


def find_geometry(vectors: np.ndarray, subset: Subset) -> Geometry:
    """Find how the images of a subset lie, once for all measures. Arguments and errors as for `score_extractor`."""
    _check_rows(vectors, subset)
    return geometry_of(_finite(vectors[subset.rows])[0])


def score_extractor(
    vectors: np.ndarray,
    subset: Subset,
    *,
    geometry: Geometry | None = None,
    on_progress: ProgressCallback | None = None,
) -> dict[str, Any]:
    """Measure one extractor on the images of a subset.

    Silhouette, NMI, effective dimension, hubness and halves look at one image a group; the probes at all images with a
    label, groups kept together.

    Args:
        vectors: `(n_all_images, n_features)`, of all images, in the order that the subset was chosen from. Not modified.
            A row with values that are not finite is taken as the mean of the others: it tells nothing.
        subset: As `choose_subset` gave it.
        geometry: As `find_geometry` gave it; None finds it.
        on_progress: Called with trainings done and trainings in all.

    Returns:
        JSON values: `n_features`, `n_not_finite`, `effective_dimension`, `hubness`, `halves` (each of `MEASURES` between
        two random halves of the features, or None); and `knn`, `probe`, `silhouette`, `nmi`, which are None without
        labels. `knn` and `probe` hold `value`, `low`, `high`, `n_effective`, `correct` (for each of `subset.probed`) and
        `choices`; `probe` also holds `predicted`, the codes of the predicted labels.

    Raises:
        ValueError: If there is not one row for each image.
    """
    _check_rows(vectors, subset)
    known, n_not_finite = _finite(vectors[subset.rows])
    result: dict[str, Any] = {"n_features": int(vectors.shape[1]), "n_not_finite": n_not_finite}
    geometry = geometry or geometry_of(known)
    single = known[subset.representatives]
    enough = len(single) >= MIN_IMAGES
    firsts = _first_of_groups(subset)
    measures: dict[str, Callable[[], Any]] = {
        "nmi": lambda: _nmi(known[subset.probed[firsts]], subset.codes[firsts]) if subset.has_labels else None,
        "halves": lambda: _feature_halves(single[:MAX_HALVES_IMAGES]) if enough else None,
        "effective_dimension": lambda: geometry.part(subset.representatives).effective_dimension,
        "hubness": lambda: occurrence_skewness(geometry.part(subset.representatives).neighbors) if enough else None,
        **_by_distance(geometry.apart, subset),
    }
    result |= zip(measures, in_threads(_called, list(measures.values())), strict=True)
    if not subset.has_labels:
        return result | dict.fromkeys(("knn", "probe", "silhouette"))
    codes, groups = subset.codes.tolist(), subset.probed_groups
    probe = linear_probe(known[subset.probed], codes, groups=groups, folds=subset.folds, on_progress=on_progress)
    return result | {"probe": _json(probe)}


def prepare_space(vectors: np.ndarray, subset: Subset, *, geometry: Geometry | None = None) -> PreparedSpace:
    """Make a feature space ready for `score_pair`. Arguments and errors as for `score_extractor`."""
    _check_rows(vectors, subset)
    rows = subset.representatives[:MAX_SIMILARITY_IMAGES]
    if len(rows) < MIN_IMAGES:
        return PreparedSpace(None, None)
    single = (geometry or find_geometry(vectors, subset)).part(rows)
    parts = halves(len(rows))
    if len(parts[0]) < MIN_IMAGES:
        return PreparedSpace(space_from(single), None)
    tasks: list[Callable[[], Any]] = [
        lambda: centered_ranks(single.apart),
        lambda: single.neighbors,
        lambda: u_centered(single.products),
        *(functools.partial(_half, single, part) for part in parts),
    ]
    ranks, neighbors, products, left, right = in_threads(_called, tasks)
    return PreparedSpace(Space(products, ranks, neighbors), (left, right))


def _half(single: Geometry, rows: np.ndarray) -> Space:
    return space_from(single.part(rows), N_NEIGHBORS // 2)


def score_pair(first: PreparedSpace, second: PreparedSpace) -> dict[str, Any]:
    """Compare two spaces on the same subset. The order of the two changes nothing.

    Returns:
        JSON values: for each of `MEASURES` a mapping with `value`, `floor` and `floor_high` (the mean over permutations of
        the images, and what one permutation in twenty exceeds), and `halves` (the value on two random halves of the
        images, with half as many neighbours). None where there are too few images.
    """
    if first.whole is None or second.whole is None:
        return {name: {"value": None, "floor": None, "floor_high": None, "halves": None} for name in MEASURES}
    values, chance = compare_spaces(first.whole, second.whole), _chance(first.whole, second.whole)
    parts = [compare_spaces(*pair) for pair in zip(first.halves or (), second.halves or (), strict=True)]
    return {
        name: {
            "value": values[name],
            "floor": chance[name][0],
            "floor_high": chance[name][1],
            "halves": [part[name] for part in parts] or None,
        }
        for name in MEASURES
    }


def _chance(first: Space, second: Space) -> dict[str, tuple[float, float]]:
    """The noise floor, with the same permutations whichever of the two comes first."""
    return chance_level(first, second) if first.spread <= second.spread else chance_level(second, first)


def _check_rows(vectors: np.ndarray, subset: Subset) -> None:
    """Without this, rows that come after a missing one would be taken for those of other images."""
    if len(vectors) != subset.n_all:
        raise ValueError(
            f"Features of {counted(subset.n_all, subset.noun)} are needed. Received: {len(vectors)}. If some were "
            "removed from the workspace meanwhile, compare again."
        )


def _finite(vectors: np.ndarray) -> tuple[np.ndarray, int]:
    vectors = np.asarray(vectors, np.float64)
    known = np.isfinite(vectors).all(axis=1)
    if known.all():
        return vectors, 0
    usual = vectors[known].mean(axis=0) if known.any() else np.zeros(vectors.shape[1])
    return np.where(known[:, None], vectors, usual), int(np.sum(~known))


def _feature_halves(vectors: np.ndarray) -> dict[str, float] | None:
    left, right = halves(vectors.shape[1])
    return compare_spaces(space_of(vectors[:, left]), space_of(vectors[:, right])) if len(left) else None


def _called(measure: Callable[[], Any]) -> Any:
    return measure()


def _by_distance(apart: np.ndarray, subset: Subset) -> dict[str, Callable[[], Any]]:
    """What follows from how far the images of a subset are apart, each to be called on any thread."""

    def between(rows: np.ndarray) -> np.ndarray:
        return apart if len(rows) == len(apart) else apart[np.ix_(rows, rows)]

    if not subset.has_labels:
        return {}
    first = _first_of_groups(subset)
    return {
        "knn": lambda: _json(vote(between(subset.probed), subset.codes, subset.probed_groups)),
        "silhouette": lambda: _silhouette(between(subset.probed[first]), subset.codes[first]),
    }


def _first_of_groups(subset: Subset) -> np.ndarray:
    """Which of the labelled images come first in their groups, ascending."""
    return np.sort(np.unique(subset.probed_groups, return_index=True)[1])


def _json(score: ProbeScore) -> dict[str, Any]:
    plain = {name: float(value) for name, value in score.interval._asdict().items()}
    known = {} if score.predicted is None else {"predicted": score.predicted.tolist()}
    return (
        plain | known | {"correct": [round(float(each), 9) for each in score.correct], "choices": list(score.choices)}
    )


def _silhouette(apart: np.ndarray, codes: np.ndarray) -> float | None:
    """Mean silhouette of the labels by cosine distance (Rousseeuw 1987); None where it has no meaning."""
    from sklearn.metrics import silhouette_score

    if not 2 <= len(np.unique(codes)) < len(codes):
        return None
    distances = apart.copy()
    np.fill_diagonal(distances, 0)
    return float(silhouette_score(distances, codes, metric="precomputed"))


def _nmi(vectors: np.ndarray, codes: np.ndarray) -> float | None:
    """Normalised mutual information of the labels with as many clusters of k-means on rows of length 1.

    k-means looks at differences alone, so rows are centred and scaled before they become float32.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score

    n_labels = len(np.unique(codes))
    unit = at_unit_length(vectors)
    unit -= unit.mean(axis=0)
    unit = (unit / (np.abs(unit).max() or 1)).astype(np.float32)
    if not 2 <= n_labels <= len({row.tobytes() for row in unit}):
        return None
    clusters = KMeans(n_labels, n_init=KMEANS_STARTS, random_state=0).fit_predict(unit)
    return float(normalized_mutual_info_score(codes, clusters))
