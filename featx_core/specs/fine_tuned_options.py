"""The options of fine-tuning: what they may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from featx_core.augmentation.transforms import check_transforms
from featx_core.specs.spec import SpecError

if TYPE_CHECKING:
    from featx_core.methods.fine_tuned import FineTuned

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
        "seed": (0, 2**32 - 1),
    }
)
_FILE = re.compile(r"file:[0-9a-f]{64}")


def check_options(spec: FineTuned) -> None:
    """Raise SpecError if a spec cannot be: a value out of range, weights that do not fit, a base that carries no layers."""
    for name, (low, high) in RANGES.items():
        value = getattr(spec, name)
        if not low <= value <= high:
            raise SpecError(f"`{name}` must be {low:g} to {high:g}. Received: {value}.")
    if not spec.needs_training and not _FILE.fullmatch(spec.weights):
        raise SpecError(f'`weights` must be "trained" or "file:<sha256>". Received: {spec.weights!r}.')
    if not spec.needs_training and (len(spec.class_names) < 2 or spec.base.needs_training):
        raise SpecError("Trained weights go with a trained base and at least two `class_names`.")
    if not spec.base.can_carry_layers:
        raise SpecError(
            f"No layers can be put behind {spec.base.title}: choose a pretrained network or one of your own."
        )
    if spec.base.is_fast:
        raise SpecError(
            f"New layers learn in float32: choose {spec.base.title.split(',')[0]} in float32, not in bfloat16."
        )
    try:
        check_transforms(spec.augmentation)
    except ValueError as error:
        raise SpecError(str(error)) from None


def plainest(spec: FineTuned) -> dict[str, Any]:
    """Give the plainest values of the options that nothing uses, so that equal extractors have equal digests."""
    idle: dict[str, Any] = {"augmentation": check_transforms(spec.augmentation)}
    idle |= {} if spec.augmentation else {"augmented_copies": 4}
    idle |= {} if spec.unfrozen_stages else {"tuning_learning_rate": 1e-5, "tuning_epochs": 5}
    return idle | ({"pooling": "avg"} if spec.layer is None else {})
