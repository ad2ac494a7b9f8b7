"""The results that the pictures show, computed from images that installed packages bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import featx_core as fx
from featx_core.heatmaps.overlay import Heatmap
from featx_core.images.image_set import ImageRecord
from featx_core.maps.projection import Projection

LITE0 = fx.Pretrained("efficientnet_lite0")
CLASSIFIER = fx.Pretrained("efficientnet_lite0", pooling=None, classifier=True)
COMPARED = {
    "EfficientNet-Lite0": LITE0,
    "Embedded v1": fx.Pretrained("embedded_v1"),
    "Lite0, random weights": fx.Pretrained("efficientnet_lite0", weights="random"),
}
EXPLAINED = ("photographer.png", "coffee.png", "cat.png")
WITHOUT_LICENCE = "motorcycle"  # shown by the app from its package, but not copied into a picture that featx ships


@dataclass(frozen=True)
class Explained:
    """An image, where the network looks for the class that it names, and how sure it is (0 to 1)."""

    image: ImageRecord
    heatmap: Heatmap
    class_name: str
    score: float


@dataclass(frozen=True)
class Results:
    """What the pictures show.

    Attributes:
        explained: The images of `EXPLAINED`, with Grad-CAM.
        images: The sample photographs.
        projection: Their t-SNE map, features of EfficientNet-Lite0.
        comparison: Of the networks of `COMPARED` on the handwritten digits.
    """

    explained: list[Explained]
    images: fx.ImageSet
    projection: Projection
    comparison: fx.Comparison


def measure() -> Results:
    """Compute all of it."""
    photographs = _workspace("photographs")
    images = fx.ImageSet(image for image in photographs.images() if image.label != WITHOUT_LICENCE)
    features = fx.extract(images, fx.build(LITE0))
    return Results(_explained(images), images, fx.project(features.vectors, "tsne", seed=0), _comparison())


def _workspace(sample: str) -> fx.Workspace:
    workspace = fx.Workspace.open(":memory:")
    workspace.add(fx.SAMPLES[sample].make())
    return workspace


def _comparison() -> fx.Comparison:
    digits = _workspace("digits").images()
    features = {name: fx.extract(digits, fx.build(spec)) for name, spec in COMPARED.items()}
    return fx.compare(features, labels=digits.labels, images=digits)


def _explained(images: fx.ImageSet) -> list[Explained]:
    classifier = fx.build(CLASSIFIER)
    chosen = fx.ImageSet(images[images.names.index(name)] for name in EXPLAINED)
    logits = fx.extract(chosen, classifier).vectors.astype(np.float64)
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    classes = classifier.classes or ()
    return [
        Explained(image, fx.explain(image, classifier, "grad_cam"), classes[row.argmax()], float(row.max()))
        for image, row in zip(chosen, scores, strict=True)
    ]
