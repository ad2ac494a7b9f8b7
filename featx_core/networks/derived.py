"""An extractor whose features are computed from those of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.keras_setup import load_keras
from featx_core.networks.engines.choice import Engines
from featx_core.networks.extractor import Extractor, WrappedExtractor
from featx_core.specs.lambda_transform import LambdaTransform, derive

if TYPE_CHECKING:
    import keras


class DerivedExtractor(WrappedExtractor):
    """An extractor whose features are computed from those of another one.

    Its features come from `derive`, exactly as where those of the other are kept already; its graph, which is that of the
    other with more behind it, serves heatmaps.

    Args:
        spec: What it was built from, a `LambdaTransform` of another spec.
        base: The extractor of its source.
        output: The symbolic tensor that holds the features, made from the output of `base.model`; the shape of the features
            of one image where the other has no graph of Keras.
    """

    spec: LambdaTransform

    def __init__(self, spec: LambdaTransform, base: Extractor, output: keras.KerasTensor | tuple[int, ...]) -> None:
        super().__init__(spec, base)
        if isinstance(output, tuple):
            self.output_shape = (None, *output)
            return
        self.model = load_keras().Model(base.network.input, output)
        self.output_shape = (None, *output.shape[1:])
        self._graph_engines = Engines(self.model)

    def layers_before(self, *, of_classes: bool = False) -> set[int]:
        """Return the indices of the layers that the features are computed from. See `Extractor.layers_before`."""
        if self.has_gradients:
            return Extractor.layers_before(self, of_classes=of_classes)
        return super().layers_before(of_classes=of_classes)

    @property
    def plain(self) -> Extractor:
        """See `Extractor.plain`. Where the other extractor is not its own, this is the graph alone, if there is one."""
        if self.base.plain is self.base:
            return self
        if not self.has_gradients:
            return DerivedExtractor(self.spec, self.base.plain, tuple(self.output_shape[1:]))
        graph = Extractor.__new__(Extractor)
        vars(graph).update(vars(self), engines=self._graph_engines)
        return graph

    def __call__(self, images: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        """Compute the features of fitted images. See `Extractor.__call__`."""
        return derive(self.spec, self.base(images, batch_size=batch_size))
