"""The syntax tree of an expression, and its canonical text."""

from __future__ import annotations

from dataclasses import dataclass, field

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
INPUT = "x"
NUMBER = "number"
NEGATIVE = "negative"
POWER = "**"
_ATOM = 6
_PRECEDENCE = dict.fromkeys(COMPARISONS, 1) | {"+": 2, "-": 2, "*": 3, "/": 3, NEGATIVE: 4, POWER: 5}
_MAX_WRITTEN_OUT = 1e15  # whole numbers up to here are written out


@dataclass(frozen=True)
class Node:
    """One operation and what it is applied to.

    Attributes:
        name: "x", "number", "negative", an operator such as "+" or "<", or the name of a function.
        inputs: The values that it takes.
        parameters: The fixed numbers that it takes: the value of a number, the exponent of a power, or the bins of a
            histogram.
        column: Where it stands in the text, counted from 1.
    """

    name: str
    inputs: tuple[Node, ...] = ()
    parameters: tuple[float, ...] = ()
    column: int = field(default=1, compare=False)


def write(node: Node) -> str:
    """Write a tree as text, with no more brackets than needed. Parsed again it gives the same tree.

    >>> write(Node("*", (Node("+", (Node("x"), Node("number", parameters=(1.0,)))), Node("x"))))
    '(x + 1) * x'
    """
    if node.name == NUMBER:
        return _number(node.parameters[0])
    if node.name == NEGATIVE:
        return f"-{_bracketed(node.inputs[0], 4)}"
    if node.name == POWER:
        return f"{_bracketed(node.inputs[0], _ATOM)} ** {_number(node.parameters[0])}"
    if node.name in _PRECEDENCE:
        rank = _PRECEDENCE[node.name]
        left = _bracketed(node.inputs[0], rank + (node.name in COMPARISONS))
        return f"{left} {node.name} {_bracketed(node.inputs[1], rank + 1)}"
    if node.name == INPUT:
        return INPUT
    return f"{node.name}({', '.join([*map(write, node.inputs), *map(_number, node.parameters)])})"


def _bracketed(node: Node, least: int) -> str:
    return f"({write(node)})" if _rank(node) < least else write(node)


def _rank(node: Node) -> int:
    if node.name == NUMBER and node.parameters[0] < 0:
        return _PRECEDENCE[NEGATIVE]
    return _PRECEDENCE.get(node.name, _ATOM)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < _MAX_WRITTEN_OUT else repr(value)
