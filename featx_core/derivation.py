"""Features that are computed from kept features of another spec, without running a network."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.features import Features, gather, summarized
from featx_core.progress import ProgressCallback
from featx_core.store import DiskFullError

if TYPE_CHECKING:
    from featx_core.image_set import ImageSet
    from featx_core.methods import Spec
    from featx_core.workspace import Workspace

ROWS_AT_A_TIME = 64


def extract_derived(
    images: ImageSet, spec: Spec, workspace: Workspace, *, on_progress: ProgressCallback | None = None
) -> Features | None:
    """Give features that can be had from what the workspace keeps, without building the network.

    Args:
        images: As for `extract`.
        spec: Any way to extract features.
        workspace: Where the rows of `spec.derived_from` are looked up; takes the new ones and the run.
        on_progress: Called with images done and images in all.

    Returns:
        As `extract`; None where the spec is derived from nothing, or the features that it needs are not all kept.
    """
    if spec.derived_from is None or not len(images):
        return None
    started = time.perf_counter()
    rows = workspace.vectors.load(spec.digest, images.digests)
    missing = [digest for digest in dict.fromkeys(images.digests) if digest not in rows]
    if not set(missing) <= _available(spec.derived_from, workspace):
        return None
    n_reused, n_images = len(rows), len(rows) + len(missing)
    notes: list[str] = []
    for part in derived_rows(spec, workspace, missing):
        rows |= part
        _save(spec, workspace, part, notes)
        if on_progress is not None:
            on_progress(len(rows), n_images)
    if len(rows) < n_images:  # a kept row was damaged
        return None
    details = _details(spec, rows, n_reused, time.perf_counter() - started, notes)
    features = summarized(gather(images, rows, spec, {"n_images": len(images), **details}))
    workspace.ledger.save(spec, features.details)
    return features


def derived_rows(spec: Spec, workspace: Workspace, digests: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
    """Compute rows from kept rows of the spec that they are derived from, a few at a time.

    Args:
        spec: Any way to extract features; one that is derived from nothing gives no rows.
        workspace: Where the rows are looked up.
        digests: Of the images.

    Yields:
        Image digest to row, for those images whose row can be computed so.
    """
    source = spec.derived_from
    if source is None:
        return
    for start in range(0, len(digests), ROWS_AT_A_TIME):
        part = digests[start : start + ROWS_AT_A_TIME]
        kept = dict(workspace.vectors.load(source.digest, part))
        for rows in derived_rows(source, workspace, [digest for digest in part if digest not in kept]):
            kept |= rows
        if kept:
            yield dict(zip(kept, spec.derive(np.stack(list(kept.values()))), strict=True))


def _available(spec: Spec, workspace: Workspace) -> set[str]:
    """List the image digests whose rows are kept, or can be computed from kept ones."""
    deeper = _available(spec.derived_from, workspace) if spec.derived_from is not None else set()
    return workspace.vectors.stored(spec.digest) | deeper


def _save(spec: Spec, workspace: Workspace, rows: dict[str, np.ndarray], notes: list[str]) -> None:
    try:
        workspace.vectors.save(spec.digest, rows)
    except DiskFullError as error:
        if str(error) not in notes:
            notes.append(str(error))


def _details(
    spec: Spec, rows: dict[str, np.ndarray], n_reused: int, seconds: float, notes: list[str]
) -> dict[str, Any]:
    n_computed = len(rows) - n_reused
    shape = next(iter(rows.values())).shape
    return {
        "n_computed": n_computed,
        "n_reused": n_reused,
        "skipped": [],
        "notes": notes,
        "seconds": seconds,
        "images_per_second": n_computed / seconds if n_computed and seconds else None,
        "feature_shape": list(shape[1:] if spec.rows_per_image > 1 else shape),
        "engine": "NumPy, float32, from features that were kept",
        "versions": {"numpy": importlib.metadata.version("numpy")},
    }
