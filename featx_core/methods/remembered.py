"""Outlines that were worked out before, by what they depend on alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """The last values that were computed, by their keys, and nothing else that computing needs.

    Args:
        n_values: How many.
    """

    def __init__(self, n_values: int) -> None:
        self._n_values = n_values
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def find(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Return the value of a key, computed where it is not there.

        >>> values = Remembered(1)
        >>> values.find("a", lambda: 1), values.find("a", lambda: 2), values.find("b", lambda: 3), values.find("a", lambda: 4)
        (1, 1, 3, 4)
        """
        if key not in self._values:
            self._values[key] = compute()
            while len(self._values) > self._n_values:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]
