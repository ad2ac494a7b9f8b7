"""Tasks around augmentation: what it does to features, how stable neighbours are, and a look at the copies."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np

from featx_core.augmentation.pictures import make_copies
from featx_core.augmentation.transforms import check_transforms
from featx_core.networks.weights_loading import WeightsError
from featx_core.robustness.effects import Effects, augmentation_effects
from featx_core.robustness.stability import Stability, neighbor_stability
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import Spec, SpecError
from featx_core.worker.augmentation_keys import effects_key, stability_key
from featx_core.worker.comparison_keys import find_runs, name_runs
from featx_core.worker.extraction_tasks import find_extractor, needed
from featx_core.worker.faults import explain_fault
from featx_core.worker.kept import is_kept
from featx_core.worker.report import Report
from featx_core.workspace.workspace import Workspace

MEASURING = "Measuring each transform"
CHANGING = "Changing images for {}"
PASS_SECONDS = 300.0  # making the copies of a slow transform reports nothing
MAX_PREVIEWS = 16
_WEBP_QUALITY = 90


def measure_effects(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Measure what each transform alone does to the features of one extractor, and keep it under its `effects_key`.

    Args:
        workspace: Holds the images; takes the effects.
        parameters: `spec` (JSON form of the extractor), `transforms` (pairs), `n_copies`, `seed`; `key` may be there, so that
            the job is another one when the images change.
        report: Told of the stages.

    Returns:
        `key`.
    """
    workspace = needed(workspace)
    spec, images = spec_from_json(parameters["spec"]), workspace.images()
    transforms = check_transforms(parameters["transforms"])
    n_copies, seed = parameters["n_copies"], parameters["seed"]
    key = effects_key(spec, images, transforms, n_copies, seed)
    if not is_kept(workspace, key, Effects):
        extractor = find_extractor(spec, workspace, report)
        report.stage(MEASURING, limit_seconds=PASS_SECONDS)
        found = augmentation_effects(images, extractor, transforms, n_copies=n_copies, seed=seed, on_progress=report)
        workspace.put_result(key, found.to_bytes())
    return {"key": key}


def measure_stability(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Measure the stability of neighbours of several runs, each kept under its `stability_key`.

    Args:
        workspace: Holds the images and runs; takes the results.
        parameters: `run_digests`; `key` may be there, so that the job is another one when the images change.
        report: Told of the stages.

    Returns:
        `problems`: run digest to a sentence, for runs that cannot be measured: their extractor cannot be had, or there are
        too few images.

    Raises:
        ValueError: If a run is gone.
    """
    workspace = needed(workspace)
    images = workspace.images()
    runs = find_runs(workspace, parameters["run_digests"])
    names = {digest: name for name, digest in name_runs(runs).items()}
    problems = {}
    for run in runs:
        key = stability_key(run.spec, images)
        if is_kept(workspace, key, Stability):
            continue
        try:
            _check_takes_images(run.spec)
            extractor = find_extractor(run.spec, workspace, report)
            report.stage(CHANGING.format(names[run.digest]), limit_seconds=PASS_SECONDS)
            workspace.put_result(key, neighbor_stability(images, extractor, on_progress=report).to_bytes())
        except (ValueError, KeyError, WeightsError) as error:
            problems[run.digest] = explain_fault(error, "stability").message
    return {"problems": problems}


def show_copies(workspace: Workspace | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Make the copies of one image that an extractor would look at.

    Args:
        workspace: Holds the image.
        parameters: `spec` (JSON form of the extractor: it says how pictures are fitted), `digest` (of the image),
            `transforms` (pairs), `n_copies`, `seed`, `with_original`.

    Returns:
        `pictures`: the copies as WebP, in base64, at most 16.

    Raises:
        ValueError: If the image is gone, or a transform cannot be.
    """
    workspace = needed(workspace)
    spec = spec_from_json(parameters["spec"])
    record = next((each for each in workspace.images() if each.digest == parameters["digest"]), None)
    if record is None:
        raise ValueError("This image is no longer in the workspace. Pick another one.")
    if spec.picture_input is None:
        raise ValueError("These are rows of numbers: there are no images to change.")
    fitted = spec.picture_input.of(record.pixels()).fitted
    copies = make_copies(
        fitted[np.newaxis],
        check_transforms(parameters["transforms"]),
        n_copies=min(parameters["n_copies"], MAX_PREVIEWS),
        seed=parameters["seed"],
        with_original=parameters["with_original"],
    )
    return {"pictures": [_webp(copy) for copy in copies[0]]}


def _check_takes_images(spec: Spec) -> None:
    if not spec.takes_images:
        raise SpecError("These are rows of numbers: there are no images to change.")


def _webp(pixels: np.ndarray) -> str:
    from PIL import Image

    out = BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=_WEBP_QUALITY)
    return base64.b64encode(out.getvalue()).decode("ascii")
