"""Features: the output of an extractor for a set of images."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from featx_core.extraction.row_array import RowArray
from featx_core.extraction.rows import table_of
from featx_core.extraction.stored_values import ROWS_AT_ONCE, StoredValues

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageSet
    from featx_core.specs.spec import Spec
    from featx_core.tables.rows import Rows, Table
    from featx_core.workspace.runs import Run
    from featx_core.workspace.workspace import Workspace


_LOOKED_AT = 16  # images, to learn of what shape features are


@dataclass(frozen=True)
class Features:
    """The features of a set of images; row i belongs to image i.

    Attributes:
        values: float32 `(n_images, *feature_shape)`, what the layer gives; or `StoredValues`, which reads like it.
        names: The name of each image.
        labels: The label of each image, or None.
        digests: SHA-256 of each image's bytes.
        spec: How they were extracted.
        details: How the run went: seconds, images a second, batch size, images left out.
        copies: Where each image gives several rows: the number of the copy that a row is of, from 0; else None. Names,
            labels and digests are then those of the image.
        paths: Where images lay, with their folders, by their names, as far as that says more than the name.
    """

    values: np.ndarray
    names: tuple[str, ...]
    labels: tuple[str | None, ...]
    digests: tuple[str, ...]
    spec: Spec
    details: Mapping[str, Any] = field(default_factory=dict)
    copies: tuple[int, ...] | None = None
    paths: Mapping[str, str] = field(default_factory=dict)

    @property
    def vectors(self) -> np.ndarray:
        """The same as float32 `(n_images, n_features)`, one row per image."""
        return np.asarray(self.values).reshape(len(self.values), math.prod(self.values.shape[1:]))

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """The shape for one image."""
        return self.values.shape[1:]

    @property
    def n_images(self) -> int:
        """How many images the rows are of."""
        return len(self) if self.copies is None else len(self) // self.spec.rows_per_image

    @property
    def row_names(self) -> tuple[str, ...]:
        """What to call each row: the name of its image, and which copy of it where there are several."""
        if self.copies is None:
            return self.names
        return tuple(f"{name} (copy {copy})" for name, copy in zip(self.names, self.copies, strict=True))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_stored(self) -> bool:
        """Whether the numbers stay in the workspace until they are needed: there are very many."""
        return isinstance(self.values, StoredValues)

    def per_image(self) -> Features:
        """Return one row per image: the mean over its copies. Features that have no copies are given as they are."""
        if self.copies is None:
            return self
        n_copies = self.spec.rows_per_image
        means = self.values.reshape(-1, n_copies, *self.feature_shape).mean(axis=1, dtype=np.float64)
        return dataclasses.replace(
            self,
            values=means.astype(np.float32),
            names=self.names[::n_copies],
            labels=self.labels[::n_copies],
            digests=self.digests[::n_copies],
            copies=None,
        )

    def of_rows(self, rows: Sequence[int]) -> Features:
        """Return some of the rows, in the order that is given."""
        return dataclasses.replace(
            self,
            values=self.values[list(rows)],
            names=tuple(self.names[row] for row in rows),
            labels=tuple(self.labels[row] for row in rows),
            digests=tuple(self.digests[row] for row in rows),
            copies=None if self.copies is None else tuple(self.copies[row] for row in rows),
        )


def gather(images: ImageSet | Rows, rows: RowArray, spec: Spec, details: Mapping[str, Any]) -> Features:
    """Make features of the rows of images, in the order of the images; images without a row are left out."""
    values, places = rows.in_order()
    facts = list(zip(images.names, images.labels, images.digests, strict=True))
    kept = [facts[place] for place in places]
    n_rows = spec.rows_per_image
    if n_rows > 1 and kept:
        values = values.reshape(-1, *values.shape[2:])
    return Features(
        values=values,
        names=tuple(name for name, _, _ in kept for _ in range(n_rows)),
        labels=tuple(label for _, label, _ in kept for _ in range(n_rows)),
        digests=tuple(digest for _, _, digest in kept for _ in range(n_rows)),
        spec=spec,
        details=dict(details),
        copies=tuple(range(n_rows)) * len(kept) if n_rows > 1 else None,
        paths=_paths(images),
    )


def _paths(images: ImageSet | Rows) -> dict[str, str]:
    known = zip(images.names, getattr(images, "paths", images.names), strict=True)
    return {name: path for name, path in known if path != name}


def table_features(table: Table, spec: Spec, details: Mapping[str, Any]) -> Features:
    """Return the rows of a table of numbers as features."""
    return Features(table.values, table.names, table.labels, table.digests, spec, dict(details))


def load_features(workspace: Workspace, digest: str, *, max_values: int | None = None) -> Features | None:
    """Fetch the features of a run for the images that the workspace holds now.

    Args:
        workspace: Where the run was made.
        digest: The digest of the run's spec.
        max_values: Where there are more numbers, they stay in the workspace until they are needed, see `StoredValues`.

    Returns:
        The features, without the images that came in after the run; None when there is no such run or no image of it.
    """
    run = workspace.ledger.find(digest)
    if run is None:
        return None
    table = table_of(run.spec, workspace)
    if table is not None:
        return table_features(table, run.spec, run.details)
    if max_values is not None and run.spec.rows_per_image == 1:
        found = _stored(workspace, run, max_values)
        if found is not None:
            return found
    images = workspace.images()
    rows = RowArray(images.digests)
    rows.take(workspace.vectors, digest)
    return gather(images, rows, run.spec, run.details) if len(rows) else None


def _stored(workspace: Workspace, run: Run, max_values: int) -> Features | None:
    """Return the features of a run without reading them; None where they are few."""
    images = workspace.featured(run.digest)
    first = next(iter(workspace.vectors.load(run.digest, images[:_LOOKED_AT].digests).values()), None)
    if first is None or len(images) * first.size <= max_values:
        return None
    names, labels, digests = (images.column(name) for name in ("name", "label", "digest"))
    values = cast(np.ndarray, StoredValues(workspace.vectors, run.digest, digests, first.shape))
    paths = images.once("paths that say more", lambda: _paths(images), of_labels=False)
    return Features(values, names, labels, digests, run.spec, dict(run.details), paths=paths)


def dead_share(vectors: np.ndarray) -> float:
    """Return the share of features that are the same for every image, between 0 and 1.

    A constant feature tells the images apart as little as one that is always zero. With one image it is the share of
    zeros.

    Args:
        vectors: `(n_images, n_features)`.

    >>> dead_share(np.array([[0.0, 1.0], [0.0, 2.0]]))
    0.5
    """
    if not vectors.size:
        return 0.0
    constant = vectors[0] == 0 if len(vectors) == 1 else np.ptp(vectors, axis=0) == 0
    return float(np.mean(constant))


def n_not_finite(vectors: np.ndarray) -> int:
    """Count the rows that hold NaN or infinity.

    Args:
        vectors: `(n_images, n_features)`; some rows are looked at at a time.

    >>> n_not_finite(np.array([[0.0, np.nan], [0.0, 1.0]]))
    1
    """
    parts = (vectors[start : start + ROWS_AT_ONCE] for start in range(0, len(vectors), ROWS_AT_ONCE))
    return sum(int(np.sum(~np.isfinite(part).all(axis=1))) for part in parts)
