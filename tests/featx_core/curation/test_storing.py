"""Stored results come back as they were, and other bytes are refused."""

import dataclasses
import json

import pytest

from featx_core.curation.storing import Stored


@dataclasses.dataclass(frozen=True)
class Example(Stored):
    names: tuple[str, ...]
    scores: tuple[float, ...]


EXAMPLE = Example(("ü", "b"), (0.5, 1.0))


def test_there_and_back():
    assert Example.from_bytes(EXAMPLE.to_bytes()) == EXAMPLE


@pytest.mark.parametrize(
    "values",
    [
        {"names": [1], "scores": [0.5]},
        {"names": ["a"], "scores": ["0.5"]},
        {"names": "a", "scores": []},
        {"names": []},
        {"names": [], "scores": [], "more": 1},
        [],
        None,
    ],
)
def test_anything_else_is_refused(values):
    with pytest.raises(ValueError, match="are not stored Example"):
        Example.from_bytes(json.dumps(values).encode())
