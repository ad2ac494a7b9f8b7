"""Extractors: a network with its preprocessing, tapped at one layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.architecture.layers import list_layers
from featx_core.architecture.outline import pooled_shape
from featx_core.base.compat import inputs_of
from featx_core.base.keras_setup import load_keras
from featx_core.images.preprocessing import Preprocessing
from featx_core.networks.engines.fast import FLOAT32, engines_for
from featx_core.networks.engines.gpu import BATCHES_AT_ONCE, find_gpu

if TYPE_CHECKING:
    import keras

    from featx_core.images.fitting import Cells
    from featx_core.networks.engines.engine import Engine
    from featx_core.networks.last_map import LastMap
    from featx_core.specs.spec import Spec


class Extractor:
    """A network, its preprocessing and a tap. It does not change after it was made.

    Args:
        spec: What it was built from.
        network: A flat functional model, from `(n_images, height, width, 3)`, weights in place.
        output: The symbolic tensor of `network` (or made from one of them) that holds the features.
        tap: Index of the layer that the features come from.
        preprocessing: What the network expects.
        fit: How images are brought to the size of the network, see `FITS`.
        batch_size: Images per forward pass on the processor; on a GPU `gpu.BATCHES_AT_ONCE` times that.
        classes: Names of the values of the last layer, if it is a classifier.
        precision: In which `engines` compute, "float32" or "bfloat16". `model` is always float32.
        notes: What people should know of the weights, in plain sentences.

    Attributes:
        model: From preprocessed images to features.
        engines: What runs it.
        layers: All layers of `network`.
        image_size: Height and width of its input.
        output_shape: `(None, *feature_shape)`.
        preprocessing: What the network expects.
        n_parameters: Parameters of all layers that the features need.
        last_map: What is known of the layer that heatmaps are drawn from, where `map_engine` gives it without the network.

    Raises:
        PrecisionError: If this machine has no such precision.
    """

    notes: tuple[str, ...] = ()
    last_map: LastMap | None = None

    def __init__(
        self,
        spec: Spec,
        network: keras.Model,
        output: keras.KerasTensor,
        *,
        tap: int,
        preprocessing: Preprocessing,
        fit: str = "crop",
        batch_size: int = 32,
        classes: tuple[str, ...] | None = None,
        precision: str = FLOAT32,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.spec = spec
        self.notes = notes
        self.network = network
        self.model = load_keras().Model(network.input, output)
        self.engines = engines_for(self.model, precision)
        self.tap = tap
        self.fit = fit
        self.batch_size = batch_size * (BATCHES_AT_ONCE if find_gpu() else 1)
        self.classes = classes
        self.layers = list_layers(network)
        self.n_parameters = self.layers[tap].n_parameters_so_far
        self.image_size: tuple[int, int] = tuple(network.input.shape[1:3])
        self.output_shape: tuple[int | None, ...] = (None, *output.shape[1:])
        self.preprocessing = preprocessing

    @property
    def map_engine(self) -> Engine | None:
        """What gives `last_map` without the network, where that is known."""
        return None

    @property
    def plain(self) -> Extractor:
        """The extractor of the image as it is, one row per image: what heatmaps look at."""
        return self

    @property
    def has_gradients(self) -> bool:
        """Whether `network` and `model` are there, and with them gradients."""
        return True

    @property
    def class_engine(self) -> Engine | None:
        """What gives the scores of the classes before the softmax without Keras; None where the network gives them."""
        return None

    def engine_of(self, index: int) -> Engine | None:
        """Return what gives a layer, by its index, without Keras; None where that is not known."""
        return self.map_engine if self.last_map is not None and self.last_map.index == index else None

    def known_cells(self, index: int) -> Cells | None:
        """Return where the cells of a layer lie, where that is known without Keras."""
        return self.last_map.cells if self.last_map is not None and self.last_map.index == index else None

    def layers_before(self, *, of_classes: bool = False) -> set[int]:
        """Return the indices of the layers whose outputs the features are computed from, or the network's own output."""
        ahead = [self.network.output if of_classes else self.model.output]
        seen = set()
        while ahead:
            tensor = ahead.pop()
            if id(tensor) not in seen:
                seen.add(id(tensor))
                ahead.extend(inputs_of(tensor))
        layers = self.network.layers  # Keras makes this list anew each time
        return {info.index for info in self.layers if id(layers[info.index].output) in seen}

    def fit_image(self, pixels: np.ndarray) -> np.ndarray:
        """Fit one image to the input of the network.

        Args:
            pixels: uint8 RGB `(height, width, 3)`. Not modified.
        """
        from featx_core.images.fitting import fit_image

        return fit_image(pixels, self.image_size, self.fit)

    def preprocess(self, images: np.ndarray) -> np.ndarray:
        """Make what the network receives.

        Args:
            images: RGB `(n_images, height, width, 3)`, 0 to 255. Not modified.

        Returns:
            float32 of the same shape.
        """
        return self.preprocessing(images)

    def __call__(self, images: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        """Compute the features of fitted images. Dropout is off, and batch normalization uses its moving statistics.

        Args:
            images: uint8 RGB `(n_images, height, width, 3)` of `image_size`. Not modified.
            batch_size: Images per forward pass; more run in several. None takes that of the extractor.

        Returns:
            float32 `(n_images, *feature_shape)`.

        Raises:
            ValueError: If `images` has another shape.
        """
        self._check(images)
        size = batch_size or self.batch_size
        parts = [self.engines(self.preprocess(images[start : start + size])) for start in range(0, len(images), size)]
        return np.concatenate(parts) if parts else np.zeros((0, *self.output_shape[1:]), np.float32)  # type: ignore[arg-type]

    def submodel(self, layer_indices: Sequence[int]) -> keras.Model:
        """Make a model that gives the outputs of some layers and the features. Gradients flow through it.

        Args:
            layer_indices: Indices into `layers`.

        Returns:
            From preprocessed images to a list: one tensor a layer, then the features.

        Raises:
            ValueError: If an index is out of range.
        """
        for index in layer_indices:
            if not 0 <= index < len(self.layers):
                raise ValueError(f"`layer_indices` must be 0 to {len(self.layers) - 1}. Received: {index}.")
        outputs = [self.network.layers[index].output for index in layer_indices]
        return load_keras().Model(self.network.input, [*outputs, self.model.output])

    def _check(self, images: np.ndarray) -> None:
        if np.ndim(images) != 4 or images.shape[1:] != (*self.image_size, 3):
            height, width = self.image_size
            raise ValueError(
                f"`images` must have shape (n_images, {height}, {width}, 3). Received: {np.shape(images)}. Resize "
                "images with `fit_image` and stack them with `np.stack`."
            )


class WrappedExtractor(Extractor):
    """Another extractor with something around it. Network, layers and what the network receives are those of the other one.

    Args:
        spec: What it was built from.
        base: The other extractor.

    Attributes:
        base: The other extractor.
    """

    def __init__(self, spec: Spec, base: Extractor) -> None:
        vars(self).update(vars(base))  # not `super().__init__`, which would list the layers once more
        self.spec = spec
        self.base = base

    @property
    def has_gradients(self) -> bool:
        """As the other extractor. See `Extractor.has_gradients`."""
        return self.base.has_gradients

    @property
    def class_engine(self) -> Engine | None:
        """That of the other extractor. See `Extractor.class_engine`."""
        return self.base.class_engine

    def engine_of(self, index: int) -> Engine | None:
        """Return what gives a layer. See `Extractor.engine_of`."""
        return self.base.engine_of(index)

    def known_cells(self, index: int) -> Cells | None:
        """Return where the cells of a layer lie. See `Extractor.known_cells`."""
        return self.base.known_cells(index)

    def layers_before(self, *, of_classes: bool = False) -> set[int]:
        """Return the indices of the layers that the features are computed from. See `Extractor.layers_before`."""
        return self.base.layers_before(of_classes=of_classes)

    def fit_image(self, pixels: np.ndarray) -> np.ndarray:
        """Fit one image to the input of the network. See `Extractor.fit_image`."""
        return self.base.fit_image(pixels)

    def preprocess(self, images: np.ndarray) -> np.ndarray:
        """Make what the network receives. See `Extractor.preprocess`."""
        return self.base.preprocess(images)


def pool(tensor: keras.KerasTensor, pooling: str | None) -> keras.KerasTensor:
    """Add pooling behind a symbolic tensor.

    Args:
        tensor: What a layer gives.
        pooling: "avg" or "max" over the map, "flatten" into one row, or None to leave it as it is.

    Raises:
        ValueError: If there is no map to pool.
    """
    pooled_shape(tuple(tensor.shape[1:]), pooling)
    layers = load_keras().layers
    rows = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D, "flatten": layers.Flatten}
    return tensor if pooling is None else rows[pooling]()(tensor)
