"""Principal component analysis."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.base.threads import in_threads
from featx_core.maps.origin import made_by

N_EXPLAINED = 20
"""Components whose share of the variance is reported, for a scree plot."""

EXACT_OPERATIONS = 1e11
"""Up to so many multiplications the decomposition is exact: about two seconds on one thread of a usual processor."""

SMALL_SIDE = 500
"""Rows or columns up to which numpy finds all eigenvectors: scipy finds the largest alone, but takes longer to import."""

EIGEN_OPERATIONS = 2.5
"""What the eigenvectors of a matrix cost, as a multiple of the cube of its side."""

BLOCK = 2**22
"""Numbers that are centred at a time, to spare memory."""

MIN_SHARE = 1e-12
"""Components with a smaller share of the variance are rounding."""


ROUNDING = 8
"""Values that differ by no more last digits than this are equal."""


class Components(NamedTuple):
    """Principal components, those without variance left out.

    Attributes:
        scores: float64 `(n_rows, n_found)`, in the unit of the features.
        shares: Of the variance, from 0 to 1, float64 `(n_found,)`, in descending order.
        is_exact: Whether the solver was exact. If not, scores and shares are close estimates.
    """

    scores: np.ndarray
    shares: np.ndarray
    is_exact: bool


def project_pca(
    points: np.ndarray, n_components: int, seed: int, on_progress: ProgressCallback
) -> tuple[np.ndarray, dict[str, Any]]:
    """Project on the directions of greatest variance.

    The largest loading of each component is positive, so that the map does not flip between runs. Axes without
    variance are zero. The solver is exact wherever that takes about two seconds at most, and randomised beyond.

    Args:
        points: Finite, `(n_rows, n_features)`, at least 2 rows. Not modified.
        n_components: 2 or 3.
        seed: For the randomised solver.
        on_progress: Called before and after.

    Returns:
        Coordinates in the unit of the features, float64 `(n_rows, n_components)`. Details: `explained_variance`, the
        share of the variance, from 0 to 1, of each of up to 20 components; `is_exact`, whether these are more than close
        estimates; `notes`.

    Reference:
        Pearson, Philosophical Magazine 2 (1901); for the randomised solver Halko, Martinsson and Tropp, SIAM Review 53
        (2011).
    """
    on_progress(0, 1)
    found = principal_components(points, max(N_EXPLAINED, n_components), seed)
    n_found = min(n_components, len(found.shares))
    coordinates = np.zeros((len(points), n_components))
    coordinates[:, :n_found] = found.scores[:, :n_found]
    on_progress(1, 1)
    notes = _missing_axes(n_found, n_components)
    made = made_by("numpy", repeats="anywhere") if found.is_exact else made_by("scikit-learn")
    shares = found.shares.tolist()
    return coordinates, {"explained_variance": shares, "is_exact": found.is_exact, "notes": notes, "made_by": made}


def place_pca(
    points: np.ndarray,
    coordinates: np.ndarray,
    new_points: np.ndarray,
    seed: int,
    on_progress: ProgressCallback,
    details: Mapping[str, Any],
) -> np.ndarray:
    """Place new points on the axes of a map.

    Args:
        points: Those that the map is of, `(n_rows, n_features)`. Not modified.
        coordinates: Where they are, `(n_rows, n_components)`. Not modified.
        new_points: Finite, `(n_new, n_features)`. Not modified.
        seed: Not used: the axes follow from the map.
        on_progress: Called before and after.
        details: Not used.

    Returns:
        float64 `(n_new, n_components)`, exact but for the rounding of `coordinates`.
    """
    del seed, details
    on_progress(0, 1)
    placed = on_components(points, coordinates, new_points)
    on_progress(1, 1)
    return placed


def on_components(points: np.ndarray, scores: np.ndarray, new_points: np.ndarray) -> np.ndarray:
    """Give new points their scores on the principal components that gave `points` theirs.

    The directions are those that the centred points and their scores define: a component is the sum of the points, each
    times its score, over the sum of squares of the scores.
    """
    size = float(np.abs(points).max()) or 1.0
    middle = points.mean(axis=0, dtype=np.float64)
    centered = (points.astype(np.float64) - middle) / size
    exact = scores.astype(np.float64) / size
    squares = np.einsum("ij,ij->j", exact, exact)
    directions = centered.T @ exact / np.where(squares > 0, squares, 1.0)
    return np.asarray(((new_points.astype(np.float64) - middle) / size) @ directions * size)


def _missing_axes(n_found: int, n_components: int) -> list[str]:
    if n_found == 0:
        return ["All points coincide: these images have identical features."]
    if n_found < n_components:
        plural = "component" if n_found == 1 else "components"
        return [f"These images have only {n_found} principal {plural}; the rest of the {n_components} axes is zero."]
    return []


def principal_components(points: np.ndarray, n_wanted: int, seed: int) -> Components:
    """Find the leading components.

    Features are centred in float64, whatever their type, so that those far from zero keep their digits.

    Args:
        points: Finite, `(n_rows, n_features)`. Not modified.
        n_wanted: Components at most.
        seed: For the randomised solver.
    """
    if coincide(points):
        return Components(np.zeros((len(points), 0)), np.zeros(0), is_exact=True)
    n_rows, n_features = points.shape
    side = min(n_rows, n_features)
    is_exact = n_rows * n_features * side + EIGEN_OPERATIONS * side**3 <= EXACT_OPERATIONS
    centered = _Centered(points)
    solve = _exact if is_exact else functools.partial(_randomised, seed=seed)
    scores, shares = solve(centered, min(n_wanted, side))
    n_found = int(np.sum(shares > MIN_SHARE))
    return Components(scores[:, :n_found] * centered.unit, shares[:n_found], is_exact)


class _Centered:
    """Points around zero in [-1, 1], made block by block: squares of 1e-20 or 1e+30 would leave the range of float32.

    Attributes:
        shape: `(n_rows, n_features)`.
        unit: What 1 stands for.
    """

    def __init__(self, points: np.ndarray) -> None:
        self._points, self.shape = points, points.shape
        self._size = float(np.abs(points).max())
        self._middle = np.concatenate([self._scaled(part).mean(axis=0) for part in self.parts(1)])
        low, high = (np.asarray(end(axis=0), np.float64) / self._size for end in (points.min, points.max))
        self._spread = float(np.maximum(high - self._middle, self._middle - low).max())
        self.unit = self._size * self._spread

    def blocks(self, axis: int) -> Iterator[tuple[slice, np.ndarray]]:
        """Return blocks of rows (axis 0) or of features (axis 1), and which: float64, all of the other axis."""
        return ((part, self._block(part, axis)) for part in self.parts(axis))

    def parts(self, axis: int) -> list[slice]:
        """Which rows (axis 0) or features (axis 1) each block holds."""
        step = max(1, BLOCK // self.shape[1 - axis])
        return [slice(start, start + step) for start in range(0, self.shape[axis], step)]

    def products(self, part: slice, axis: int) -> np.ndarray:
        """The inner products of the features over a block of rows (axis 0), or of the rows over one of features (axis 1)."""
        block = self._block(part, axis)
        return np.asarray(block.T @ block if axis == 0 else block @ block.T)

    def _block(self, part: slice, axis: int) -> np.ndarray:
        middle = self._middle if axis == 0 else self._middle[part]
        return np.asarray((self._scaled(part, axis) - middle) / self._spread)

    def _scaled(self, part: slice, axis: int = 1) -> np.ndarray:
        block = self._points[part] if axis == 0 else self._points[:, part]
        return block.astype(np.float64) / self._size


def _exact(points: _Centered, n_wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors of the inner products of the rows, or of the features where these are fewer."""
    n_rows, n_features = points.shape
    has_few_rows = n_rows < n_features
    side = min(points.shape)
    products = np.zeros((side, side))
    for found in in_threads(lambda part: points.products(part, int(has_few_rows)), points.parts(int(has_few_rows))):
        products += found
    values, vectors = _largest(products, n_wanted)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    shares = values / np.trace(products)
    if has_few_rows:
        return vectors * np.sqrt(values) * _signs(points, vectors), shares
    directions = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(n_wanted)])
    return np.concatenate([block @ directions for _, block in points.blocks(0)]), shares


def _largest(products: np.ndarray, n_wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues, ascending, and their vectors: a column each."""
    side = len(products)
    if side <= SMALL_SIDE:
        values, vectors = np.linalg.eigh(products)
        return values[side - n_wanted :], vectors[:, side - n_wanted :]
    from scipy.linalg import eigh

    found: tuple[np.ndarray, np.ndarray] = eigh(products, subset_by_index=(side - n_wanted, side - 1))
    return found


def _signs(points: _Centered, vectors: np.ndarray) -> np.ndarray:
    """The signs that make the largest loading of each component positive, where only the rows' part is known."""
    loadings = np.concatenate([block.T @ vectors for _, block in points.blocks(1)])
    return np.asarray(np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(vectors.shape[1])]))


def _randomised(points: _Centered, n_wanted: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.decomposition import PCA

    centered = np.empty(points.shape, np.float32)
    for part, block in points.blocks(0):
        centered[part] = block
    model = PCA(n_wanted, svd_solver="randomized", random_state=seed, copy=False)
    scores = model.fit_transform(centered)
    return scores.astype(np.float64), model.explained_variance_ratio_.astype(np.float64)


def coincide(points: np.ndarray) -> bool:
    """Whether the rows differ by no more than rounding, in every column."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    return bool(np.all(high - low <= ROUNDING * np.finfo(points.dtype).eps * np.maximum(np.abs(low), np.abs(high))))
