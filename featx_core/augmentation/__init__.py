"""Random changes of pictures: which there are, and how they are applied outside and inside of training."""

from featx_core.augmentation.pictures import augment, image_seeds, make_copies, random_layers
from featx_core.augmentation.transforms import (
    AUGMENTATIONS,
    PRESETS,
    Augmentation,
    Preset,
    Transforms,
    check_transforms,
    transform_words,
)

__all__ = [
    "AUGMENTATIONS",
    "PRESETS",
    "Augmentation",
    "Preset",
    "Transforms",
    "augment",
    "check_transforms",
    "image_seeds",
    "make_copies",
    "random_layers",
    "transform_words",
]
