"""An expression: parsed once, applied to rows of any compatible shape."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from featx_core.expressions.backends import NUMPY, Array, Backend
from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.functions import FUNCTIONS, OPERATORS
from featx_core.expressions.nodes import INPUT, NUMBER, POWER, Node, write
from featx_core.expressions.parsing import MAX_CHARACTERS, parse
from featx_core.expressions.shapes import Shape, ShapeError, expanded, together


@dataclass(frozen=True)
class Expression:
    """A function of one row, such as `log(1 + abs(x))`.

    `x` is one row: an image or a map `(height, width, n_channels)`, or a vector `(n,)`. All functions work within the row:
    `mean(x)` is the mean of one image, never of several. The text is never run as Python.

    Args:
        text: The expression, see `FUNCTIONS`.

    Raises:
        ExpressionError: If the text is no expression.

    >>> Expression("x**2 + 1").apply(np.array([[1.0, 2.0]])).tolist()
    [[2.0, 5.0]]
    """

    text: str

    def __post_init__(self) -> None:
        _ = self.tree

    @property
    def tree(self) -> Node:
        """The parsed form."""
        return _parsed(self.text)

    @property
    def plain(self) -> str:
        """The simplest text that means the same; equal for expressions that differ in spaces and brackets only."""
        text = write(self.tree)
        return text if len(text) <= MAX_CHARACTERS else self.text.strip(" ")

    def output_shape(self, shape: Shape) -> Shape:
        """Say what becomes of the shape of one row, without computing anything.

        Raises:
            ExpressionError: If a function of the expression does not fit to what it is applied to.

        >>> Expression("histogram(grayscale(x), 16)").output_shape((64, 64, 3))
        (16,)
        """
        return self.shape_of(self.tree, shape) or (1,)

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Compute the expression for each row with NumPy.

        Args:
            rows: float `(n_rows, *shape)`. Not modified.

        Returns:
            float32 `(n_rows, *output_shape)`. Where something is divided by 0, infinities and NaN.

        Raises:
            ExpressionError: If a function does not fit to the shape of the rows.
        """
        rows = np.asarray(rows, np.float32)
        shape = self.output_shape(rows.shape[1:])
        with np.errstate(all="ignore"):
            result = self.compute(NUMPY, rows)
        return np.array(result, np.float32).reshape(len(rows), *shape)

    def compute(self, backend: Backend, rows: Array) -> Array:
        """Compute the expression with any backend; one number per row comes out as `(n_rows, 1)`. Checks nothing."""
        result = _computed(self.tree, backend, rows)
        return backend.ops.reshape(result, (-1, 1)) if len(result.shape) == 1 else result

    def shape_of(self, node: Node, shape: Shape) -> Shape:
        """Return the shape of a part of the expression, for a row of a shape; `()` for one number."""
        if node.name in (INPUT, NUMBER):
            return shape if node.name == INPUT else ()
        shapes = [self.shape_of(value, shape) for value in node.inputs]
        try:
            if node.name in FUNCTIONS:
                return FUNCTIONS[node.name].shape(*shapes, *node.parameters)
            return together(shapes)
        except ShapeError as error:
            subject = write(node.inputs[0])
            reason = str(error).format(it=subject if len(subject) <= 30 else "it")
            raise ExpressionError(f"`{_spoken(node)}` {reason}.", node.column, self.text) from None


def apply_steps(steps: Sequence[Expression], rows: np.ndarray) -> np.ndarray:
    """Apply a chain of expressions, each to what the one before it gave. As `Expression.apply`."""
    for step in steps:
        rows = step.apply(rows)
    return rows


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> Node:
    return parse(text)


def _spoken(node: Node) -> str:
    return "-" if node.name == "negative" else node.name


def _computed(node: Node, backend: Backend, rows: Array) -> Array:
    if node.name == INPUT:
        return rows
    if node.name == NUMBER:
        return backend.constant(node.parameters[0], rows)
    values = [_computed(value, backend, rows) for value in node.inputs]
    if len(values) > 1:
        values = _aligned(backend, values)
    if node.name == POWER or node.name in FUNCTIONS:
        compute = OPERATORS[POWER] if node.name == POWER else FUNCTIONS[node.name].compute
        return compute(backend, *values, *node.parameters)
    return OPERATORS[node.name](backend, *values)


def _aligned(backend: Backend, values: list[Array]) -> list[Array]:
    """Give all values as many axes as the one that has most, so that they go together row by row."""
    rank = max(len(value.shape) for value in values)
    return [
        value
        if len(value.shape) == rank
        else backend.ops.reshape(value, (-1, *expanded(tuple(value.shape[1:]), rank - 1)))
        for value in values
    ]
