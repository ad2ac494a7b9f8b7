"""The spec of a pretrained backbone, tapped at one layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from featx_core.architecture.outline import POOLING_WORDS
from featx_core.backbones.registry import BACKBONES, Backbone, check_image_size, find_backbone
from featx_core.backbones.weights_kinds import WEIGHTS_KINDS
from featx_core.images.fitting import Fit
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.spec import FILE_WEIGHTS, MAX_SEED, Spec, SpecError, later


@dataclass(frozen=True)
class Pretrained(Spec):
    """Features of one layer of a known network.

    Fields without effect are stored in their simplest form, so that equal extractors have equal digests: an
    `image_size` that is the backbone's own becomes None, and without random weights `seed` becomes 0.

    Attributes:
        backbone: A key of `BACKBONES`.
        weights: "imagenet" or "embedded" (whichever the backbone was trained to; left empty, it becomes that), "random"
            (untrained, a baseline), or "file:" and the SHA-256 of a weights file that is kept in the workspace.
        seed: Of random weights.
        layer: Index into the layers, a stage such as "stage3", a layer's name, or None for the last layer. Made-up names
            are read as a fresh process would number them, so they mean the same everywhere; indices and stages always do.
        pooling: "avg" or "max" over the map, "flatten", or None for the map itself. A layer without a map takes None.
        image_size: Height and width of the input; None: what the backbone was trained for.
        fit: How images are brought to that size, one of `FITS`: "crop", "stretch", "pad" or "resize_crop".
        classifier: Whether the network keeps its classifier of 1 000 ImageNet classes, if it has one. Its last layer then
            gives logits, and the input has the backbone's own size.
        precision: In which the network computes: "float32", or the faster "bfloat16" where the processor has it.
    """

    method: ClassVar[str] = "pretrained"

    backbone: str = "mobilenet_v2"
    weights: str = ""
    seed: int = 0
    layer: int | str | None = None
    pooling: Literal["avg", "max", "flatten"] | None = "avg"
    image_size: tuple[int, int] | None = None
    fit: Fit = "crop"
    classifier: bool = False
    precision: Literal["float32", "bfloat16"] = later("float32")

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            row = find_backbone(self.backbone)
            check_image_size(row, self.image_size or row.image_size)
        except ValueError as error:
            raise SpecError(str(error)) from None
        if not self.weights:
            object.__setattr__(self, "weights", row.trained)
        self._check_weights(row)
        if not 0 <= self.seed <= MAX_SEED:
            raise SpecError(f"`seed` must be 0 to {MAX_SEED}. Received: {self.seed}.")
        self._check_classifier(row)
        if self.image_size == row.image_size:
            object.__setattr__(self, "image_size", None)
        if self.weights != "random":
            object.__setattr__(self, "seed", 0)

    def _check_weights(self, row: Backbone) -> None:
        if self.weights in (row.trained, "random") or FILE_WEIGHTS.fullmatch(self.weights):
            return
        others = [key for key, other in BACKBONES.items() if other.trained == self.weights]
        hint = f" {row.title} was not trained this way; {others[0]!r} was." if others else ""
        raise SpecError(
            f'`weights` must be "{row.trained}", "random" or "file:<sha256>". Received: {self.weights!r}.{hint}'
        )

    def _check_classifier(self, row: Backbone) -> None:
        if not self.classifier:
            return
        if not row.has_classifier:
            raise SpecError(
                f"{row.title} has no classifier: it was trained without class names. Set `classifier` to False, or "
                "choose a backbone with ImageNet weights."
            )
        if self.image_size not in (None, row.image_size):
            raise SpecError(
                f"With its classifier, {row.title} takes images of {row.side} x {row.side} only. "
                f"Received: {self.image_size[0]} x {self.image_size[1]}."
            )
        if self.layer is None and self.pooling is not None:
            raise SpecError(
                "The classifier gives one score for each class and no map: set `pooling` to None, or choose another "
                f"`layer`. Received: {self.pooling!r}."
            )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the network's input."""
        return self.image_size or BACKBONES[self.backbone].image_size

    @property
    def picture_input(self) -> PictureInput:
        """How images are brought to the network."""
        return PictureInput(self.size, self.fit, BACKBONES[self.backbone].preprocessing)

    @property
    def is_fast(self) -> bool:
        """Whether it computes in bfloat16."""
        return self.precision != "float32"

    @property
    def can_carry_layers(self) -> bool:
        """It is a plain network."""
        return True

    @property
    def title(self) -> str:
        """Backbone, layer, pooling, and a precision that is not the usual one."""
        layer = (
            "last layer" if self.layer is None else self.layer if isinstance(self.layer, str) else f"layer {self.layer}"
        )
        words = (BACKBONES[self.backbone].title, layer, POOLING_WORDS[self.pooling], self.precision)
        return ", ".join(words if self.is_fast else words[:-1])

    @property
    def badge(self) -> str:
        """Where the weights come from."""
        words = WEIGHTS_KINDS[self.weights_kind].badge
        details = {"random": f" (seed {self.seed})", "file": f" {self.weights[5:13]}"}
        return words + details.get(self.weights_kind, "")

    @property
    def weights_kind(self) -> str:
        """The kind of its weights: a key of `WEIGHTS_KINDS`."""
        return self.weights.split(":")[0]
