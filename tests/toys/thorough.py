"""Examples of one kind: the first one in every run of the tests, the others before a release."""

from collections.abc import Iterable

import pytest


def first_of(examples: Iterable[object]) -> list[object]:
    """Return the examples, all but the first marked `thorough`. A tuple is one row of arguments."""
    first, *others = examples
    rest = [
        pytest.param(*(each if isinstance(each, tuple) else (each,)), marks=pytest.mark.thorough) for each in others
    ]
    return [first, *rest]
