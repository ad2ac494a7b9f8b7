"""Quick functions of pixels, of the features of another run, or of plain numbers, written as expressions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.expression import Expression, apply_steps
from featx_core.expressions.shapes import Shape
from featx_core.images.preprocessing import PREPROCESSING, NetworkInput, describe_input
from featx_core.specs.spec import Spec, SpecError

if TYPE_CHECKING:
    import keras
    import numpy as np

    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.learning.record import Record
    from featx_core.networks.extractor import Extractor
    from featx_core.tables.rows import Rows, Table
    from featx_core.workspace.workspace import Workspace

PIXELS: Literal["pixels"] = "pixels"
DEFAULT_SIZE = (64, 64)
SIDES = (16, 1024)  # pixels, the least and the most
MAX_STEPS = 8
BATCH_PIXELS = 64 * 128 * 128  # in one pass
_TITLE_CHARACTERS = 60


@dataclass(frozen=True)
class LambdaTransform(Spec):
    """A chain of expressions, each applied to what the one before it gives.

    Expressions are stored in their plainest form, so that `x**2` and `x ** 2` are equal extractors. With another source than
    pixels, `image_size` and `fit` are that source's own business, and stored as their defaults.

    Attributes:
        expressions: Such as `("x ** 2",)`, see `featx_core.expressions.Expression`. Each works on one row by itself.
        source: "pixels" (RGB, scaled to 0..1), or the spec whose features, or whose rows of numbers, are transformed.
        image_size: Height and width that pictures are brought to.
        fit: How: "crop", "stretch" or "pad".
    """

    method: ClassVar[str] = "lambda_transform"
    method_title: ClassVar[str] = "Lambda"
    method_sentence: ClassVar[str] = "A formula of your own, for pixels, for features of a run or for plain numbers."
    takes_tables: ClassVar[bool] = True

    expressions: tuple[str, ...] = ("x ** 2",)
    source: Spec | Literal["pixels"] = PIXELS
    image_size: tuple[int, int] = DEFAULT_SIZE
    fit: Literal["crop", "stretch", "pad"] = "crop"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.expressions) <= MAX_STEPS:
            raise SpecError(f"`expressions` must hold 1 to {MAX_STEPS} steps. Received: {len(self.expressions)}.")
        object.__setattr__(self, "expressions", tuple(step.plain for step in self._read()))
        if isinstance(self.source, Spec):
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
        """Give the shape of one row after each step.

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
        source = (
            self.source.title if isinstance(self.source, Spec) else f"pixels, {' x '.join(map(str, self.image_size))}"
        )
        return f"{text} of {source}"

    @property
    def badge(self) -> str:
        """Where the weights of the source come from."""
        return self.source.badge if isinstance(self.source, Spec) else "a formula, no weights"

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Those of the source."""
        return self.source.classes if isinstance(self.source, Spec) else None

    @property
    def rows_per_image(self) -> int:
        """As many as the source gives."""
        return self.source.rows_per_image if isinstance(self.source, Spec) else 1

    @property
    def first_row_is_plain(self) -> bool:
        """As in the source."""
        return isinstance(self.source, Spec) and self.source.first_row_is_plain

    @property
    def caption(self) -> str:
        """That of the source."""
        return self.source.caption if isinstance(self.source, Spec) else ""

    @property
    def is_light(self) -> bool:
        """Of pixels the layers are known without Keras."""
        return not isinstance(self.source, Spec) or self.source.is_light

    @property
    def takes_images(self) -> bool:
        """Whether the source looks at images."""
        return not isinstance(self.source, Spec) or self.source.takes_images

    @property
    def pace_key(self) -> str:
        """The network of the source takes the time."""
        inner = self.source.pace_key if isinstance(self.source, Spec) else str(self.image_size)
        return f"{self.method} {inner}"

    @property
    def needs_training(self) -> bool:
        """Whether the source does."""
        return isinstance(self.source, Spec) and self.source.needs_training

    def train(self, workspace: Workspace, report: StageCallback) -> Spec:
        """Train the source."""
        if not isinstance(self.source, Spec):
            return self
        return dataclasses.replace(self, source=self.source.train(workspace, report))

    def training_record(self, workspace: Workspace) -> Record | None:
        """Fetch how the training of the source went or goes. See `Spec.training_record`."""
        return self.source.training_record(workspace) if isinstance(self.source, Spec) else None

    def kept(self, workspace: Workspace) -> Spec | None:
        """Give this spec with the source as its training has left it. See `Spec.kept`."""
        if not isinstance(self.source, Spec):
            return self
        source = self.source.kept(workspace)
        return None if source is None else dataclasses.replace(self, source=source)

    @property
    def derived_from(self) -> Spec | None:
        """The source, if it is another spec."""
        return self.source if isinstance(self.source, Spec) else None

    def derive(self, values: np.ndarray) -> np.ndarray:
        """Apply the steps to features of the source."""
        if self.rows_per_image == 1:
            return apply_steps(self.steps, values)
        rows = apply_steps(self.steps, values.reshape(-1, *values.shape[2:]))
        return rows.reshape(*values.shape[:2], *rows.shape[1:])

    def table(self, workspace: Workspace) -> Table | None:
        """Give the rows of a source that takes numbers rather than images, transformed.

        Raises:
            SpecError: If a step does not fit to the rows.
        """
        table = self.source.table(workspace) if isinstance(self.source, Spec) else None
        if table is None:
            return None
        self.shapes(table.values.shape[1:])
        return dataclasses.replace(table, values=self.derive(table.values))

    def rows(self, workspace: Workspace) -> Rows:
        """List the rows of a source of numbers, without computing anything. See `Spec.rows`."""
        if isinstance(self.source, Spec) and not self.takes_images:
            return self.source.rows(workspace)
        return super().rows(workspace)

    def network_input(self, pixels: np.ndarray) -> NetworkInput:
        """Show what the formulas, or the network of the source, receive for one picture."""
        if isinstance(self.source, Spec):
            return self.source.network_input(pixels)
        from featx_core.images.fitting import fit_image

        return describe_input(fit_image(pixels, self.image_size, self.fit), PREPROCESSING["unit"])

    def shape_steps(self, outline: Outline) -> tuple[tuple[int, ...] | str, ...]:
        """From the picture over each formula to the features."""
        if isinstance(self.source, Spec):
            first = self.source.shape_steps(outline)[0]
            return (first, self.source.title, *self.expressions, outline.feature_shape)
        shape = (*self.image_size, 3)
        pairs = zip(self.expressions, self.shapes(shape), strict=True)
        return (shape, *(step for pair in pairs for step in pair))

    def outline(self, workspace: Workspace | None = None) -> Outline:
        """List the layers: those of the source, or one a step.

        Raises:
            SpecError: If a step does not fit to what the one before it gives.
        """
        from featx_core.architecture.layers import chain_of_layers
        from featx_core.architecture.outline import Outline

        if isinstance(self.source, Spec):
            outline = self.source.outline(workspace)
            return dataclasses.replace(outline, feature_shape=self.shapes(outline.feature_shape)[-1])
        shapes = [(*self.image_size, 3), *self.shapes((*self.image_size, 3))]
        kinds = ["InputLayer", *["ExpressionLayer"] * len(self.expressions)]
        layers = chain_of_layers(kinds, shapes, [0] * len(shapes))
        return Outline(layers, len(layers) - 1, self.image_size, shapes[-1], shapes[-1], 0)

    def build(self, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> Extractor:
        """Put the steps as layers behind the network of the source, or behind the pixels."""
        from featx_core.networks.extractor import DerivedExtractor, Extractor

        if isinstance(self.source, Spec):
            base = self.source.build(workspace, on_progress=on_progress)
            self.shapes(tuple(base.output_shape[1:]))  # type: ignore[arg-type]
            return DerivedExtractor(self, base, _chained(self.expressions, base.model.output))
        network = _pixel_network(self.expressions, self.image_size)
        height, width = self.image_size
        return Extractor(
            self,
            network,
            network.output,
            tap=len(network.layers) - 1,
            preprocessing=PREPROCESSING["unit"],
            fit=self.fit,
            batch_size=max(1, min(64, BATCH_PIXELS // (height * width))),
        )


def _at_step(number: int, error: ExpressionError) -> str:
    return f"Step {number}, column {error.column}: {error.sentence}"


def _chained(expressions: Sequence[str], tensor: keras.KerasTensor) -> keras.KerasTensor:
    from featx_core.expressions.layer import expression_layer

    for text in expressions:
        tensor = expression_layer(text)(tensor)
    return tensor


def _pixel_network(expressions: Sequence[str], size: tuple[int, int]) -> keras.Model:
    from featx_core.base.keras_setup import load_keras

    keras = load_keras()
    pixels = keras.Input((*size, 3))
    return keras.Model(pixels, _chained(expressions, pixels))
