"""Results of every kind, kept in a workspace and found again."""

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest

from featx_core.studies.registry import STUDIES
from tests.toys.study_examples import EXAMPLES, filled_with_runs


@pytest.fixture
def filled():
    return filled_with_runs()


def same(one, other):
    """Return whether two values are the same, bit for bit."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
        return True
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and same(vars(one), vars(other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("kind", STUDIES)
def test_a_result_is_found_as_it_was_bit_for_bit(kind, filled):
    study, result = EXAMPLES[kind].study, EXAMPLES[kind].result
    assert study.find(filled) is None
    filled.put_result(study.key(filled), result.to_bytes())
    found = study.find(filled)
    assert same(found, result)
    assert found.to_bytes() == result.to_bytes()


def of_another_form():
    array, arrays = io.BytesIO(), io.BytesIO()
    np.save(array, np.zeros(3))
    np.savez(arrays, other=np.zeros(3))
    plain = [
        b"",
        b"\x00",
        b"\xff",
        b"no json",
        b"null",
        b"3",
        b"[]",
        b"[1]",
        b"{}",
        b'"text"',
        b'{"table": [], "facts": 3}',
    ]
    return [*plain, array.getvalue(), arrays.getvalue()]


@pytest.mark.parametrize("kind", STUDIES)
def test_what_another_version_wrote_in_another_form_is_not_found(kind, filled):
    study, form = EXAMPLES[kind].study, type(EXAMPLES[kind].result)
    results = [example.result.to_bytes() for example in EXAMPLES.values() if type(example.result) is not form]
    for content in [*of_another_form(), *results]:
        filled.put_result(study.key(filled), content)
        assert study.find(filled) is None, content[:80]


@pytest.mark.parametrize("kind", STUDIES)
def test_what_ends_early_is_not_found(kind, filled):
    study, content = EXAMPLES[kind].study, EXAMPLES[kind].result.to_bytes()
    for end in np.linspace(0, len(content) - 1, 60).astype(int):
        filled.put_result(study.key(filled), content[:end])
        assert study.find(filled) is None, end
