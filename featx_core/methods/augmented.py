"""The third way to extract features: of randomly changed copies of each image, by any other extractor."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from featx_core.augmentation.transforms import PRESETS, Transforms, check_transforms, transform_words
from featx_core.specs.spec import Spec, SpecError

if TYPE_CHECKING:
    import numpy as np

    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.images.preprocessing import NetworkInput
    from featx_core.learning.record import Record
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

MAX_COPIES = 64
MAX_WORDS = 3
"""Up to so many transforms are named one by one where a run is named."""

MAXIMUM_SEED = 2**32 - 1


@dataclass(frozen=True)
class Augmented(Spec):
    """Features of several copies of each image, each changed at random on its way into another extractor.

    A copy depends on the pixels of its image, the transforms and the seed alone: adding images changes no other. Copies are
    made of the picture at the size of the network, before its preprocessing. Layers, feature maps and heatmaps are those of
    the other extractor, for the image as it is.

    Attributes:
        base: The other extractor, one that gives one row an image.
        transforms: Keys of `AUGMENTATIONS` with their strengths, applied in the order of the registry.
        n_copies: Copies of each image, in all, 1 to 64.
        seed: Of all chance.
        with_original: Whether the first copy is the image as it is.
        gives: "mean" gives the mean over the copies (test-time augmentation), "copies" a row for each copy.
    """

    method: ClassVar[str] = "augmented"
    method_title: ClassVar[str] = "Augmented"
    method_sentence: ClassVar[str] = "Features of randomly changed copies of each image, by any other extractor."

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
            raise SpecError(f"Only images can be augmented, and {self.base.title!r} takes rows of numbers.")
        if self.base.rows_per_image != 1:
            raise SpecError(
                f"`base` must give one row an image. {self.base.title!r} gives {self.base.rows_per_image}: take its mean."
            )
        fewest = 2 if self.with_original else 1
        if not fewest <= self.n_copies <= MAX_COPIES:
            raise SpecError(f"`n_copies` must be {fewest} to {MAX_COPIES}. Received: {self.n_copies}.")
        if not 0 <= self.seed <= MAXIMUM_SEED:
            raise SpecError(f"`seed` must be 0 to {MAXIMUM_SEED}. Received: {self.seed}.")

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
    def classes(self) -> tuple[str, ...] | None:
        """Those of the other extractor."""
        return self.base.classes

    @property
    def rows_per_image(self) -> int:
        """As many as there are copies, unless their mean was asked for."""
        return self.n_copies if self.gives == "copies" else 1

    @property
    def first_row_is_plain(self) -> bool:
        """Whether the first copy is the image as it is."""
        return self.with_original

    @property
    def is_light(self) -> bool:
        """Whether that of the other extractor is."""
        return self.base.is_light

    @property
    def pace_key(self) -> str:
        """As many passes of the same network take about the same time."""
        return f"{self.n_copies} copies, {self.base.pace_key}"

    @property
    def caption(self) -> str:
        """What heatmaps and feature maps show is not augmented."""
        return "Heatmaps and feature maps are those of the image as it is, without augmentation."

    @property
    def needs_training(self) -> bool:
        """Whether the other extractor has something to learn."""
        return self.base.needs_training

    def train(self, workspace: Workspace, report: StageCallback) -> Spec:
        """Train the other extractor. See `Spec.train`."""
        return dataclasses.replace(self, base=self.base.train(workspace, report))

    def training_record(self, workspace: Workspace) -> Record | None:
        """Fetch how the training of the other extractor went or goes. See `Spec.training_record`."""
        return self.base.training_record(workspace)

    def kept(self, workspace: Workspace) -> Spec | None:
        """Give this spec with the other extractor as its training has left it. See `Spec.kept`."""
        base = self.base.kept(workspace)
        return None if base is None else dataclasses.replace(self, base=base)

    def shape_steps(self, outline: Outline) -> tuple[tuple[int, ...] | str, ...]:
        """From the picture to its copies, through the other extractor, and to their mean or to a row each."""
        image, *others = self.base.shape_steps(outline)
        copies = f"x {self.n_copies} copies"
        if self.gives == "mean":
            return image, copies, *others, "mean of the copies", outline.feature_shape
        return image, copies, *others, f"{self.n_copies} rows an image"

    def network_input(self, pixels: np.ndarray) -> NetworkInput:
        """Show what the network receives for one picture as it is (uint8 `(height, width, 3)`)."""
        return self.base.network_input(pixels)

    def outline(self, workspace: Workspace | None = None) -> Outline:
        """List the layers and shapes of the other extractor."""
        return self.base.outline(workspace)

    def build(self, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> Extractor:
        """Make the other extractor, and what changes the images before it.

        Raises:
            SpecError: If the other extractor cannot be built.
        """
        from featx_core.networks.augmented import AugmentedExtractor

        base = self.base.build(workspace, on_progress=on_progress)
        return AugmentedExtractor(self, base)
