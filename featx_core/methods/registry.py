"""The ways to extract features: `METHODS`, and functions that work with any of them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from featx_core.base.keras_setup import float32_layers
from featx_core.base.progress import as_stages
from featx_core.methods import (
    augmented,
    custom_sequential,
    fine_tuned,
    lambda_transform,
    own_model,
    pretrained,
    vector_table,
)
from featx_core.methods.method import Context, Method, Steps
from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.networks import has_gradients
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec, SpecError
from featx_core.specs.vector_table import VectorTable

if TYPE_CHECKING:
    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.extraction.colorings import RunColoring
    from featx_core.extraction.features import Features
    from featx_core.learning.record import TrainingRecord
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "pretrained": Method(
            Pretrained,
            "Pretrained",
            "A well-known network, tapped at any layer.",
            outline=pretrained.outline,
            build=pretrained.build,
            steps=pretrained.steps,
            architecture=pretrained.architecture,
            class_names=pretrained.class_names,
            pace=pretrained.pace,
        ),
        "own_model": Method(
            OwnModel,
            "Your model",
            "A `.keras` or `.onnx` file of your own, tapped at any layer.",
            outline=own_model.outline,
            build=own_model.build,
            steps=own_model.steps,
            architecture=own_model.architecture,
            class_names=own_model.class_names,
            pace=own_model.pace,
        ),
        "custom_sequential": Method(
            CustomSequential,
            "Custom",
            "Your own network, built layer by layer.",
            outline=custom_sequential.outline,
            build=custom_sequential.build,
            steps=custom_sequential.steps,
            training=custom_sequential.TRAINING,
            architecture=custom_sequential.architecture,
            pace=custom_sequential.pace,
            has_quick_outline=lambda spec, context: True,
        ),
        "augmented": Method(
            Augmented,
            "Augmented",
            "Features of randomly augmented copies of each image, by any other extractor.",
            outline=augmented.outline,
            build=augmented.build,
            steps=augmented.steps,
            training=augmented.TRAINING,
            class_names=augmented.class_names,
            pace=augmented.pace,
            caption=lambda spec, context: augmented.CAPTION,
            has_quick_outline=augmented.has_quick_outline,
        ),
        "fine_tuned": Method(
            FineTuned,
            "Fine-tuned",
            "A well-known network with new layers trained on your labels.",
            outline=fine_tuned.outline,
            build=fine_tuned.build,
            steps=fine_tuned.steps,
            training=fine_tuned.TRAINING,
            colorings=fine_tuned.colorings,
            class_names=fine_tuned.class_names,
            pace=fine_tuned.pace,
        ),
        "lambda_transform": Method(
            LambdaTransform,
            "Lambda",
            "Your own formula, applied to pixels, to the features of a run or to numbers.",
            outline=lambda_transform.outline,
            build=lambda_transform.build,
            steps=lambda_transform.steps,
            training=lambda_transform.TRAINING,
            class_names=lambda_transform.class_names,
            pace=lambda_transform.pace,
            caption=lambda_transform.caption,
            has_quick_outline=lambda_transform.has_quick_outline,
            colorings=vector_table.colorings,
            takes_tables=True,
        ),
    }
)

SOURCES: Mapping[str, Method] = MappingProxyType(
    {
        "vector_table": Method(
            VectorTable,
            "Vectors",
            "Vectors that were computed elsewhere.",
            outline=vector_table.outline,
            build=vector_table.build,
            colorings=vector_table.colorings,
        )
    }
)
"""What is brought in rather than extracted. Such specs stand in the list of runs and in other specs."""


def train(spec: Spec, workspace: Workspace, *, on_progress: StageCallback | ProgressCallback | None = None) -> Spec:
    """Learn what a spec wants learned from the images of a workspace; give the spec that names the trained weights.

    Training that was finished before, with the same images and labels, is not done again.

    Args:
        spec: Any way to extract features. One that needs no training is given as it is.
        workspace: Holds the images and labels; takes the trained weights and the record of the training.
        on_progress: Called with steps done and steps in all of each stage; one with a method `stage` is also told the
            names of the stages. When it raises `Cancelled`, the best weights so far are kept.

    Raises:
        ValueError: If these images and labels cannot be learned from. The message says what is missing.
    """
    if not spec.needs_training:
        return spec
    context = _context(workspace)
    with float32_layers():
        return context.of(spec).training.train(spec, context, as_stages(on_progress))


def build(spec: Spec, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> Extractor:
    """Make the extractor that a spec describes.

    Args:
        spec: Any way to extract features.
        workspace: Where weights that the user brought are kept. Not needed for other weights.
        on_progress: Called with bytes done and bytes in all while weights are downloaded.

    Returns:
        An extractor, ready to run.

    Raises:
        SpecError: If the spec cannot be built, or must be trained first.
        WeightsError: If the weights cannot be had or do not fit.
    """
    if spec.needs_training:
        raise SpecError("This extractor is not trained yet. Train it first: `spec = fx.train(spec, workspace)`.")
    with float32_layers() if has_gradients(spec) else contextlib.nullcontext():
        return _context(workspace, on_progress).build(spec)


def outline(spec: Spec, workspace: Workspace | None = None) -> Outline:
    """List the layers and the shapes that a spec will give, without any weights.

    Raises:
        SpecError: If there is no such layer, or it gives no map to pool.
    """
    return _context(workspace).outline(spec)


def has_quick_outline(spec: Spec) -> bool:
    """Whether `outline` needs no Keras for a spec, and takes no longer than a click may."""
    context = _context()
    return context.of(spec).has_quick_outline(spec, context)


def shape_steps(spec: Spec, outlined: Outline) -> Steps:
    """Tell the way from the input to the features: shapes for one image, and words for what happens in between."""
    context = _context()
    return context.of(spec).steps(spec, outlined, context)


def training_record(spec: Spec, workspace: Workspace) -> TrainingRecord | None:
    """Fetch how the training of a spec went or goes, also while it is under way; None where there is none."""
    context = _context(workspace)
    return context.of(spec).training.record(spec, context)


def trained_spec(spec: Spec, workspace: Workspace) -> Spec | None:
    """Return the trained spec where the workspace holds what was learned, be it by a training that was cancelled.

    None where nothing was learned yet.
    """
    context = _context(workspace)
    return context.of(spec).training.trained(spec, context)


def run_colorings(spec: Spec, workspace: Workspace, features: Features) -> Mapping[str, RunColoring]:
    """Tell what a run says of each image besides its features, such as a predicted class."""
    context = _context(workspace)
    return context.of(spec).colorings(spec, features, context)


def class_names(spec: Spec) -> tuple[str, ...] | None:
    """Name the values of the last layer of a spec's network, if that is a classifier."""
    context = _context()
    return context.of(spec).class_names(spec, context)


def pace(spec: Spec) -> str:
    """Return words that are equal for specs that take about the same time an image."""
    context = _context()
    return context.of(spec).pace(spec, context)


def heatmap_caption(spec: Spec) -> str:
    """Say what people should know of heatmaps and feature maps of a spec; empty where nothing would surprise."""
    context = _context()
    return context.of(spec).caption(spec, context)


def _context(workspace: Workspace | None = None, on_progress: ProgressCallback | None = None) -> Context:
    return Context({**METHODS, **SOURCES}, workspace, on_progress)
