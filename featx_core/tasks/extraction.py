"""The job that extracts features, and the one that fetches weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featx_core.backbones.registry import find_backbone
from featx_core.extraction.extract import extract, extract_derived, extract_table
from featx_core.methods.extractors import DOWNLOAD_SECONDS, GETTING_WEIGHTS, await_keras
from featx_core.methods.registry import train
from featx_core.networks.weights import fetch
from featx_core.studies.work import FIRST_BATCH_SECONDS, JobReport, Work
from featx_core.tasks.encoding import features_to_json
from featx_core.tasks.extractors import EXTRACTORS
from featx_core.tasks.requests import ExtractJob, WeightsJob
from featx_core.tasks.workspaces import needed

if TYPE_CHECKING:
    from featx_core.extraction.features import Features
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace

EXTRACTING = "Extracting"


def extract_features(workspace: Workspace | None, parameters: Mapping[str, Any], report: JobReport) -> dict[str, Any]:
    """Train what the spec wants trained, extract the features of all images, and add the run to the list of runs.

    Args:
        workspace: Holds the images; takes the vectors and the run.
        parameters: Of an `ExtractJob`.
        report: Told of the stages.

    Returns:
        `run_digest` (of the trained spec), and `details` of the run. When the workspace could not take the results, also
        `spec` and, unless they are too large, `unsaved`: the features for `answers.features_from_json`.
    """
    workspace, asked = needed(workspace), ExtractJob.from_parameters(parameters)
    if asked.spec.needs_training:
        await_keras(report)
    spec = train(asked.spec, workspace, on_progress=report)
    if not spec.takes_images:
        return {"run_digest": spec.digest, "details": dict(extract_table(spec, workspace).details)}
    report.stage(EXTRACTING, limit_seconds=FIRST_BATCH_SECONDS)
    features = extract_derived(workspace.images(), spec, workspace, on_progress=report)
    if features is None:
        work = Work(workspace, report, EXTRACTORS)
        report.needs_reset = asked.spec.needs_training or not work.has_extractor(spec)
        features = _extract_with_network(spec, work, asked.batch_size)
    answer: dict[str, Any] = {"run_digest": spec.digest, "details": dict(features.details)}
    if not features.details["is_saved"]:
        answer |= {"spec": spec.to_json(), "unsaved": features_to_json(features)}
    return answer


def fetch_weights(workspace: Workspace | None, parameters: Mapping[str, Any], report: JobReport) -> dict[str, Any]:
    """Download the ImageNet weights of a backbone, unless they are there.

    Args:
        workspace: Not looked at.
        parameters: Of a `WeightsJob`.
        report: Told of bytes done and bytes in all.

    Returns:
        `n_bytes`, the size of the file.
    """
    asked = WeightsJob.from_parameters(parameters)
    report.stage(GETTING_WEIGHTS, limit_seconds=DOWNLOAD_SECONDS)
    path = fetch(find_backbone(asked.backbone), top=asked.top, on_progress=report)
    return {"n_bytes": path.stat().st_size}


def _extract_with_network(spec: Spec, work: Work, batch_size: int | None) -> Features:
    extractor = work.extractor(spec)
    batch_size = extractor.batch_size if batch_size is None else batch_size
    work.report.stage(EXTRACTING, limit_seconds=FIRST_BATCH_SECONDS)
    features = extract(
        work.images(), extractor, workspace=work.workspace, batch_size=batch_size, on_progress=work.report
    )
    work.report.needs_fresh_worker = features.details["batch_size"] < batch_size  # it was halved: memory had run out
    return features
