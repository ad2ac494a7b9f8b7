"""The rows of a run that studies of a set of images look at: each image once, near-duplicates in groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featx_core.comparison.inputs import find_groups
from featx_core.extraction.rows import rows_of
from featx_core.studies.sketches import COMPARING, sketches_of
from featx_core.studies.work import find_run
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True, eq=False)
class CuratedRows:
    """Images with finite features, each content once.

    Attributes:
        vectors: `(n_images, n_features)`.
        digests: SHA-256 of each image.
        labels: The label of each image, or None.
        groups: Near-duplicates have equal numbers, int64 `(n_images,)`.
    """

    vectors: np.ndarray
    digests: tuple[str, ...]
    labels: tuple[str | None, ...]
    groups: np.ndarray


def curated_rows(work: Work, run: str) -> CuratedRows:
    """Load the features of a run, and find near-duplicates by the thumbnails.

    Raises:
        ValueError: If the run or all its images are gone, or no image has finite features.
    """
    features = work.features(run).per_image()
    vectors = features.vectors
    first = {digest: row for row, digest in reversed(list(enumerate(features.digests)))}
    rows = [row for row in sorted(first.values()) if np.isfinite(vectors[row]).all()]
    if not rows:
        raise ValueError("No image of this run has finite features. Extract with another layer or formula.")
    vectors, digests = vectors[rows], tuple(features.digests[row] for row in rows)
    known = set(work.images().digests)
    sketches = sketches_of(work, digests) if known.issuperset(digests) else None
    work.report.stage(COMPARING)
    groups = find_groups(sketches, digests, [] if sketches is not None else [vectors], on_progress=work.report)
    return CuratedRows(vectors, digests, tuple(features.labels[row] for row in rows), groups)


def curated_key(workspace: Workspace, run: str, *, with_labels: bool = False) -> list[object]:
    """Return what a study of these rows depends on: which images have features, and their labels where they count."""
    rows = rows_of(find_run(workspace, run).spec, workspace)
    return [image_set_key(rows), list(rows.labels) if with_labels else None]
