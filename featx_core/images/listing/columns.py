"""What is known of very many images, as columns; the record of one is made when it is asked for."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from featx_core.images.listing.records import ImageRecord

if TYPE_CHECKING:
    from featx_core.images.listing.records import Keeper


@dataclass(frozen=True, eq=False)
class Facts:
    """All that is known of images but their labels. Nobody changes it.

    Attributes:
        number: int64 `(n_images,)`, rising: what the workspace calls them.
        content: int64 `(n_images,)`, what it calls their files.
        name: Of each.
        digest: The SHA-256 of each.
        path: Where each lay.
        width: int64 `(n_images,)`, in pixels.
        height: The same.
        format: The file format of each.
        brightness: float64 `(n_images,)`, 0 to 100.
        notes: What was done to each on the way in.
        keeper: Where their bytes are.
        found: What was found out about them, by what it is.
    """

    number: np.ndarray
    content: np.ndarray
    name: tuple[str, ...]
    digest: tuple[str, ...]
    path: tuple[str, ...]
    width: np.ndarray
    height: np.ndarray
    format: tuple[str, ...]
    brightness: np.ndarray
    notes: tuple[tuple[str, ...], ...]
    keeper: Keeper
    found: dict[Hashable, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.name)


class Columns(Sequence[ImageRecord]):
    """Images whose records are made when they are asked for.

    Args:
        facts: What is known of images.
        labels: The label of each image of `facts`.
        rows: Which of these images they are, int `(n_rows,)`; None for all.
    """

    def __init__(self, facts: Facts, labels: tuple[str | None, ...], rows: np.ndarray | None = None) -> None:
        self.facts, self._all_labels, self._rows = facts, labels, rows

    @functools.cached_property
    def rows(self) -> np.ndarray:
        """Which images of the facts they are, int `(n_rows,)`."""
        return np.arange(len(self.facts)) if self._rows is None else self._rows

    @property
    def is_whole(self) -> bool:
        """Whether they are all images of the facts, as these are ordered."""
        return self._rows is None

    def take(self, rows: np.ndarray | slice) -> Columns:
        """Return some of these images: by their places among them, or where a mask says so."""
        return Columns(self.facts, self._all_labels, self.rows[rows])

    def __len__(self) -> int:
        return len(self.facts) if self._rows is None else len(self._rows)

    @overload
    def __getitem__(self, index: int) -> ImageRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Columns: ...
    def __getitem__(self, index: int | slice) -> ImageRecord | Columns:
        return self.take(index) if isinstance(index, slice) else self._record(int(self.rows[index]))

    def __iter__(self) -> Iterator[ImageRecord]:
        return map(self._record, self.rows.tolist())

    def _record(self, row: int) -> ImageRecord:
        facts = self.facts
        return ImageRecord(
            facts.name[row],
            self._all_labels[row],
            facts.digest[row],
            int(facts.width[row]),
            int(facts.height[row]),
            facts.format[row],
            float(facts.brightness[row]),
            facts.notes[row],
            facts.keeper,
            facts.path[row],
        )

    def column(self, name: str) -> Any:
        """Return one attribute of all records, by its name: numbers as an array, all else as a tuple."""
        whole = self._all_labels if name == "label" else getattr(self.facts, name)
        if self._rows is None:
            return whole
        return (
            whole[self._rows] if isinstance(whole, np.ndarray) else tuple(map(whole.__getitem__, self._rows.tolist()))
        )
