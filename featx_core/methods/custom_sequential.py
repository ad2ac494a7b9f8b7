"""The second way to extract features: a network that the person puts together, layer by layer."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from featx_core.architecture.presets import name_network
from featx_core.architecture.rows import MAX_ROWS, plain_rows
from featx_core.architecture.sequential_outline import batch_size_of, outline_rows
from featx_core.images.preprocessing import PREPROCESSING, NetworkInput, Preprocessing, describe_input
from featx_core.methods.pretrained import POOLING_STEPS, POOLING_WORDS
from featx_core.specs.learnings import LEARNINGS
from featx_core.specs.spec import Spec, SpecError

if TYPE_CHECKING:
    import keras
    import numpy as np

    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.images.image_set import ImageSet
    from featx_core.learning.record import Record
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

SIDES = (8, 512)
"""Pixels that a side of the input may have."""

MAX_SEED = 2**32 - 1
FILE_WEIGHTS = re.compile(r"file:[0-9a-f]{64}")
COLORS = {"rgb": ("unit", 3), "grey": ("unit_grey", 1)}
"""The row of `PREPROCESSING` and the number of channels."""

TRAINING_FIELDS = MappingProxyType({"epochs": (1, 200), "batch_size": (2, 256), "learning_rate": (1e-6, 1.0)})
"""From the least to the most."""

SHOWN_STEPS = 6


@dataclass(frozen=True)
class CustomSequential(Spec):
    """Features of a network of the person's own, tapped at one of its layers.

    Fields that say nothing new are stored in their plainest form, so that equal extractors have equal digests: rows have all
    their values, and `layer` becomes an index, or None for the last one.

    Attributes:
        layers: The rows, from input to output, as `fx.layer` writes them.
        image_size: Height and width of the input.
        color: "rgb", or "grey" for a single channel. Either is scaled to 0..1.
        fit: How pictures are brought to that size: "crop", "stretch" or "pad".
        weights: "random" (untrained); "labels", "contrast" or "autoencoder" (a key of `LEARNINGS`: to be trained from the
            workspace's images, `fx.train` does so); or "file:" and the SHA-256 of what training kept in the workspace.
        seed: Of random weights, and of training.
        layer: Index into the layers (0 is the input), a stage such as "stage1", a layer's name, or None for the last one.
        pooling: "avg" or "max" over the map, "flatten", or None for what the layer gives.
        epochs: Passes over the images in training, at most.
        batch_size: Images of one training step.
        learning_rate: Of the optimiser Adam.
        learned: How weights of a file came about, a key of `LEARNINGS`. `fx.train` notes it.

    >>> import featx_core as fx
    >>> spec = fx.CustomSequential(
    ...     layers=(
    ...         fx.layer("Conv2D", filters=32, kernel_size=3, activation="relu"),
    ...         fx.layer("MaxPooling2D"),
    ...         fx.layer("Flatten"),
    ...     ),
    ...     image_size=(64, 64),
    ... )
    >>> spec.outline().feature_shape
    (30752,)
    >>> fx.CustomSequential(layers=(fx.layer("Conv2D", kernel_size=7),) * 2, image_size=(12, 12))
    Traceback (most recent call last):
    ...
    featx_core.specs.spec.SpecError: Row 2: a 7 x 7 kernel does not fit into 6 x 6.
    """

    method: ClassVar[str] = "custom_sequential"
    method_title: ClassVar[str] = "Custom"
    method_sentence: ClassVar[str] = "A network of your own, layer by layer."
    can_carry_layers: ClassVar[bool] = True

    layers: tuple[tuple, ...]
    image_size: tuple[int, int] = (64, 64)
    color: Literal["rgb", "grey"] = "rgb"
    fit: Literal["crop", "stretch", "pad"] = "crop"
    weights: str = "random"
    seed: int = 0
    layer: int | str | None = None
    pooling: Literal["avg", "max", "flatten"] | None = None
    epochs: int = 30
    batch_size: int = 16
    learning_rate: float = 0.001
    learned: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check()
        try:
            object.__setattr__(self, "layers", plain_rows(self.layers))
            outline = self.outline()
        except ValueError as error:
            raise SpecError(_sentence(str(error))) from None
        object.__setattr__(self, "layer", outline.tap if outline.tap < len(self.layers) else None)
        if self.weights not in ("random", *LEARNINGS):
            object.__setattr__(self, "seed", 0)
        if not self.needs_training:
            for name in TRAINING_FIELDS:
                object.__setattr__(self, name, type(self).__dataclass_fields__[name].default)

    def _check(self) -> None:
        if not 1 <= len(self.layers) <= MAX_ROWS:
            raise SpecError(f"A network needs 1 to {MAX_ROWS} layers. Received: {len(self.layers)}.")
        if not all(SIDES[0] <= side <= SIDES[1] for side in self.image_size):
            height, width = self.image_size
            raise SpecError(
                f"Each side of `image_size` must have {SIDES[0]} to {SIDES[1]} pixels. Received: {height} x {width}."
            )
        is_file = FILE_WEIGHTS.fullmatch(self.weights) is not None
        if not is_file and self.weights not in ("random", *LEARNINGS):
            known = ", ".join(f'"{name}"' for name in ("random", *LEARNINGS))
            raise SpecError(f'`weights` must be {known} or "file:<sha256>". Received: {self.weights!r}.')
        if self.learned is not None and (self.learned not in LEARNINGS or not is_file):
            raise SpecError(f"`learned` must be None, or one of {', '.join(LEARNINGS)} with weights of a file.")
        for name, (low, high) in TRAINING_FIELDS.items():
            if not low <= getattr(self, name) <= high:
                raise SpecError(f"`{name}` must be {low:g} to {high:g}. Received: {getattr(self, name)!r}.")
        if not 0 <= self.seed <= MAX_SEED:
            raise SpecError(f"`seed` must be 0 to {MAX_SEED}. Received: {self.seed}.")

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the network's input."""
        return (*self.image_size, COLORS[self.color][1])

    @property
    def preprocessing(self) -> Preprocessing:
        """What happens to the numbers of a picture before the network receives them."""
        return PREPROCESSING[COLORS[self.color][0]]

    @property
    def title(self) -> str:
        """The network, the layer and the pooling."""
        tap = self.outline()
        place = "last layer" if self.layer is None else tap.layers[tap.tap].name
        pooling = "" if self.pooling is None and len(tap.map_shape) == 1 else f", {POOLING_WORDS[self.pooling]}"
        return f"Custom {name_network(self.layers, self.image_size, self.color)}, {place}{pooling}"

    @property
    def badge(self) -> str:
        """Where the weights come from."""
        if self.weights == "random":
            return f"random weights, untrained (seed {self.seed})"
        if self.needs_training:
            return f"to be {LEARNINGS[self.weights].badge}"
        return f"{LEARNINGS[self.learned].badge if self.learned else 'your weights file'}, {self.weights[5:13]}"

    @property
    def needs_training(self) -> bool:
        """Whether weights are still to be learned from the images of a workspace."""
        return self.weights in LEARNINGS

    @property
    def is_light(self) -> bool:
        """Its outline is arithmetic."""
        return True

    @property
    def pace_key(self) -> str:
        """The same network up to the same layer takes the same time."""
        network = hashlib.sha256(repr((self.layers, self.input_shape, self.layer)).encode()).hexdigest()
        return f"{self.method} {network}"

    def shape_steps(self, outline: Outline) -> tuple[tuple[int, ...] | str, ...]:
        """The shapes from layer to layer, as long as they are few, and the pooling."""
        shapes: list[tuple[int, ...]] = [self.input_shape]
        for info in outline.layers[1 : outline.tap + 1]:
            if info.output_shape != shapes[-1]:
                shapes.append(info.output_shape)
        is_short = len(shapes) <= SHOWN_STEPS
        steps: tuple[tuple[int, ...] | str, ...] = tuple(shapes) if is_short else (*shapes[:2], "...", *shapes[-2:])
        return steps if self.pooling is None else (*steps, POOLING_STEPS[self.pooling], outline.feature_shape)

    def network_input(self, pixels: np.ndarray) -> NetworkInput:
        """Show what the network receives for one picture (uint8 `(height, width, 3)`)."""
        from featx_core.images.fitting import fit_image

        return describe_input(fit_image(pixels, self.image_size, self.fit), self.preprocessing)

    def outline(self, workspace: Workspace | None = None) -> Outline:
        """List the layers and the shapes that this spec will give. Takes no Keras and no time."""
        return outline_rows(self.layers, self.input_shape, self.layer, self.pooling)

    def build(self, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> Extractor:
        """Make the network with its weights.

        Args:
            workspace: Where trained weights are kept. Not needed for random ones.
            on_progress: Not called: nothing is downloaded.

        Raises:
            SpecError: If the workspace does not hold the trained weights.
        """
        from featx_core.networks.extractor import Extractor, pool

        outline = self.outline()
        network = self.network(workspace)
        return Extractor(
            self,
            network,
            pool(network.layers[outline.tap].output, self.pooling),
            tap=outline.tap,
            preprocessing=self.preprocessing,
            fit=self.fit,
            batch_size=batch_size_of(outline),
        )

    def network(self, workspace: Workspace | None = None) -> keras.Model:
        """Build the whole network with its weights, as a flat functional Keras model.

        Raises:
            SpecError: If the workspace does not hold the trained weights.
        """
        from featx_core.learning.weight_arrays import assign_arrays, read_arrays
        from featx_core.networks.initialization import randomize
        from featx_core.networks.sequential import build_network

        network = build_network(self.layers, self.input_shape)
        if self.weights == "random":
            randomize(network, self.preprocessing, self.seed)
            return network
        try:
            content = workspace.artefact(self.weights[5:]) if workspace is not None else b""
            assign_arrays(network.weights, read_arrays(content))
        except (KeyError, ValueError):
            raise SpecError(
                f"The trained weights {self.weights[5:13]} are not in this workspace, or are those of another network. "
                "Train again."
            ) from None
        return network

    def architecture(self) -> tuple[keras.Model, keras.KerasTensor]:
        """Make the network and the tensor of its features, untrained. See `Spec.architecture`."""
        from featx_core.networks.extractor import pool
        from featx_core.networks.sequential import build_network

        network = build_network(self.layers, self.input_shape)
        return network, pool(network.layers[self.outline().tap].output, self.pooling)

    def train(self, workspace: Workspace, report: StageCallback) -> CustomSequential:
        """Learn the weights from the images of a workspace. See `Spec.train`.

        Raises:
            TrainingError: If these images and labels cannot be learned from. The message says what is missing.
        """
        if not self.needs_training:
            return self
        from featx_core.learning.custom.training import learn
        from featx_core.learning.record import learn_once

        images = workspace.images()
        name = f"{self.title}, {LEARNINGS[self.weights].badge}"
        weights = learn_once(
            workspace, self._training_key(images), name, lambda watch: learn(self, images, report, watch)
        )
        return self._with(weights)

    def training_record(self, workspace: Workspace) -> Record | None:
        """Fetch how the training went or goes. See `Spec.training_record`."""
        from featx_core.learning.record import find_record, record_of_weights

        if self.needs_training:
            return find_record(workspace, self._training_key(workspace.images()))
        return record_of_weights(workspace, self.weights) if self.learned else None

    def kept(self, workspace: Workspace) -> Spec | None:
        """Give the trained spec, where something was learned. See `Spec.kept`."""
        if not self.needs_training:
            return self
        record = self.training_record(workspace)
        return self._with(record.weights) if record is not None and record.weights else None

    def _with(self, weights: str) -> CustomSequential:
        return dataclasses.replace(self, weights=weights, learned=self.weights)

    def _training_key(self, images: ImageSet) -> str:
        from featx_core.learning.record import training_key

        return training_key(dataclasses.replace(self, layer=None, pooling=None), images)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
