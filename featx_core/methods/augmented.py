"""Extraction of features under augmentation."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from featx_core.methods.method import Training
from featx_core.networks.augmented import AugmentedExtractor

if TYPE_CHECKING:
    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import StageCallback
    from featx_core.learning.record import TrainingRecord
    from featx_core.methods.method import Context, Steps
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.augmented import Augmented

CAPTION = "Heatmaps and feature maps show the image without augmentation."


def outline(spec: Augmented, context: Context) -> Outline:
    """List the layers and shapes of the other extractor."""
    return context.outline(spec.base)


def build(spec: Augmented, context: Context) -> Extractor:
    """Make the other extractor, and what changes the images before it.

    Raises:
        SpecError: If the other extractor cannot be built.
    """
    return AugmentedExtractor(spec, context.build(spec.base))


def steps(spec: Augmented, outlined: Outline, context: Context) -> Steps:
    """From the image to its copies, through the other extractor, and to their mean or to a row each."""
    image, *others = context.of(spec.base).steps(spec.base, outlined, context)
    copies = f"x {spec.n_copies} copies"
    if spec.gives == "mean":
        return image, copies, *others, "mean of the copies", outlined.feature_shape
    return image, copies, *others, f"{spec.n_copies} rows an image"


def class_names(spec: Augmented, context: Context) -> tuple[str, ...] | None:
    """Those of the other extractor."""
    return context.of(spec.base).class_names(spec.base, context)


def pace(spec: Augmented, context: Context) -> str:
    """As many passes of the same network take about the same time."""
    return f"{spec.n_copies} copies, {context.of(spec.base).pace(spec.base, context)}"


def has_quick_outline(spec: Augmented, context: Context) -> bool:
    """Whether that of the other extractor is quick."""
    return context.of(spec.base).has_quick_outline(spec.base, context)


def _train(spec: Augmented, context: Context, report: StageCallback) -> Augmented:
    base = context.of(spec.base).training.train(spec.base, context, report)
    return dataclasses.replace(spec, base=base)


def _record(spec: Augmented, context: Context) -> TrainingRecord | None:
    return context.of(spec.base).training.record(spec.base, context)


def _trained(spec: Augmented, context: Context) -> Augmented | None:
    base = context.of(spec.base).training.trained(spec.base, context)
    return None if base is None else dataclasses.replace(spec, base=base)


TRAINING = Training(_train, _record, _trained)
