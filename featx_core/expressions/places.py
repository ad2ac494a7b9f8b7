"""Which pixels of an image each place of an expression's result stands for."""

from __future__ import annotations

from featx_core.expressions.expression import Expression
from featx_core.expressions.nodes import INPUT, Node
from featx_core.expressions.shapes import Shape

WITHOUT_PLACES = frozenset({"fft_magnitude"})
"""Functions from maps to maps whose rows and columns are something else than places."""

POOL = "pool"
"""The function that makes maps smaller, by its parameter."""


def pixels_per_place(expression: Expression, shape: Shape) -> float | None:
    """Return the side of the square of pixels that each place of the result is centred on.

    Args:
        expression: Applied to images or maps, and giving a map.
        shape: `(height, width, n_channels)` of what it is applied to.

    Returns:
        1 where each pixel stays where it is, whatever it is computed from, and k after `pool(x, k)`; the mean where values
        of several sides come together. None if the rows and columns of the result are not places in the image.

    >>> pixels_per_place(Expression("pool(blur(x, 2), 4) / mean(x)"), (64, 64, 3))
    4.0
    """
    return _side(expression, expression.tree, shape)


def _side(expression: Expression, node: Node, shape: Shape) -> float | None:
    if node.name == INPUT:
        return 1.0
    if node.name in WITHOUT_PLACES:
        return None
    size = expression.shape_of(node, shape)[:2]
    if node.name == POOL:
        side = _side(expression, node.inputs[0], shape)
        return None if side is None else side * node.parameters[0]
    maps = [value for value in node.inputs if _is_map(expression.shape_of(value, shape), size)]
    sides = [_side(expression, value, shape) for value in maps]
    return None if None in sides else sum(filter(None, sides)) / len(sides)


def _is_map(shape: Shape, size: Shape) -> bool:
    """Whether a value has a number for each place, rather than one for all."""
    return len(shape) == 3 and shape[:2] == size
