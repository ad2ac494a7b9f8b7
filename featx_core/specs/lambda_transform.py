"""The spec of Lambda transforms: expressions, applied to pixels, to features or to plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.expression import Expression, apply_steps
from featx_core.expressions.shapes import Shape
from featx_core.images.fitting import Fit
from featx_core.specs.augmented import Augmented
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.pixels import Pixels
from featx_core.specs.spec import Spec, SpecError

if TYPE_CHECKING:
    import numpy as np

PIXELS: Literal["pixels"] = "pixels"
DEFAULT_SIZE = (64, 64)
SIDES = (16, 1024)  # pixels, the least and the most
MAX_STEPS = 8
_TITLE_CHARACTERS = 60


@dataclass(frozen=True)
class LambdaTransform(Spec):
    """A chain of expressions, each applied to what the one before it gives.

    Expressions are stored in their simplest form, so that `x**2` and `x ** 2` are equal extractors. With another source than
    pixels, `image_size` and `fit` are that source's own business, and stored as their defaults.

    Attributes:
        expressions: Such as `("x ** 2",)`, see `featx_core.expressions.Expression`. Each works on one row by itself.
        source: "pixels" (RGB, scaled to 0..1), or the spec whose features, or whose rows of numbers, are transformed.
        image_size: Height and width that images are brought to.
        fit: How, one of `FITS`: "crop", "stretch", "pad" or "resize_crop".
    """

    method: ClassVar[str] = "lambda_transform"

    expressions: tuple[str, ...] = ("x ** 2",)
    source: Spec | Literal["pixels"] = PIXELS
    image_size: tuple[int, int] = DEFAULT_SIZE
    fit: Fit = "crop"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.expressions) <= MAX_STEPS:
            raise SpecError(f"`expressions` must hold 1 to {MAX_STEPS} steps. Received: {len(self.expressions)}.")
        object.__setattr__(self, "expressions", tuple(step.plain for step in self._read()))
        if self.source != PIXELS:
            object.__setattr__(self, "image_size", DEFAULT_SIZE)
            object.__setattr__(self, "fit", "crop")
            return
        if not all(SIDES[0] <= side <= SIDES[1] for side in self.image_size):
            raise SpecError(
                f"`image_size` must be {SIDES[0]} to {SIDES[1]} pixels a side. Received: {self.image_size}."
            )
        self.shapes((*self.image_size, 3))

    def _read(self) -> list[Expression]:
        steps = []
        for number, text in enumerate(self.expressions, start=1):
            try:
                steps.append(Expression(text))
            except ExpressionError as error:
                raise SpecError(_at_step(number, error)) from None
        return steps

    @property
    def steps(self) -> tuple[Expression, ...]:
        """The expressions, parsed."""
        return tuple(map(Expression, self.expressions))

    def shapes(self, shape: Shape) -> list[Shape]:
        """Return the shape of one row after each step.

        Args:
            shape: Of one row of the source.

        Raises:
            SpecError: If a step does not fit to what the one before it gives.
        """
        found: list[Shape] = []
        for number, step in enumerate(self.steps, start=1):
            try:
                found.append(step.output_shape(found[-1] if found else shape))
            except ExpressionError as error:
                raise SpecError(_at_step(number, error)) from None
        return found

    @property
    def title(self) -> str:
        """The formulas and what they are applied to."""
        text = ", then ".join(self.expressions)
        if len(text) > _TITLE_CHARACTERS:
            text = text[: _TITLE_CHARACTERS - 1] + "\u2026"
        return f"{text} of {self.origin.title}"

    @property
    def origin(self) -> Spec:
        """What the expressions are applied to, as a spec: the source, or the pixels."""
        return self.source if isinstance(self.source, Spec) else Pixels(self.image_size, self.fit)

    @property
    def badge(self) -> str:
        """Where the weights of the source come from."""
        return self.origin.badge

    @property
    def picture_input(self) -> PictureInput | None:
        """That of the source."""
        return self.origin.picture_input

    @property
    def rows_per_image(self) -> int:
        """As many as the source gives."""
        return self.origin.rows_per_image

    @property
    def needs_training(self) -> bool:
        """Whether the source does."""
        return self.origin.needs_training


def derived_from(spec: Spec) -> Spec | None:
    """Return the spec whose features are all that this one needs, so that no network has to run; None where there is none."""
    return spec.origin if isinstance(spec, LambdaTransform) and spec.source != PIXELS else None


def begins_with_original(spec: Spec) -> bool:
    """Whether the first of several rows of an image is that of the image as it is, unchanged."""
    source = derived_from(spec)
    return begins_with_original(source) if source is not None else isinstance(spec, Augmented) and spec.with_original


def derive(spec: Spec, values: np.ndarray) -> np.ndarray:
    """Apply the expressions of a spec to pixels, or to features of its source.

    Args:
        spec: A `LambdaTransform`.
        values: float32 `(n_images, *shape)`, with the copies as second axis where an image gives several rows. Not
            modified.

    Returns:
        float32, of the same images in the same order.

    Raises:
        ValueError: If the spec is another one.
    """
    if not isinstance(spec, LambdaTransform):
        raise ValueError(f"`spec` must be a `LambdaTransform`. Received: {spec.title}.")
    if spec.rows_per_image == 1:
        return apply_steps(spec.steps, values)
    rows = apply_steps(spec.steps, values.reshape(-1, *values.shape[2:]))
    return rows.reshape(*values.shape[:2], *rows.shape[1:])


def _at_step(number: int, error: ExpressionError) -> str:
    return f"Step {number}, column {error.column}: {error.sentence}"
