"""Questions: requests of about a second, answered between the steps of a running job."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from featx_core.augmentation.copies import make_copies
from featx_core.augmentation.transforms import check_transforms
from featx_core.methods import registry as methods
from featx_core.networks.kept.outlines import known_outline
from featx_core.specs.networks import has_gradients
from featx_core.tasks.preparing import PREPARATION
from featx_core.tasks.requests import CopiesQuestion, OutlineQuestion
from featx_core.tasks.workspaces import needed

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

MAX_PREVIEWS = 16
_WEBP_QUALITY = 90


def needs_load(task: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a question needs Keras."""
    if task != OutlineQuestion.task:
        return True
    spec = OutlineQuestion.from_parameters(parameters).spec
    return has_gradients(spec) and known_outline(spec) is None and not methods.has_quick_outline(spec)


def outline(workspace: Workspace | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """List the layers and shapes of a network, without weights, and have it got ready when nothing else is to do.

    Args:
        workspace: Where the spec needs one.
        parameters: Of an `OutlineQuestion`.

    Returns:
        The fields of an `Outline` as JSON values; `answers.outline_from_json` reads them.
    """
    spec = OutlineQuestion.from_parameters(parameters).spec
    found = dataclasses.asdict(known_outline(spec) or methods.outline(spec, workspace))
    PREPARATION.note(spec)
    return found


def show_copies(workspace: Workspace | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Make the copies of one image that an extractor would look at.

    Args:
        workspace: Holds the image.
        parameters: Of a `CopiesQuestion`.

    Returns:
        `pictures`: the copies as WebP, in base64, at most 16.

    Raises:
        ValueError: If the image is gone, or a transform is not valid.
    """
    workspace, asked = needed(workspace), CopiesQuestion.from_parameters(parameters)
    record = next((each for each in workspace.images() if each.digest == asked.image), None)
    if record is None:
        raise ValueError("This image is no longer in the workspace. Pick another one.")
    if asked.spec.picture_input is None:
        raise ValueError("These are vectors: there are no images to augment.")
    copies = make_copies(
        asked.spec.picture_input.of(record.pixels()).fitted[np.newaxis],
        check_transforms(asked.transforms),
        n_copies=min(asked.n_copies, MAX_PREVIEWS),
        seed=asked.seed,
        with_original=asked.with_original,
    )
    return {"pictures": [_webp(copy) for copy in copies[0]]}


def _webp(pixels: np.ndarray) -> str:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=_WEBP_QUALITY)
    return base64.b64encode(out.getvalue()).decode("ascii")
