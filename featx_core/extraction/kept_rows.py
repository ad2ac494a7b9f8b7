"""Stored features, and features computed from those of another spec without running a network."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.progress import ProgressCallback
from featx_core.extraction.row_array import RowArray
from featx_core.specs.lambda_transform import derive, derived_from
from featx_core.workspace.store import DiskFullError

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageSet
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace

ROWS_AT_A_TIME = 64


class KeptRows:
    """The rows of a spec for a set of images that can be had without a network.

    Attributes:
        rows: Those that there are.
        todo: The images that have no row yet, equal files once.
        n_reused: How many rows were kept already.
        saving: Whether new rows are saved; False once the disk is full.
        notes: What users should know, in plain sentences.
    """

    def __init__(
        self, images: ImageSet, spec: Spec, workspace: Workspace | None, on_progress: ProgressCallback | None = None
    ) -> None:
        self.spec = spec
        self.workspace = workspace
        self.saving = workspace is not None
        self.n_images = len(images)
        self.notes: list[str] = []
        self.rows = RowArray(images.digests)
        if workspace is not None:
            self.rows.take(workspace.vectors, spec.digest)
        self.n_reused = len(self.rows)
        self.todo = list({record.digest: record for record in images if record.digest not in self.rows}.values())
        self._total = len(self.rows) + len(self.todo)
        self._on_progress = on_progress

    def derive(self) -> None:
        """Compute the rows that can be had from kept rows of the spec that this one is derived from."""
        if self.workspace is None:
            return
        for rows in derived_rows(self.spec, self.workspace, [record.digest for record in self.todo]):
            self.keep(rows)
            self.report(len(self.rows))
        self.todo = [record for record in self.todo if record.digest not in self.rows]

    def report(self, done: int) -> None:
        """Report how many images are done."""
        if self._on_progress is not None:
            self._on_progress(done, self._total)

    def keep(self, rows: dict[str, np.ndarray]) -> None:
        """Take new rows, and save them in the workspace."""
        self.rows.update(rows)
        self.save(rows)

    def save(self, rows: dict[str, np.ndarray]) -> None:
        """Save rows in the workspace; a full disk is noted."""
        if self.workspace is None or not self.saving:
            return
        try:
            self.workspace.vectors.save(self.spec.digest, rows)
        except DiskFullError as error:
            self.saving = False
            self.notes.append(str(error))

    def details(self, seconds: float) -> dict[str, Any]:
        """Return how it went, as JSON values for the ledger."""
        n_computed = len(self.rows) - self.n_reused
        source = derived_from(self.spec)
        shape = self.rows.row_shape
        earlier = self.workspace.ledger.find((source or self.spec).digest) if self.workspace is not None else None
        return {
            "n_images": self.n_images,
            "n_computed": n_computed,
            "n_reused": self.n_reused,
            "skipped": [],
            "notes": self.notes,
            "is_saved": False,
            "seconds": seconds,
            "images_per_second": n_computed / seconds if n_computed and seconds else None,
            "ms_per_image": earlier.details.get("ms_per_image") if earlier is not None else None,
            "n_parameters": earlier.details.get("n_parameters") if earlier is not None else None,
            "engine": "NumPy, float32, from stored features",
            "feature_shape": list(shape[1:] if self.spec.rows_per_image > 1 else shape),
            "versions": {"numpy": importlib.metadata.version("numpy")},
        }


def derivable(spec: Spec, workspace: Workspace) -> set[str]:
    """List the images, by digest, whose row can be computed from kept rows of what the spec is derived from."""
    source = derived_from(spec)
    if source is None:
        return set()
    return workspace.vectors.stored(source.digest) | derivable(source, workspace)


def derived_rows(spec: Spec, workspace: Workspace, digests: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
    """Compute rows from kept rows of the spec that they are derived from, a few at a time.

    Args:
        spec: Any way to extract features; one that is derived from nothing gives no rows.
        workspace: Where the rows are looked up.
        digests: Of the images.

    Yields:
        Image digest to row, for those images whose row can be computed so.
    """
    source = derived_from(spec)
    if source is None:
        return
    for start in range(0, len(digests), ROWS_AT_A_TIME):
        part = digests[start : start + ROWS_AT_A_TIME]
        kept = dict(workspace.vectors.load(source.digest, part))
        for rows in derived_rows(source, workspace, [digest for digest in part if digest not in kept]):
            kept |= rows
        if kept:
            yield dict(zip(kept, derive(spec, np.stack(list(kept.values()))), strict=True))
