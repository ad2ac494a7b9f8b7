"""The names of jobs and of what they leave in a workspace. Free of TensorFlow: the server computes them too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical_json(value: Any) -> str:
    """Write JSON values so that equal values give equal text: sorted keys, no spaces, ASCII only.

    Raises:
        ValueError: If there is a NaN or an infinite number.
        TypeError: If something is not a JSON value.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def job_key(task: str, workspace_path: str | None, parameters: Mapping[str, Any]) -> str:
    """Name a job by what it does: the same work asked for twice has the same key."""
    return digest_of(task, workspace_path, dict(parameters))


def projection_key(
    run_digest: str, image_set_key: str, name: str, n_components: int, seed: int, parameters: Mapping[str, Any]
) -> str:
    """Name the result of a projection in its workspace.

    Args:
        run_digest: The digest of the run's spec.
        image_set_key: What `workspace.image_set_key` gives for the images that are projected.
        name: A key of `PROJECTIONS`.
        n_components: 2 or 3.
        seed: As for `project`.
        parameters: The other parameters of the projection.
    """
    return "projection:" + digest_of(run_digest, image_set_key, name, n_components, seed, dict(parameters))


def heatmap_key(spec_digest: str, image_digest: str, name: str, layer: int | str | None, target: str | None) -> str:
    """Name a heatmap in its workspace.

    Args:
        spec_digest: The digest of the spec of the extractor.
        image_digest: The digest of the image.
        name: A key of `HEATMAPS`.
        layer: As for `explain`.
        target: What `Target.to_json` gives, or None for the default target.
    """
    return "heatmap:" + digest_of(spec_digest, image_digest, name, layer, target)


def feature_maps_key(spec_digest: str, image_digest: str, layer: int | str | None) -> str:
    """Name the feature maps of one layer for one image in their workspace. Arguments as for `heatmap_key`."""
    return "feature_maps:" + digest_of(spec_digest, image_digest, layer)


def keras_file_key(spec_digest: str) -> str:
    """Name the `.keras` file of the network of a spec in its workspace."""
    return "keras_file:" + spec_digest


def kernels_key(spec_digest: str) -> str:
    """Name the patterns of the first convolution in their workspace, by the digest of the spec of the extractor."""
    return "kernels:" + digest_of(spec_digest)


def digest_of(*parts: Any) -> str:
    """Give the SHA-256 of JSON values, in hexadecimal. Raises as `canonical_json` does."""
    return hashlib.sha256(canonical_json(parts).encode("ascii")).hexdigest()
