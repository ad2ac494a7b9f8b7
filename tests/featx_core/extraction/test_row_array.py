import tracemalloc

import numpy as np
import pytest

from featx_core.extraction.row_array import RowArray


def filled(digests, rows, n_at_once=3):
    array = RowArray(digests)
    keys = list(rows)
    for start in range(0, len(keys), n_at_once):
        array.update({key: rows[key] for key in keys[start : start + n_at_once]})
    return array


@pytest.mark.parametrize("shape", [(4,), (2, 3), ()])
@pytest.mark.parametrize("seed", range(8))
def test_rows_come_out_in_the_order_of_the_images_whatever_is_missing_or_twice(seed, shape):
    rng = np.random.default_rng(seed)
    digests = [f"{number}" for number in rng.integers(0, 25, 40)]  # many are listed twice
    known = rng.permutation(sorted(set(digests) | {"of no image"}))[: rng.integers(1, 27)].tolist()
    rows = {key: rng.normal(size=shape).astype(np.float32) for key in known}
    array = filled(digests, rows)
    places = [place for place, digest in enumerate(digests) if digest in rows]
    assert len(array) == len(set(digests) & set(rows))
    assert [digest in array for digest in digests] == [digest in rows for digest in digests]
    values, found = array.in_order()
    assert found == places
    if places:
        np.testing.assert_array_equal(values, np.stack([rows[digests[place]] for place in places]))
        assert array.row_shape == shape


def test_a_row_that_comes_again_takes_the_place_of_the_one_before():
    array = RowArray(["a", "b"])
    array.update({"b": np.zeros(2), "a": np.ones(2)})
    array.update({"b": np.full(2, 5.0)})
    assert (len(array), array.in_order()[0].tolist()) == (2, [[1, 1], [5, 5]])


def test_nothing_gives_no_rows():
    assert RowArray(["a"]).in_order()[0].shape == (0, 0)
    assert RowArray([]).row_shape == ()


def test_a_row_of_another_shape_is_refused_rather_than_spread_out():
    array = RowArray(["a", "b"])
    array.update({"a": np.zeros(3)})
    with pytest.raises(ValueError, match=r"one shape, here \(3,\)\. Received: \(1,\)"):
        array.update({"b": np.zeros(1)})


@pytest.mark.parametrize("n_missing", [0, 1])
def test_rows_are_held_once(n_missing):
    n_rows, n_features = 2_000, 500
    digests = [str(number) for number in range(n_rows)]
    tracemalloc.start()
    try:
        array = RowArray(digests)
        for start in range(n_missing, n_rows, 50):
            batch = np.full((50, n_features), start, np.float32)
            array.update(dict(zip(digests[start : start + 50], batch, strict=False)))
        values, _ = array.in_order()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(values) == n_rows - n_missing
    assert peak < 1.25 * values.nbytes
