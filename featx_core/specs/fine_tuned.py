"""The spec of transfer learning: new layers on top of a network, trained on the labels of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from featx_core.augmentation.transforms import check_transforms
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import FILE_WEIGHTS, MAX_SEED, Spec, SpecError

DEFAULT_BASE = Pretrained()
TRAINED = "trained"

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "units": (1, 8192),
        "dropout": (0, 0.9),
        "learning_rate": (1e-8, 1e3),
        "epochs": (1, 1000),
        "batch_size": (1, 1024),
        "patience": (0, 1000),
        "validation_share": (0.05, 0.5),
        "augmented_copies": (1, 64),
        "unfrozen_stages": (0, 16),
        "tuning_learning_rate": (1e-8, 1e3),
        "tuning_epochs": (1, 1000),
        "seed": (0, MAX_SEED),
    }
)


@dataclass(frozen=True)
class FineTuned(Spec):
    """Features of a new layer behind a known network, learned from labels.

    The new layers are global average pooling (where the base gives a map), `Dense(units, relu)`, dropout, and a softmax
    over the classes: one flat functional network. In the first phase the base is frozen. Its features are computed once,
    by the ordinary extraction, kept in the workspace as a run of their own, and the new layers learn from them. In the second,
    asked for by `unfrozen_stages`, the last stages learn too, at a small rate, with batch normalization frozen; the result
    counts only where the validation loss becomes lower.

    Augmentation, too, goes together with a frozen base: features of `augmented_copies` changed copies of each training image
    are computed before the first phase, and each epoch draws one of the copies or the original for each image. The second
    phase changes the images afresh in each epoch. Validation images are never changed.

    Attributes:
        base: The network to build on: its features should be one vector an image, such as a `Pretrained` with average pooling.
        units: Length of the new feature layer.
        dropout: Share of the new features that are left out at random in training; 0 for none.
        optimizer: A key of `OPTIMIZERS`.
        learning_rate: Of the first phase.
        epochs: Of the first phase, at most.
        batch_size: Images a step of training.
        class_weights: Whether each class counts alike, however many images it has.
        patience: Epochs without a lower validation loss after which a phase stops; 0 never stops early.
        validation_share: Of the labelled images that are held out, about. Equal and nearly equal images lie on one side.
        augmentation: Random changes in training: pairs of a key of `AUGMENTATIONS` and a strength.
        augmented_copies: Changed copies of each training image in the first phase.
        unfrozen_stages: How many stages of the base learn in the second phase; 0 for no second phase.
        tuning_learning_rate: Of the second phase.
        tuning_epochs: Of the second phase, at most.
        class_names: The labels to tell apart; empty before training for all labels that there are.
        layer: Where features are taken: an index, a stage, a name, or None for the new feature layer.
        pooling: Of that layer, if it gives a map.
        seed: Of the split, the first weights, the order of images, dropout and augmentation.
        weights: "trained" before training, then "file:" and the SHA-256 of what was learned, kept in the workspace.

    Reference:
        The tutorial's fine-tuned MobileNetV2; Keras guide "Transfer learning and fine-tuning" (why batch normalization stays
        frozen).
    """

    method: ClassVar[str] = "fine_tuned"

    base: Spec = DEFAULT_BASE
    units: int = 1024
    dropout: float = 0.0
    optimizer: Literal["rmsprop", "adam", "adamw", "sgd"] = "rmsprop"
    learning_rate: float = 1e-3
    epochs: int = 20
    batch_size: int = 32
    class_weights: bool = False
    patience: int = 5
    validation_share: float = 0.2
    augmentation: tuple[tuple[str, float], ...] = ()
    augmented_copies: int = 4
    unfrozen_stages: int = 0
    tuning_learning_rate: float = 1e-5
    tuning_epochs: int = 5
    class_names: tuple[str, ...] = ()
    layer: int | str | None = None
    pooling: Literal["avg", "max", "flatten"] | None = "avg"
    seed: int = 0
    weights: str = TRAINED

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check()
        for name, value in self._plainest().items():
            object.__setattr__(self, name, value)

    def _check(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SpecError(f"`{name}` must be {low:g} to {high:g}. Received: {value}.")
        if not self.needs_training and not FILE_WEIGHTS.fullmatch(self.weights):
            raise SpecError(f'`weights` must be "trained" or "file:<sha256>". Received: {self.weights!r}.')
        if not self.needs_training and (len(self.class_names) < 2 or self.base.needs_training):
            raise SpecError("Trained weights need a trained base and at least two `class_names`.")
        check_base(self.base)
        try:
            check_transforms(self.augmentation)
        except ValueError as error:
            raise SpecError(str(error)) from None

    def _plainest(self) -> dict[str, Any]:
        """Return the simplest values of the options that nothing uses, so that equal extractors have equal digests."""
        idle: dict[str, Any] = {"augmentation": check_transforms(self.augmentation)}
        idle |= {} if self.augmentation else {"augmented_copies": 4}
        idle |= {} if self.unfrozen_stages else {"tuning_learning_rate": 1e-5, "tuning_epochs": 5}
        return idle | ({"pooling": "avg"} if self.layer is None else {})

    @property
    def title(self) -> str:
        """Base, and where the features are taken."""
        layer = (
            "new layer" if self.layer is None else self.layer if isinstance(self.layer, str) else f"layer {self.layer}"
        )
        return f"{self.base.title.split(',')[0]} fine-tuned, {layer}"

    @property
    def badge(self) -> str:
        """Whether it has learned, and where the weights of the base come from."""
        if self.needs_training:
            return f"not trained yet; base: {self.base.badge}"
        return f"fine-tuned on {len(self.class_names)} labels ({self.weights[5:13]}); base: {self.base.badge}"

    @property
    def needs_training(self) -> bool:
        """Whether the weights are still to be learned."""
        return self.weights == TRAINED

    @property
    def picture_input(self) -> PictureInput | None:
        """That of the base."""
        return self.base.picture_input


def check_base(base: Spec) -> None:
    """Refuse a base that new layers cannot be put behind.

    Raises:
        SpecError: If it is no plain network, or computes in a precision below float32.
    """
    if not base.can_carry_layers:
        raise SpecError(f"New layers cannot be added to {base.title}: choose a pretrained or a custom network.")
    if isinstance(base, Pretrained) and base.is_fast:
        raise SpecError(
            f"New layers are trained in float32: choose {base.title.split(',')[0]} in float32, not bfloat16."
        )
