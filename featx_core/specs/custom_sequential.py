"""The spec of a custom Sequential network."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from featx_core.architecture.outline import POOLING_WORDS, Outline
from featx_core.architecture.presets import name_network
from featx_core.architecture.rows import MAX_ROWS, plain_rows
from featx_core.architecture.sequential_outline import outline_rows
from featx_core.images.fitting import Fit
from featx_core.specs.learnings import LEARNINGS
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.spec import FILE_WEIGHTS, MAX_SEED, Spec, SpecError

SIDES = (8, 512)
"""Pixels that a side of the input may have."""

COLORS = {"rgb": ("unit", 3), "grey": ("unit_grey", 1)}
"""The row of `PREPROCESSING` and the number of channels."""

TRAINING_FIELDS = MappingProxyType({"epochs": (1, 200), "batch_size": (2, 256), "learning_rate": (1e-6, 1.0)})
"""From the least to the most."""


@dataclass(frozen=True)
class CustomSequential(Spec):
    """Features of a network of the user's own, tapped at one of its layers.

    Fields without effect are stored in their simplest form, so that equal extractors have equal digests: rows have all
    their values, and `layer` becomes an index, or None for the last one.

    Attributes:
        layers: The rows, from input to output, as `fx.layer` writes them.
        image_size: Height and width of the input.
        color: "rgb", or "grey" for a single channel. Either is scaled to 0..1.
        fit: How images are brought to that size, one of `FITS`: "crop", "stretch", "pad" or "resize_crop".
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
    >>> fx.outline(spec).feature_shape
    (30752,)
    >>> fx.CustomSequential(layers=(fx.layer("Conv2D", kernel_size=7),) * 2, image_size=(12, 12))
    Traceback (most recent call last):
    ...
    featx_core.specs.spec.SpecError: Row 2: a 7 x 7 kernel does not fit into 6 x 6.
    """

    method: ClassVar[str] = "custom_sequential"

    layers: tuple[tuple[Any, ...], ...]
    image_size: tuple[int, int] = (64, 64)
    color: Literal["rgb", "grey"] = "rgb"
    fit: Fit = "crop"
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
            outline = self.outlined
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
    def picture_input(self) -> PictureInput:
        """How images are brought to the network."""
        return PictureInput(self.image_size, self.fit, COLORS[self.color][0])

    @property
    def outlined(self) -> Outline:
        """The layers and the shapes that this spec will give: arithmetic, without Keras."""
        return outline_rows(self.layers, self.input_shape, self.layer, self.pooling)

    @property
    def can_carry_layers(self) -> bool:
        """It is a plain network."""
        return True

    @property
    def title(self) -> str:
        """The network, the layer and the pooling."""
        tap = self.outlined
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


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
