"""The spec of extraction under augmentation: any other extractor, applied to augmented copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from featx_core.augmentation.transforms import PRESETS, Transforms, check_transforms, transform_words
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.spec import MAX_SEED, Spec, SpecError

MAX_COPIES = 64
MAX_WORDS = 3
"""Up to so many transforms are named one by one where a run is named."""


@dataclass(frozen=True)
class Augmented(Spec):
    """Features of several copies of each image, each changed at random on its way into another extractor.

    A copy depends on the pixels of its image, the transforms and the seed alone: adding images changes no other. Copies are
    made of the image at the size of the network, before its preprocessing. Layers, feature maps and heatmaps are those of
    the other extractor, for the image as it is.

    Attributes:
        base: The other extractor, one that gives one row per image.
        transforms: Keys of `AUGMENTATIONS` with their strengths, applied in the order of the registry.
        n_copies: Copies of each image, in all, 1 to 64.
        seed: Seeds everything random.
        with_original: Whether the first copy is the image as it is.
        gives: "mean" gives the mean over the copies (test-time augmentation), "copies" a row for each copy.
    """

    method: ClassVar[str] = "augmented"

    base: Spec
    transforms: Transforms = PRESETS["tutorial"].transforms
    n_copies: int = 8
    seed: int = 0
    with_original: bool = True
    gives: Literal["mean", "copies"] = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            object.__setattr__(self, "transforms", check_transforms(self.transforms))
        except ValueError as error:
            raise SpecError(str(error)) from None
        if not self.transforms:
            raise SpecError("`transforms` is empty. Choose at least one transform.")
        if not self.base.takes_images:
            raise SpecError(f"Only images can be augmented, and {self.base.title!r} takes vectors.")
        if self.base.rows_per_image != 1:
            raise SpecError(
                f"`base` must give one row per image. {self.base.title!r} gives {self.base.rows_per_image}: take its mean."
            )
        fewest = 2 if self.with_original else 1
        if not fewest <= self.n_copies <= MAX_COPIES:
            raise SpecError(f"`n_copies` must be {fewest} to {MAX_COPIES}. Received: {self.n_copies}.")
        if not 0 <= self.seed <= MAX_SEED:
            raise SpecError(f"`seed` must be 0 to {MAX_SEED}. Received: {self.seed}.")

    @property
    def title(self) -> str:
        """What is augmented, and what is made of the copies."""
        copies = f"mean of {self.n_copies} copies" if self.gives == "mean" else f"{self.n_copies} copies each"
        return f"Augmented {self.base.title}, {copies}"

    @property
    def badge(self) -> str:
        """Where the weights come from, and what is done to the images."""
        n_transforms = len(self.transforms)
        words = transform_words(self.transforms) if n_transforms <= MAX_WORDS else f"{n_transforms} transforms"
        return f"{self.base.badge}; {words}" + (f" (seed {self.seed})" if self.seed else "")

    @property
    def picture_input(self) -> PictureInput | None:
        """That of the other extractor: copies are made of the fitted image."""
        return self.base.picture_input

    @property
    def rows_per_image(self) -> int:
        """As many as there are copies, unless their mean was asked for."""
        return self.n_copies if self.gives == "copies" else 1

    @property
    def needs_training(self) -> bool:
        """Whether the other extractor has something to learn."""
        return self.base.needs_training
