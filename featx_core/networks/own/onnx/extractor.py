"""Extractors of models in ONNX: run by OpenVINO, without Keras, and so without gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featx_core.networks.extractor import Extractor
from featx_core.networks.kept.extractor import KeptEngines

if TYPE_CHECKING:
    from featx_core.images.fitting import Cells
    from featx_core.networks.engines.engine import Engine
    from featx_core.networks.engines.openvino_engine import OpenVinoEngine
    from featx_core.networks.own.onnx.network import OnnxNetwork, Part
    from featx_core.specs.own_model import OwnModel

NO_KERAS = "An ONNX model has no gradients and no layers of Keras, which this needs. Bring in the `.keras` file."


class NoKerasError(ValueError):
    """Something that only a network of Keras gives was asked of a model in ONNX."""


class OnnxExtractor(Extractor):
    """An extractor of a model in ONNX, tapped at one of its layers.

    Args:
        spec: What it was built from.
        network: The model, read.
        tap: Index of the layer that the features come from.
        feature_shape: Of one image, after pooling.
        batch_size: Images per forward pass.
        classes: Names of the values of the last layer, if it is a classifier.
        notes: What people should know of the file, in plain sentences.

    Raises:
        EngineError: If OpenVINO cannot run it.
    """

    def __init__(
        self,
        spec: OwnModel,
        network: OnnxNetwork,
        *,
        tap: int,
        feature_shape: tuple[int, ...],
        batch_size: int,
        classes: tuple[str, ...] | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        pixels = spec.picture_input
        self.spec, self.notes, self.classes = spec, notes, classes
        self.engines = KeptEngines(network.engine(tap, spec.pooling))  # type: ignore[assignment]
        self.tap, self.layers, self.batch_size = tap, network.layers, batch_size
        self.n_parameters = self.layers[tap].n_parameters_so_far
        self.image_size, self.fit, self.preprocessing = pixels.image_size, pixels.fit, pixels.preprocessing
        self.output_shape = (None, *feature_shape)
        self._of_onnx = network
        self._last: tuple[int, OpenVinoEngine] | None = None

    @property
    def has_gradients(self) -> bool:
        """It is none. See `Extractor.has_gradients`."""
        return False

    @property
    def class_engine(self) -> Engine | None:
        """What gives the scores of the classes before the softmax."""
        return self._of_onnx.class_engine()

    def engine_of(self, index: int) -> Engine | None:
        """Return what gives a layer. See `Extractor.engine_of`. The last one is kept for the next time."""
        if self._last is None or self._last[0] != index:
            self._last = index, self._of_onnx.engine(index)
        return self._last[1]

    def known_cells(self, index: int) -> Cells | None:
        """Return where the cells of a layer lie. See `Extractor.known_cells`."""
        return self._of_onnx.cells(index)

    def layers_before(self, *, of_classes: bool = False) -> set[int]:
        """Return the indices of the layers that the features are computed from. See `Extractor.layers_before`."""
        return set(self._of_onnx.before(len(self.layers) - 1 if of_classes else self.tap))

    @property
    def part(self) -> Part:
        """The part of the model that the features are computed by."""
        return self._of_onnx.part(self.tap)

    def __getattr__(self, name: str) -> Any:
        if name in ("network", "model"):
            raise NoKerasError(NO_KERAS)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
