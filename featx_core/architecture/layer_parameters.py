"""The parameters of layers: ranges and defaults, used to build forms and to validate values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Form = Literal["count", "pair", "share", "choice", "flag"]


@dataclass(frozen=True)
class Parameter:
    """One thing to set on a layer, named as in Keras.

    Attributes:
        name: The argument of the Keras layer.
        title: Its name as shown.
        form: "count" (a whole number), "pair" (one for height, one for width), "share" (a number), "choice" or "flag".
        default: What it is when nothing is said. None for a pair means: as another parameter, see `follows`.
        minimum: The smallest value of a number.
        maximum: The largest.
        choices: The values of a choice.
        follows: The name of the pair that a missing pair takes its value from.
        help: What it does, in a sentence.
    """

    name: str
    title: str
    form: Form
    default: Any
    minimum: float = 0
    maximum: float = 0
    choices: tuple[str, ...] = ()
    follows: str = ""
    help: str = ""

    def read(self, value: Any) -> Any:
        """Return a value in its simplest form, the same however it was written.

        Raises:
            ValueError: If it has the wrong type or is out of range.
        """
        read = _READERS[self.form](self, value)
        if read is None:
            raise ValueError(f"`{self.name}` must be {self._expected()}. Received: {value!r}.")
        return read

    def _expected(self) -> str:
        span = f"from {self.minimum:g} to {self.maximum:g}"
        words = {
            "count": f"a whole number {span}",
            "pair": f"a whole number or two, for height and width, each {span}",
            "share": f"a number {span}",
            "choice": f"one of {', '.join(self.choices)}",
            "flag": "True or False",
        }
        return words[self.form]


def _count(parameter: Parameter, value: Any) -> int | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and parameter.minimum <= value <= parameter.maximum else None


def _pair(parameter: Parameter, value: Any) -> tuple[int, int] | None:
    both = value if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2 or any(_count(parameter, side) is None for side in both):
        return None
    return both[0], both[1]


def _share(parameter: Parameter, value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and parameter.minimum <= value <= parameter.maximum else None


def _choice(parameter: Parameter, value: Any) -> str | None:
    return value if isinstance(value, str) and value in parameter.choices else None


def _flag(parameter: Parameter, value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_READERS: Mapping[str, Callable[[Parameter, Any], Any]] = MappingProxyType(
    {"count": _count, "pair": _pair, "share": _share, "choice": _choice, "flag": _flag}
)
