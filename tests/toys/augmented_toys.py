"""An extractor without a network, whose features are known by hand: the mean of each channel, exactly."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from featx_core.architecture.layers import LayerInfo
from featx_core.architecture.outline import Outline
from featx_core.networks.extractor import Extractor
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.spec import Spec

SIDE = 16


class MeansExtractor(Extractor):
    """Gives the mean red, green and blue of the fitted image, times a factor."""

    def __init__(self, spec: "Means") -> None:
        self.spec = spec
        self.fit = "stretch"
        self.image_size = (SIDE, SIDE)
        self.output_shape = (None, 3)
        self.n_parameters = 0
        self.batch_size = 8
        self.classes = None
        self.batches: list[int] = []

    def __call__(self, images: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        self._check(images)
        self.batches.append(batch_size or self.batch_size)
        return (self.spec.factor * images.mean(axis=(1, 2), dtype=np.float64)).astype(np.float32)


@dataclass(frozen=True)
class Means(Spec):
    method: ClassVar[str] = "means"
    factor: float = 1.0
    rows: int = 1
    weights: str = "given"

    title = "Channel means"
    badge = "no weights"
    picture_input = PictureInput((SIDE, SIDE), "stretch", "none")

    @property
    def rows_per_image(self) -> int:
        return self.rows

    @property
    def needs_training(self) -> bool:
        return self.weights == "trained"

    def train(self, workspace, report):
        report.stage("Training the means")
        return Means(self.factor, self.rows, "file:0")

    def build(self):
        return MeansExtractor(self)

    def outline(self):
        layer = LayerInfo(0, "means", "Mean", (3,), 0, 0, None, is_spatial=False)
        return Outline((layer,), 0, (SIDE, SIDE), (3,), (3,), 0)
