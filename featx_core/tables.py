"""Plain numeric vectors with a name and perhaps a label each: rows that did not come from images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of numbers.

    Attributes:
        values: float32 `(n_rows, n_values)`.
        names: The name of each row.
        labels: The label of each row, or None.
        digests: What identifies each row: the SHA-256 of the image that it belongs to, where there is one, else of the row.
    """

    values: np.ndarray
    names: tuple[str, ...]
    labels: tuple[str | None, ...]
    digests: tuple[str, ...]
