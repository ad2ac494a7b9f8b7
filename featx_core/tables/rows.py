"""Plain numeric vectors with a name and perhaps a label each: rows that did not come from images."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from featx_core.base.files.digests import digest_of_all
from featx_core.tables.layout import Column

_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_digest(text: object) -> bool:
    """Whether a text is a SHA-256 in hexadecimal.

    >>> is_digest("0" * 64), is_digest("0" * 63), is_digest("G" * 64), is_digest(None)
    (True, False, False, False)
    """
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


@dataclass(frozen=True)
class Rows:
    """What features can be had of, without the numbers.

    Attributes:
        names: The name of each row.
        labels: The label of each row, or None.
        digests: What identifies each row, in hexadecimal: the SHA-256 of the image that it belongs to, where there is one.
    """

    names: tuple[str, ...]
    labels: tuple[str | None, ...]
    digests: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @functools.cached_property
    def digest_of_all(self) -> str:
        """A digest of which rows these are, in which order."""
        return digest_of_all(self.digests)


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of numbers.

    Attributes:
        values: float32 `(n_rows, n_values)`.
        names: The name of each row.
        labels: The label of each row, or None.
        digests: What identifies each row: the SHA-256 of the image that it belongs to, where there is one, else that of
            its name, so that rows of one name in two tables are known as the same.
    """

    values: np.ndarray
    names: tuple[str, ...]
    labels: tuple[str | None, ...]
    digests: tuple[str, ...]

    @property
    def rows(self) -> Rows:
        """The same without the numbers."""
        return Rows(self.names, self.labels, self.digests)


@dataclass(frozen=True, eq=False)
class Vectors:
    """Rows of numbers on their way into a workspace.

    Attributes:
        values: float32 `(n_rows, n_values)`, all finite.
        names: The name of each row, no two alike; None when the rows have no names.
        labels: The label of each row, or None.
        notes: What was left out or changed on the way, in plain words.
        columns: What each column of the file was taken for; empty for vectors that did not come from one.
        facts: By their names, columns that were left out of the features: a number or a text for each row, or None.
        digests: The SHA-256 of the image that each row is of, where the file tells it; else None.
    """

    values: np.ndarray
    names: tuple[str, ...] | None
    labels: tuple[str | None, ...]
    notes: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    facts: Mapping[str, tuple[str | float | None, ...]] = field(default_factory=dict)
    digests: tuple[str, ...] | None = None
