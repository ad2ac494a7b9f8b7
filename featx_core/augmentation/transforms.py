"""The augmentation transforms: what they do, their range of strength, and what builds their layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from featx_core.augmentation import layers

if TYPE_CHECKING:
    import keras

Transforms = tuple[tuple[str, float], ...]
"""Keys of `AUGMENTATIONS`, each with its strength, in the order in which they are applied."""


@dataclass(frozen=True)
class Augmentation:
    """One random change of an image.

    Attributes:
        title: Its name as shown.
        unit: What the strength is measured in.
        minimum: The least strength. With 0 the image stays as it is.
        maximum: The greatest strength. Equal to `minimum` where there is nothing to set.
        default: The strength to begin with.
        caveat: What would surprise, in one line.
        layers: From a strength and a seed to the Keras layers that do it, on float32 batches of 0 to 255.
    """

    title: str
    unit: str
    minimum: float
    maximum: float
    default: float
    caveat: str
    layers: Callable[[float, int], list[keras.layers.Layer]]


AUGMENTATIONS: Mapping[str, Augmentation] = MappingProxyType(
    {
        "horizontal_flip": Augmentation(
            "Horizontal flip",
            "of the copies",
            0.5,
            0.5,
            0.5,
            "Half of the copies are mirrored. Not for text, or where left and right differ.",
            layers.horizontal_flip,
        ),
        "vertical_flip": Augmentation(
            "Vertical flip",
            "of the copies",
            0.5,
            0.5,
            0.5,
            "Half of the copies are turned upside down. For images without a natural top, such as micrographs.",
            layers.vertical_flip,
        ),
        "rotation": Augmentation(
            "Rotation",
            "degrees",
            0,
            180,
            20,
            "Up to this angle in either direction. Corners are filled by mirroring.",
            layers.rotation,
        ),
        "shift": Augmentation(
            "Shifts",
            "of the side",
            0,
            0.5,
            0.1,
            "Up to this share of width and height, in either direction. The border is filled by mirroring.",
            layers.shift,
        ),
        "zoom": Augmentation(
            "Zoom",
            "of the side",
            0,
            0.5,
            0.2,
            "In or out by up to this share, keeping the aspect ratio. The border is filled by mirroring.",
            layers.zoom,
        ),
        "shear": Augmentation(
            "Shear",
            "of the side",
            0,
            0.5,
            0.1,
            "Sheared from the top left corner, so the image also moves. The border is filled by mirroring.",
            layers.shear,
        ),
        "contrast": Augmentation(
            "Contrast",
            "of the contrast",
            0,
            1,
            0.2,
            "More or less contrast in each channel; values are clipped.",
            layers.contrast,
        ),
        "brightness": Augmentation(
            "Brightness",
            "of the range",
            0,
            1,
            0.2,
            "Brighter or darker by up to this share of white; values are clipped.",
            layers.brightness,
        ),
        "color_jitter": Augmentation(
            "Colour jitter",
            "of the range",
            0,
            1,
            0.2,
            "Saturation and hue only; brightness and contrast are separate transforms.",
            layers.color_jitter,
        ),
        "blur": Augmentation(
            "Blur",
            "px",
            0,
            5,
            1.0,
            "Gaussian, with a standard deviation of up to this many input pixels, drawn for each direction.",
            layers.blur,
        ),
        "noise": Augmentation(
            "Noise",
            "of the range",
            0,
            0.5,
            0.05,
            "Gaussian, in every pixel and channel, with this share of white as its standard deviation.",
            layers.noise,
        ),
        "erasing": Augmentation(
            "Erasing",
            "of the side",
            0,
            1,
            0.5,
            "A mid-grey rectangle with sides of up to this share of the image's.",
            layers.erasing,
        ),
        "rand_augment": Augmentation(
            "RandAugment",
            "strength",
            0,
            1,
            0.1,
            (
                "Two random transforms out of eleven, as implemented in Keras; some, such as posterizing, are harsh "
                "at any strength. Slow."
            ),
            layers.rand_augment,
        ),
        "aug_mix": Augmentation(
            "AugMix",
            "strength",
            0,
            1,
            0.1,
            "Three chains of RandAugment's transforms, mixed with each other and with the image. Slow.",
            layers.aug_mix,
        ),
    }
)


@dataclass(frozen=True)
class Preset:
    """A ready choice of transforms.

    Attributes:
        title: Its name as shown.
        transforms: As `check_transforms` gives them.
    """

    title: str
    transforms: Transforms


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "tutorial": Preset("Rotation, shifts, flip", (("horizontal_flip", 0.5), ("rotation", 20.0), ("shift", 0.1))),
        "mild": Preset(
            "Mild", (("horizontal_flip", 0.5), ("rotation", 5.0), ("shift", 0.03), ("zoom", 0.05), ("brightness", 0.05))
        ),
        "strong": Preset(
            "Strong",
            (
                ("horizontal_flip", 0.5),
                ("rotation", 45.0),
                ("shift", 0.2),
                ("zoom", 0.3),
                ("contrast", 0.5),
                ("brightness", 0.3),
                ("color_jitter", 0.5),
                ("blur", 2.0),
                ("erasing", 0.5),
            ),
        ),
    }
)
"""The first is what tutorials show: rotation by 20 degrees, shifts by 0.1, horizontal flip."""


def check_transforms(transforms: Sequence[Any]) -> Transforms:
    """Check a choice of transforms and bring it into its simplest form.

    Args:
        transforms: Pairs of a key of `AUGMENTATIONS` and a strength, in any order.

    Returns:
        The same in the order of the registry, in which they are applied: first where things are, then colours, then what is
        missing. Strengths are floats.

    Raises:
        ValueError: If a key is unknown or there twice, or a strength is out of its range.

    >>> check_transforms([("shift", 0.1), ("rotation", 20)])
    (('rotation', 20.0), ('shift', 0.1))
    """
    strengths: dict[str, float] = {}
    for each in transforms:
        name, strength = _pair(each)
        if name in strengths:
            raise ValueError(f"`transforms` must name each transform once. Received {name!r} twice.")
        strengths[name] = _checked_strength(name, strength)
    return tuple((name, strengths[name]) for name in AUGMENTATIONS if name in strengths)


def transform_words(transforms: Transforms) -> str:
    """Describe the transforms in words.

    >>> transform_words((("horizontal_flip", 0.5), ("rotation", 20.0), ("shift", 0.1)))
    'horizontal flip, rotation 20 degrees, shifts 0.1'
    """
    return ", ".join(_words(AUGMENTATIONS[name], strength) for name, strength in transforms)


def _words(row: Augmentation, strength: float) -> str:
    title = row.title.lower() if row.title[1:].islower() else row.title
    if row.minimum == row.maximum:
        return title
    unit = f" {row.unit}" if row.unit in ("degrees", "px") else ""
    return f"{title} {strength:.3g}{unit}"


def _pair(each: Any) -> tuple[str, float]:
    try:
        name, strength = each
    except (TypeError, ValueError):
        raise ValueError(f"`transforms` must hold pairs of a name and a strength. Received: {each!r}.") from None
    if name not in AUGMENTATIONS:
        raise ValueError(f"There is no transform {name!r}. The transforms are: {', '.join(AUGMENTATIONS)}.")
    return name, strength


def _checked_strength(name: str, strength: Any) -> float:
    row = AUGMENTATIONS[name]
    is_number = isinstance(strength, int | float) and not isinstance(strength, bool) and math.isfinite(strength)
    if not is_number or not row.minimum <= strength <= row.maximum:
        allowed = f"{row.minimum:g}" if row.minimum == row.maximum else f"{row.minimum:g} to {row.maximum:g}"
        raise ValueError(f"The strength of {name!r} must be {allowed} ({row.unit}). Received: {strength!r}.")
    return float(strength)
