"""The description of one function of the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from featx_core.expressions.backends import Array
from featx_core.expressions.shapes import Shape


@dataclass(frozen=True)
class Parameter:
    """A fixed number behind the values of a call.

    Attributes:
        name: What the signature calls it.
        low: The least that it may be.
        high: The most that it may be.
        default: What it is where it is left out; None where it may not be.
        is_whole: Whether it counts something.
    """

    name: str
    low: float
    high: float
    default: float | None = None
    is_whole: bool = True


@dataclass(frozen=True)
class Function:
    """One function of the language.

    Attributes:
        signature: How it is written.
        sentence: What it gives, in one line.
        group: Under which heading it is listed.
        shape: From the shapes of its values and its parameters to the shape that it gives. Raises ShapeError.
        compute: From a backend, the values (rows in their first axis) and the parameters to what it gives.
        caveat: What surprises, in one line; may be empty.
        reference: Formula, paper or the function of another library that gives the same; may be empty.
        n_values: The least and the most values that it takes.
        parameter: The fixed number that it takes after them, if any.
    """

    signature: str
    sentence: str
    group: str
    shape: Callable[..., Shape]
    compute: Callable[..., Array]
    caveat: str = ""
    reference: str = ""
    n_values: tuple[int, int] = (1, 1)
    parameter: Parameter | None = None
