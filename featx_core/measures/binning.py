"""Features binned to a size that can be displayed."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FeaturePicture:
    """Features as an image: images down, features across, each cell the mean of a block.

    Attributes:
        values: float32 `(n_rows, n_columns)`; NaN where a block holds no finite value.
        low: The 2nd percentile of the finite cells, where the colour scale begins.
        high: The 98th percentile, where it ends.
        rows: int `(n_rows,)`: the first image of each row.
        columns: int `(n_columns,)`: the first feature of each column.
        images_a_row: Images that one row stands for, at most.
        features_a_column: Features that one column stands for, at most.
    """

    values: np.ndarray
    low: float
    high: float
    rows: np.ndarray
    columns: np.ndarray
    images_a_row: int
    features_a_column: int


def feature_picture(vectors: np.ndarray, *, max_rows: int = 240, max_columns: int = 640) -> FeaturePicture:
    """Average features over blocks until they fit on a screen.

    Args:
        vectors: `(n_images, n_features)`, at least one of each. Not modified.
        max_rows: The most rows.
        max_columns: The most columns.

    Returns:
        The image, with a colour range that single extreme values do not stretch.

    Raises:
        ValueError: If `vectors` is empty or not 2-D.

    >>> feature_picture(np.array([[1.0, 3.0], [5.0, 7.0]]), max_columns=1).values.tolist()
    [[2.0], [6.0]]
    """
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(
            f"`vectors` must have shape `(n_images, n_features)`, none of them 0. Received: {vectors.shape}."
        )
    rows, columns = _starts(vectors.shape[0], max_rows), _starts(vectors.shape[1], max_columns)
    values = _block_means(_block_means(vectors, rows).T, columns).T.astype(np.float32)
    low, high = _range(values)
    images_a_row, features_a_column = -(-len(vectors) // len(rows)), -(-vectors.shape[1] // len(columns))
    return FeaturePicture(values, low, high, rows, columns, images_a_row, features_a_column)


def _starts(n_items: int, limit: int) -> np.ndarray:
    return np.linspace(0, n_items, min(n_items, limit), endpoint=False).astype(int)


def _range(values: np.ndarray) -> tuple[float, float]:
    seen = values[np.isfinite(values)]
    if not seen.size:
        return 0.0, 1.0
    low, high = np.percentile(seen, [2, 98])
    if high <= low:
        low, high = seen.min(), seen.max()
    return float(low), float(high) if high > low else float(low) + 1.0


def _block_means(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    known = np.isfinite(rows)
    sums = np.add.reduceat(np.where(known, rows, 0.0).astype(np.float64), starts)
    counts = np.add.reduceat(known.astype(np.float64), starts)
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
