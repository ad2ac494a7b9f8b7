"""The tasks that compare extractors, and the stages of one."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from featx_core.base.wording import counted
from featx_core.comparison.assembly import assemble
from featx_core.comparison.inputs import facts_of
from featx_core.comparison.layer_sweep import Sweep, sweep_layers
from featx_core.comparison.panel import Panel, choose_panel
from featx_core.comparison.scores import PreparedSpace, prepare_space, score_extractor, score_pair
from featx_core.comparison.tables import COLORS, Comparison, Facts
from featx_core.extraction.features import gather
from featx_core.extraction.rows import load_rows
from featx_core.images.duplicates import Sketches, duplicate_groups, sketch
from featx_core.images.image_set import ImageSet
from featx_core.measures.folds import image_keys
from featx_core.specs.registry import spec_from_json
from featx_core.worker.comparison_keys import (
    compared_rows,
    extractor_score_key,
    find_comparison_key,
    find_runs,
    find_sweep_key,
    name_runs,
    pair_score_key,
    sketches_key,
)
from featx_core.worker.extraction_tasks import FIRST_BATCH_SECONDS, find_extractor, needed
from featx_core.worker.kept import fetch_kept, read_mapping
from featx_core.worker.report import Report
from featx_core.workspace.workspace import Workspace

LOOKING = "Looking for near-duplicates"
SCORING = "Scoring {}"
PAIRING = "Comparing the spaces"
SWEEPING = "Scoring each stage"
SCORING_SECONDS = 300.0  # reading features and the measures besides the probe report nothing


def compare_runs(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Compare runs and keep the comparison under its `find_comparison_key`, each score and each pair under its own.

    Args:
        workspace: Holds the runs; takes the scores.
        parameters: `run_digests`; `key` may be there, so that the job is another one when images or labels change.
        report: Told of the stages.

    Returns:
        `key`, and `n_scored` and `n_paired`: how many scores and pairs had to be computed.

    Raises:
        ValueError: If a run is gone, or no image has features of all runs.
    """
    workspace = needed(workspace)
    digests = parameters["run_digests"]
    key = find_comparison_key(workspace, digests)
    if fetch_kept(workspace, key, Comparison.from_json) is not None:
        return {"key": key, "n_scored": 0, "n_paired": 0}
    work = _Comparing(workspace, digests, report)
    content = work.run()
    workspace.put_result(key, content)
    return {"key": key, "n_scored": work.n_scored, "n_paired": work.n_paired}


def sweep(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Score every stage of a network on all images and keep the sweep under its `find_sweep_key`.

    Args:
        workspace: Holds the images; takes the sweep.
        parameters: `spec` (its JSON form); `key` may be there, so that the job is another one when images or labels change.
        report: Told of the stages.

    Returns:
        `key`.
    """
    workspace = needed(workspace)
    spec = spec_from_json(parameters["spec"])
    key = find_sweep_key(workspace, spec)
    if fetch_kept(workspace, key, Sweep.from_json) is None:
        images = workspace.images()
        extractor = find_extractor(spec, workspace, report)
        groups = duplicate_groups(find_sketches(workspace, images, report), digests=images.digests)
        report.stage(SWEEPING, limit_seconds=FIRST_BATCH_SECONDS)
        found = sweep_layers(images, extractor, groups=groups, on_progress=report)
        workspace.put_result(key, found.to_json().encode())
    return {"key": key}


def find_sketches(workspace: Workspace, images: ImageSet, report: Report) -> Sketches:
    """Fetch what the thumbnails show, or look at them and keep it."""
    key = sketches_key(images)
    stored = fetch_kept(workspace, key, _read_sketches)
    if stored is not None:
        return stored
    report.stage(LOOKING)
    found = sketch(images, on_progress=report)
    out = io.BytesIO()
    np.savez_compressed(out, pictures=found.pictures, color_histograms=found.color_histograms)
    workspace.put_result(key, out.getvalue())
    return found


def _read_sketches(content: bytes) -> Sketches:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Sketches(arrays["pictures"], arrays["color_histograms"])
    except (KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError("These bytes are not the small pictures that were kept.") from error


class _Comparing:
    """One comparison: what is kept already is fetched, the rest computed and kept."""

    def __init__(self, workspace: Workspace, run_digests: Sequence[str], report: Report) -> None:
        self.workspace, self.report = workspace, report
        self.runs = find_runs(workspace, run_digests)
        self.names = name_runs(self.runs)
        self.compared = compared_rows(workspace, run_digests)
        if not len(self.compared.rows):
            raise ValueError(
                "No image has features of all these runs. Extract again with each, then compare. Rows of numbers are "
                "compared by name."
            )
        self.n_scored = self.n_paired = 0
        self._spaces: dict[str, PreparedSpace] = {}
        self._facts: dict[str, Facts] = {}

    def run(self) -> bytes:
        """Compute what is missing and put all together."""
        rows, images = self.compared.rows, self.compared.images
        noun = "row" if images is None else "image"
        sketches = None if images is None else find_sketches(self.workspace, images, self.report)
        panel = choose_panel(rows.digests, rows.labels, self._groups(sketches), noun=noun)
        scores = {name: self._score(name, digest, panel) for name, digest in self.names.items()}
        colors = None if sketches is None else self._scored(COLORS, COLORS, panel, lambda: sketches.color_histograms)
        pairs = self._pairs(panel)
        facts = {name: self._facts_of(digest) for name, digest in self.names.items()}
        n_without, kind = self.compared.n_left_out, "image" if all(r.spec.takes_images for r in self.runs) else "row"
        notes = (f"{counted(n_without, kind)} without features of every run had no part.",) if n_without else ()
        found = assemble(scores, pairs, panel, facts=facts, colors=colors, notes=notes)
        found = dataclasses.replace(found, facts={**found.facts, "runs": self.names})
        return found.to_json().encode()

    def _groups(self, sketches: Sketches | None) -> Sequence[Any] | np.ndarray:
        """Near-duplicates among images; without pictures, rows that are equal in every run."""
        if sketches is not None:
            return duplicate_groups(sketches, digests=self.compared.rows.digests)
        return image_keys([self._vectors(digest) for digest in self.names.values()])

    def _score(self, name: str, digest: str, panel: Panel) -> dict[str, Any]:
        return self._scored(name, digest, panel, lambda: self._vectors(digest))

    def _scored(self, name: str, digest: str, panel: Panel, vectors: Callable[[], np.ndarray]) -> dict[str, Any]:
        key = extractor_score_key(digest, panel.digest)
        stored = fetch_kept(self.workspace, key, read_mapping)
        if stored is not None:
            return stored
        self.report.stage(SCORING.format(name), limit_seconds=SCORING_SECONDS)
        found = score_extractor(vectors(), panel, on_progress=self.report)
        self.workspace.put_result(key, json.dumps(found).encode())
        self.n_scored += 1
        return found

    def _pairs(self, panel: Panel) -> dict[tuple[str, str], dict[str, Any]]:
        couples = list(itertools.combinations(sorted(self.names), 2))
        keys = {couple: pair_score_key([self.names[name] for name in couple], panel.digest) for couple in couples}
        stored = {couple: fetch_kept(self.workspace, key, read_mapping) for couple, key in keys.items()}
        found = {couple: score for couple, score in stored.items() if score is not None}
        missing = [couple for couple in couples if couple not in found]
        if missing:
            self.report.stage(PAIRING, limit_seconds=SCORING_SECONDS)
        for done, couple in enumerate(missing):
            self.report(done, len(missing))
            found[couple] = score_pair(*(self._space(self.names[name], panel) for name in couple))
            self.workspace.put_result(keys[couple], json.dumps(found[couple]).encode())
        self.n_paired = len(missing)
        return found

    def _space(self, digest: str, panel: Panel) -> PreparedSpace:
        if digest not in self._spaces:
            self._spaces[digest] = prepare_space(self._vectors(digest), panel)
        return self._spaces[digest]

    def _vectors(self, digest: str) -> np.ndarray:
        run = next(run for run in self.runs if run.digest == digest)
        stored = load_rows(run.spec, self.workspace, self.compared.rows.digests)
        return gather(self.compared.rows, stored, run.spec, {}).per_image().vectors

    def _facts_of(self, digest: str) -> Facts:
        run = next(run for run in self.runs if run.digest == digest)
        return facts_of(run.spec, run.details)
