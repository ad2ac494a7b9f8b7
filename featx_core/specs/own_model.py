"""The spec of a model of the user, tapped at one layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from featx_core.architecture.outline import POOLING_WORDS
from featx_core.images.fitting import Fit
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.spec import FILE_WEIGHTS, Spec, SpecError, later

SIDES = (4, 1024)
MAX_OUTPUTS = 100
MAX_CLASSES = 100_000


@dataclass(frozen=True)
class OwnModel(Spec):
    """Features of one layer of a model, `.keras` or `.onnx`, that the user brought into the workspace with `add_model`.

    Attributes:
        weights: "file:" and the SHA-256 of the file.
        name: What to call it.
        image_size: Height and width of its input, as the file has it; where the file takes any, as the user likes.
        preprocessing: What it was trained on: a key of `PREPROCESSING`. Nothing in the file says so.
        output: Which of its outputs the network ends with, counted from 0. Layers that lead to others alone are left out.
        layer: Index into the layers, a stage such as "stage3", a layer's name, or None for the last one. Layers of a model
            within the model have its name before theirs, such as "backbone.conv1".
        pooling: "avg" or "max" over the map, "flatten", or None for the map itself. A layer without a map takes None.
        fit: How images are brought to that size, one of `FITS`.
        class_names: What the values of that output are called, where it is a classifier; empty where it is none.
        format: "keras", or "onnx" for a model that OpenVINO runs, without gradients. As `add_model` found it.
    """

    method: ClassVar[str] = "own_model"

    weights: str
    name: str
    image_size: tuple[int, int]
    preprocessing: str
    output: int = 0
    layer: int | str | None = None
    pooling: Literal["avg", "max", "flatten"] | None = None
    fit: Fit = "crop"
    class_names: tuple[str, ...] = ()
    format: Literal["keras", "onnx"] = later("keras")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not FILE_WEIGHTS.fullmatch(self.weights):
            raise SpecError(f'`weights` must be "file:<sha256>". Received: {self.weights!r}.')
        if self.preprocessing not in PREPROCESSING:
            raise SpecError(
                f"`preprocessing` must be one of {', '.join(PREPROCESSING)}. Received: {self.preprocessing!r}."
            )
        if not all(SIDES[0] <= side <= SIDES[1] for side in self.image_size):
            height, width = self.image_size
            raise SpecError(
                f"Each side of `image_size` must have {SIDES[0]} to {SIDES[1]} pixels. Received: {height} x {width}."
            )
        if not 0 <= self.output < MAX_OUTPUTS:
            raise SpecError(f"`output` must be 0 to {MAX_OUTPUTS - 1}. Received: {self.output}.")
        if not self.name.strip():
            raise SpecError("`name` must not be empty.")
        if len(self.class_names) > MAX_CLASSES:
            raise SpecError(f"There can be at most {MAX_CLASSES} `class_names`. Received: {len(self.class_names)}.")

    @property
    def picture_input(self) -> PictureInput:
        """How images are brought to the network."""
        return PictureInput(self.image_size, self.fit, self.preprocessing)

    @property
    def title(self) -> str:
        """The name of the file, the layer and the pooling."""
        layer = (
            "last layer" if self.layer is None else self.layer if isinstance(self.layer, str) else f"layer {self.layer}"
        )
        return f"{self.name.replace(',', ' ')}, {layer}, {POOLING_WORDS[self.pooling]}"

    @property
    def can_carry_layers(self) -> bool:
        """Whether it is a network of Keras."""
        return self.format == "keras"

    @property
    def badge(self) -> str:
        """That it is the user's."""
        return f"your model ({self.weights[5:13]})"
