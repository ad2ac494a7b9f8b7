"""Tasks around heatmaps and feature maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featx_core.heatmaps.explain import explain_many
from featx_core.heatmaps.feature_maps import FeatureMaps, feature_maps
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.targets import Target, target_from_json
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.specs.registry import spec_from_json
from featx_core.worker.extraction_tasks import FIRST_BATCH_SECONDS, find_extractor, is_built, needed
from featx_core.worker.kept import is_kept
from featx_core.worker.keys import feature_maps_key, heatmap_key
from featx_core.worker.report import Report
from featx_core.workspace.workspace import Workspace

DRAWING = "Drawing heatmaps"
DRAWING_MAPS = "Drawing feature maps"
IMAGES_AT_A_TIME = 8
"""Heatmaps are kept after so many images, so that a cancelled job leaves what it has done."""


def explain_images(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Draw heatmaps and keep each under its `heatmap_key`. Those that are kept already are not drawn again.

    Args:
        workspace: Holds the images; takes the heatmaps.
        parameters: `spec` (its JSON form), `images` (names), `names` (keys of `HEATMAPS`), `layer` and `target` (its
            JSON form) as for `explain`.
        report: Told of images done.

    Returns:
        `n_drawn` and `n_images`.
    """
    workspace = needed(workspace)
    spec = spec_from_json(parameters["spec"])
    names, layer, target = parameters["names"], parameters.get("layer"), parameters.get("target")

    def key(image: ImageRecord, name: str) -> str:
        return heatmap_key(spec.digest, image.digest, name, layer, target)

    images = chosen(workspace, parameters["images"])
    missing = [image for image in images if not all(is_kept(workspace, key(image, name), Heatmap) for name in names)]
    if missing:
        report.needs_reset = not is_built(spec) or any(
            HEATMAPS[name].needs_target for name in names
        )  # these are traced anew
        extractor = find_extractor(spec, workspace, report)
        aim = _target(target, workspace)
        report.stage(DRAWING, limit_seconds=FIRST_BATCH_SECONDS)
    for start in range(0, len(missing), IMAGES_AT_A_TIME):
        report(start, len(missing))
        part = missing[start : start + IMAGES_AT_A_TIME]
        for name, heatmaps in explain_many(part, extractor, names, layer=layer, target=aim).items():
            for image, heatmap in zip(part, heatmaps, strict=True):
                workspace.put_result(key(image, name), heatmap.to_bytes())
    return {"n_drawn": len(missing), "n_images": len(images)}


def draw_feature_maps(workspace: Workspace | None, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Compute the feature maps of one layer for one image and keep them under their `feature_maps_key`.

    Args:
        workspace: Holds the image; takes the maps.
        parameters: `spec` (its JSON form), `image` (a name), `layer` as for `feature_maps`.
        report: Told of the stages.

    Returns:
        `key`.
    """
    workspace = needed(workspace)
    spec = spec_from_json(parameters["spec"])
    image = chosen(workspace, [parameters["image"]])[0]
    key = feature_maps_key(spec.digest, image.digest, parameters.get("layer"))
    if not is_kept(workspace, key, FeatureMaps):
        extractor = find_extractor(spec, workspace, report)
        report.stage(DRAWING_MAPS, limit_seconds=FIRST_BATCH_SECONDS)
        workspace.put_result(key, feature_maps(image, extractor, layer=parameters.get("layer")).to_bytes())
    return {"key": key}


def chosen(workspace: Workspace, names: list[str]) -> ImageSet:
    """Give the images of these names.

    Raises:
        ValueError: If one is no longer there.
    """
    images = workspace.images()
    known = set(images.names)
    gone = [name for name in names if name not in known]
    if gone:
        raise ValueError(f"{gone[0]} is no longer in this workspace. Pick another image.")
    return images.select(names)


def _target(text: str | None, workspace: Workspace) -> Target | None:
    if text is None:
        return None
    by_digest = {image.digest: image for image in workspace.images()}
    return target_from_json(text, by_digest.__getitem__)
