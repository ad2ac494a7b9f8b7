"""Extraction: batches, progress, and reuse of stored features."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.faults import is_out_of_memory
from featx_core.base.progress import ProgressCallback
from featx_core.extraction.features import Features, dead_share, gather, n_not_finite, table_features
from featx_core.extraction.kept_rows import KeptRows, derivable
from featx_core.extraction.rows import table_of
from featx_core.images.decoding import ImageError
from featx_core.networks.engines.choice import OneEngine
from featx_core.networks.engines.engine import images_a_batch
from featx_core.specs.lambda_transform import derived_from
from featx_core.workspace.store import DiskFullError

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord, ImageSet
    from featx_core.networks.engines.choice import Engines
    from featx_core.networks.engines.fast import FastEngines
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.spec import Spec
    from featx_core.tables.rows import Table
    from featx_core.workspace.workspace import Workspace

DECODING_THREADS = min(4, max(2, os.cpu_count() or 2))  # more would hold more large images at once
BATCHES_AHEAD = 2  # decoded while the network works on the one before


def extract(
    images: ImageSet,
    extractor: Extractor,
    *,
    workspace: Workspace | None = None,
    batch_size: int | None = None,
    is_listed: bool = True,
    on_progress: ProgressCallback | None = None,
) -> Features:
    """Map each image to the features of one layer.

    Inference only: augmentation and dropout are off, and batch normalization uses its moving statistics. Equal files are
    computed once. With a workspace, rows that it already holds are not computed again, nor is the network run where the
    features that these are derived from are held; new rows are kept batch by batch, and the run is entered in the ledger.

    All rows that the network computes in one run come from one engine, which `details["engine"]` names: the same run on the
    same engine gives the same bits. Rows kept from an earlier run may come from the other one; see
    `featx_core.networks.engines.choice.Engines` for how far engines agree.

    Args:
        images: The images, decoded upright to RGB as they are needed. Not modified.
        extractor: Network and preprocessing, as returned by `build`.
        workspace: Where rows are looked up and kept. None keeps nothing.
        batch_size: Images per forward pass. Bounds memory, not the result (to about 1e-6). None picks one for the backbone.
        is_listed: Whether the run is entered in the ledger.
        on_progress: Called with images done and images in all. Rows finished before it raises `Cancelled` stay kept.

    Returns:
        Features whose `values` are float32 `(n_images, *feature_shape)`; row `i` belongs to `images[i]`. Images that could
        not be read or did not fit into memory are left out, and named in `details["skipped"]` with the reason.

    Raises:
        ValueError: If `images` is empty or `batch_size` is below 1.
    """
    if not len(images):
        raise ValueError("`images` is empty. Add at least one image.")
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1. Received: {batch_size}.")
    started = time.perf_counter()
    extraction = _Extraction(images, extractor, workspace, batch_size or extractor.batch_size, on_progress)
    extraction.run()
    seconds = time.perf_counter() - started
    features = _summarized(gather(images, extraction.rows, extractor.spec, extraction.details(seconds)))
    if workspace is None or not (is_listed and extraction.saving and len(features)):
        return features
    return _entered(features, workspace)


def extract_table(spec: Spec, workspace: Workspace, *, table: Table | None = None) -> Features:
    """Return the features of a spec that takes rows of numbers rather than images, and enter the run in the ledger.

    Args:
        spec: One that does not take images.
        workspace: Where its numbers are kept.
        table: These, where they are at hand.

    Raises:
        ValueError: If the spec takes images, or its table has no rows.
    """
    started = time.perf_counter()
    if (table := table or table_of(spec, workspace)) is None or not len(table.values):
        raise ValueError(f"`spec` must take rows of numbers, at least one. {spec.title!r} does not: use `extract`.")
    details = {
        "n_images": len(table.values),
        "n_computed": len(table.values),
        "seconds": time.perf_counter() - started,
        "feature_shape": list(table.values.shape[1:]),
        "engine": "NumPy, float32",
        "versions": {"numpy": importlib.metadata.version("numpy")},
    }
    features = _summarized(table_features(table, spec, details))
    workspace.ledger.save(spec, features.details)
    return features


def extract_derived(
    images: ImageSet, spec: Spec, workspace: Workspace, *, on_progress: ProgressCallback | None = None
) -> Features | None:
    """Return features as `extract` does, without building the network, where the features that they are derived from are kept.

    Args:
        images: As for `extract`.
        spec: Any way to extract features.
        workspace: Where rows are looked up and kept.
        on_progress: As for `extract`.

    Returns:
        The features; None where the network is needed.
    """
    kept = workspace.vectors.stored(spec.digest) | derivable(spec, workspace)
    if derived_from(spec) is None or not len(images) or not set(images.digests) <= kept:
        return None
    started = time.perf_counter()
    kept_rows = KeptRows(images, spec, workspace, on_progress)
    kept_rows.derive()
    if kept_rows.todo:  # a row that was kept is damaged
        return None
    features = _summarized(gather(images, kept_rows.rows, spec, kept_rows.details(time.perf_counter() - started)))
    return _entered(features, workspace) if kept_rows.saving else features


def _entered(features: Features, workspace: Workspace) -> Features:
    """Enter the run in the ledger; say so in the details when that fails."""
    saved = dataclasses.replace(features, details={**features.details, "is_saved": True})
    try:
        workspace.ledger.save(features.spec, saved.details)
    except DiskFullError as error:
        notes = [*features.details["notes"], str(error)]
        return dataclasses.replace(features, details={**features.details, "notes": notes})
    return saved


def _summarized(features: Features) -> Features:
    """Add to the details what only the values tell."""
    vectors = features.vectors
    found = {"dead_share": dead_share(vectors), "n_not_finite": n_not_finite(vectors)}
    return dataclasses.replace(features, details={**features.details, **found})


class _Extraction(KeptRows):
    """One run over a set of images, and what became of it."""

    def __init__(
        self,
        images: ImageSet,
        extractor: Extractor,
        workspace: Workspace | None,
        batch_size: int,
        on_progress: ProgressCallback | None,
    ) -> None:
        super().__init__(images, extractor.spec, workspace, on_progress)
        self.extractor = extractor
        self.batch_size = batch_size
        self.engines: Engines | FastEngines | OneEngine = getattr(extractor, "engines", None) or OneEngine()
        self.skipped: list[tuple[str, str]] = []
        self.timed: list[tuple[int, float]] = []  # images and seconds of each pass of the network
        self._waiting: deque[ImageRecord] = deque()
        self._computed: list[ImageRecord] = []  # by the engine that works now
        self._saver = ThreadPoolExecutor(1)
        self._saved: Future[None] | None = None

    def run(self) -> None:
        self.report(len(self.rows))
        self.derive()
        self._waiting.extend(self.todo)
        if self._waiting:
            self._run_network()

    def _run_network(self) -> None:
        with self._saver:  # leaving it waits for what is still to be saved
            self.engines.begin()
            try:
                for records, fitted in self._batches():
                    if records:
                        self._compute_and_plan(records, fitted)
                    self.report(len(self.rows) + len(self.skipped))
                self.engines.conclude()
            finally:
                self.engines.end()
        if self._saved is not None:
            self._saved.result()

    def _batches(self) -> Iterator[tuple[list[ImageRecord], np.ndarray]]:
        """Decode and fit ahead of the network, in threads; never more than a few batches in memory."""
        ahead: deque[tuple[list[ImageRecord], list[Future[np.ndarray]]]] = deque()
        form = self.extractor.image_size, self.extractor.fit
        size = images_a_batch(len(self._waiting), self.batch_size)
        with ThreadPoolExecutor(DECODING_THREADS) as pool:
            try:
                while self._waiting or ahead:
                    while self._waiting and len(ahead) <= BATCHES_AHEAD:
                        chunk = [self._waiting.popleft() for _ in range(min(size, len(self._waiting)))]
                        ahead.append((chunk, [pool.submit(record.fitted, *form) for record in chunk]))
                    yield self._collect(*ahead.popleft())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _compute_and_plan(self, records: Sequence[ImageRecord], fitted: np.ndarray) -> None:
        """Run the network. When another engine took over, have it do again what the one before it did."""
        engine = self.engines.title
        self._compute(records, fitted)
        self._computed += [record for record in records if record.digest in self.rows]
        if self.engines.title != engine:
            self._waiting.extendleft(reversed(self._computed))
            self._computed, self.timed = [], []
        elif len(self.timed) > 1:
            self.engines.plan(len(self._waiting) * self._seconds_per_image())

    def _collect(
        self, records: Sequence[ImageRecord], futures: Sequence[Future[np.ndarray]]
    ) -> tuple[list[ImageRecord], np.ndarray]:
        kept: list[ImageRecord] = []
        pictures: list[np.ndarray] = []
        for record, future in zip(records, futures, strict=True):
            try:
                pictures.append(future.result())
                kept.append(record)
            except (ImageError, KeyError) as error:
                reason = str(error) if isinstance(error, ImageError) else "was removed in the meantime"
                self.skipped.append((record.name, reason))
        return kept, np.stack(pictures) if pictures else np.zeros((0, 0, 0, 3), np.uint8)

    def _compute(self, records: Sequence[ImageRecord], fitted: np.ndarray) -> None:
        """Run the network; when memory runs out, run halves, down to leaving one image out."""
        started = time.perf_counter()
        try:
            values = self.extractor(fitted, batch_size=len(fitted))
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if len(records) == 1:
                self.skipped.append((records[0].name, "did not fit into memory"))
                return
            half = len(records) // 2
            self.batch_size = min(self.batch_size, max(half, 1))
            self._compute(records[:half], fitted[:half])
            self._compute(records[half:], fitted[half:])
            return
        self.timed.append((len(records), time.perf_counter() - started))
        rows = {record.digest: row for record, row in zip(records, values, strict=True)}
        self.rows.update(rows)
        if self._saved is not None:
            self._saved.result()
        self._saved = self._saver.submit(self.save, rows)

    def details(self, seconds: float) -> dict[str, Any]:
        return super().details(seconds) | {
            "skipped": self.skipped,
            "notes": [*self.extractor.notes, *self.notes, *self.engines.notes],
            "ms_per_image": self._ms_per_image(),
            "n_parameters": self.extractor.n_parameters,
            "batch_size": self.batch_size,
            "engine": self._engine(),
            "feature_shape": list(self.extractor.output_shape[1:]),
            "versions": dict(_versions()),
        }

    def _ms_per_image(self) -> float | None:
        """Of the network alone, without the first pass, which also compiles; of an earlier run when nothing was computed."""
        return 1000 * self._seconds_per_image() if self.timed else self._earlier().get("ms_per_image")

    def _engine(self) -> str:
        """What computed the rows: now, or in an earlier run when nothing was computed."""
        return self.engines.title if self.timed else self._earlier().get("engine", self.engines.title)

    def _earlier(self) -> Mapping[str, Any]:
        run = self.workspace.ledger.find(self.spec.digest) if self.workspace is not None else None
        return run.details if run is not None else {}

    def _seconds_per_image(self) -> float:
        timed = self.timed[1:] or self.timed
        return sum(seconds for _, seconds in timed) / sum(n_images for n_images, _ in timed)


@functools.cache
def _versions() -> Mapping[str, str]:
    return MappingProxyType(
        {name: importlib.metadata.version(name) for name in ("keras", "tensorflow", "numpy", "pillow")}
    )
