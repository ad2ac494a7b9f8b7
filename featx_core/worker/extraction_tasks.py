"""Tasks around extraction: weights, networks, features."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featx_core.backbones.registry import find_backbone
from featx_core.extraction.extract import extract, extract_derived, extract_table
from featx_core.methods.registry import build, train
from featx_core.methods.registry import outline as outline_of
from featx_core.networks.weights import fetch
from featx_core.specs.registry import spec_from_json
from featx_core.worker.answers import features_to_json
from featx_core.worker.report import Report
from featx_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from featx_core.extraction.features import Features
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.spec import Spec

GETTING_WEIGHTS = "Getting the weights"
BUILDING = "Building the network"
EXTRACTING = "Extracting"
BUILDING_SECONDS = 120.0
DOWNLOAD_SECONDS = 180.0  # three tries of 30 s without a byte, and the check of a large file
FIRST_BATCH_SECONDS = 120.0  # the first batch also compiles the network
MAX_EXTRACTORS = 2

_EXTRACTORS: OrderedDict[str, Extractor] = OrderedDict()


def extract_features(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Train what the spec wants trained, extract the features of all images, and enter the run in the ledger.

    Args:
        workspace: Holds the images; takes the vectors and the run.
        parameters: `spec` (its JSON form), `batch_size` (None picks one).
        report: Told of the stages.

    Returns:
        `run_digest` (of the trained spec), and `details` as in the ledger. When the workspace could not take the results,
        also `spec` and, unless they are too large, `unsaved`: the features for `answers.features_from_json`.
    """
    workspace = needed(workspace)
    asked = spec_from_json(parameters["spec"])
    spec = train(asked, workspace, on_progress=report)
    if not spec.takes_images:
        return {"run_digest": spec.digest, "details": dict(extract_table(spec, workspace).details)}
    report.stage(EXTRACTING, limit_seconds=FIRST_BATCH_SECONDS)
    features = extract_derived(workspace.images(), spec, workspace, on_progress=report)
    if features is None:
        report.needs_reset = asked.needs_training or not is_built(spec)
        features = _extract_with_network(spec, workspace, parameters.get("batch_size"), report)
    answer: dict[str, Any] = {"run_digest": spec.digest, "details": dict(features.details)}
    if not features.details["is_saved"]:
        answer |= {"spec": spec.to_json(), "unsaved": features_to_json(features)}
    return answer


def _extract_with_network(spec: Spec, workspace: Workspace, batch_size: int | None, report: Report) -> Features:
    extractor = find_extractor(spec, workspace, report)
    batch_size = extractor.batch_size if batch_size is None else batch_size
    report.stage(EXTRACTING, limit_seconds=FIRST_BATCH_SECONDS)
    features = extract(workspace.images(), extractor, workspace=workspace, batch_size=batch_size, on_progress=report)
    report.needs_fresh_worker = features.details["batch_size"] < batch_size  # it was halved: memory had run out
    return features


def fetch_weights(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Download the ImageNet weights of a backbone, unless they are there.

    Args:
        workspace: Not looked at.
        parameters: `backbone` (a key of `BACKBONES`), `top` (whether with the classifier).
        report: Told of bytes done and bytes in all.

    Returns:
        `n_bytes`, the size of the file.
    """
    report.stage(GETTING_WEIGHTS, limit_seconds=DOWNLOAD_SECONDS)
    backbone = find_backbone(parameters["backbone"])
    path = fetch(backbone, top=parameters.get("top", False), on_progress=report)
    return {"n_bytes": path.stat().st_size}


def outline(workspace: Workspace | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """List the layers and shapes of a network, without weights.

    Args:
        workspace: Where the spec needs one.
        parameters: `spec` (its JSON form).

    Returns:
        The fields of an `Outline` as JSON values; `answers.outline_from_json` reads them.
    """
    return dataclasses.asdict(outline_of(spec_from_json(parameters["spec"]), workspace))


def find_extractor(spec: Spec, workspace: Workspace, report: Report) -> Extractor:
    """Give the extractor of a spec: one of the last that were built, or a new one."""
    extractor = _EXTRACTORS.pop(spec.digest, None)
    if extractor is None:
        while len(_EXTRACTORS) >= MAX_EXTRACTORS:
            _EXTRACTORS.popitem(last=False)
        extractor = _build(spec, workspace, report)
    _EXTRACTORS[spec.digest] = extractor
    return extractor


def is_built(spec: Spec) -> bool:
    """Tell whether the extractor of a spec is one of the last that were built."""
    return spec.digest in _EXTRACTORS


def needed(workspace: Workspace | None) -> Workspace:
    """Give the workspace of a task that cannot do without.

    Raises:
        ValueError: If there is none.
    """
    if workspace is None:
        raise ValueError("This computation needs a workspace. Received: none.")
    return workspace


def _build(spec: Spec, workspace: Workspace, report: Report) -> Extractor:
    """Build an extractor. The first byte of a download begins a stage of its own, the last one ends it."""
    report.stage(BUILDING, limit_seconds=BUILDING_SECONDS)
    is_downloading = False

    def on_bytes(done: int, total: int) -> None:
        nonlocal is_downloading
        if not is_downloading:
            report.stage(GETTING_WEIGHTS, limit_seconds=DOWNLOAD_SECONDS)
            is_downloading = True
        report(done, total)
        if total and done >= total:
            report.stage(BUILDING, limit_seconds=BUILDING_SECONDS)
            is_downloading = False

    return build(spec, workspace, on_progress=on_bytes)
