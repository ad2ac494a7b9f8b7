"""Columns of Parquet of every type: numbers wherever they are wrapped, and the true reason where there are none."""

import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from featx_core.tables.layout import TableError
from featx_core.tables.reading import look_at_table, read_vectors
from tests.toys.files.table_files import parquet

N = 12
VALUES = np.random.default_rng(0).normal(size=(N, 6)).astype(np.float32)
NAMES = [f"img{row}.png" for row in range(N)]
LABELS = ["oak", "elm", "ash"] * 4
FLAT = pa.array(VALUES.ravel())
OFFSETS = np.arange(N + 1, dtype=np.int32) * 6


def nested(inner):
    return pa.ListArray.from_arrays(np.arange(N + 1, dtype=np.int32) * (6 // inner), fixed(inner))


def fixed(length, values=FLAT):
    return pa.FixedSizeListArray.from_arrays(values, length)


VECTORS = {
    "list": pa.ListArray.from_arrays(OFFSETS, FLAT),
    "large list": pa.LargeListArray.from_arrays(OFFSETS.astype(np.int64), FLAT),
    "list of fixed size": fixed(6),
    "list of float64": pa.array(VALUES.astype(float).tolist()),
    "lists in lists": nested(3),
    "lists in lists in lists": pa.ListArray.from_arrays(np.arange(N + 1, dtype=np.int32), nested(2)),
    "tensor": pa.FixedShapeTensorArray.from_numpy_ndarray(VALUES),
    "tensor of two axes": pa.FixedShapeTensorArray.from_numpy_ndarray(VALUES.reshape(N, 2, 3)),
    "list in a struct": pa.StructArray.from_arrays([pa.array([6] * N), fixed(6)], ["size", "values"]),
    "dictionary of lists": None,
}


@pytest.mark.parametrize("kind", [kind for kind, column in VECTORS.items() if column is not None])
def test_vectors_of_any_nesting_are_read(kind):
    read = read_vectors(("t.parquet", parquet(pa.table({"file": NAMES, "embedding": VECTORS[kind], "label": LABELS}))))
    np.testing.assert_array_equal(read.values, VALUES)
    assert (read.names, read.labels) == (tuple(NAMES), tuple(LABELS))


def test_half_floats_and_whole_numbers_in_lists():
    for dtype in (np.float16, np.int8, np.uint8, bool):
        values = (VALUES * 3).astype(dtype)
        read = read_vectors(
            ("t.parquet", parquet(pa.table({"v": pa.FixedSizeListArray.from_arrays(values.ravel(), 6)})))
        )
        np.testing.assert_array_equal(read.values, values.astype(np.float32))


def test_a_vector_that_is_missing_or_has_a_gap_leaves_its_row_out():
    rows = [row.tolist() for row in VALUES]
    for gap in (None, [], [None, *rows[4][1:]]):
        column = pa.array([*rows[:4], gap, *rows[5:]], pa.list_(pa.float32()))
        read = read_vectors(("t.parquet", parquet(pa.table({"file": NAMES, "embedding": column}))))
        np.testing.assert_array_equal(read.values, np.delete(VALUES, 4, axis=0))
        assert read.notes == ("1 row with missing or infinite values was left out.",)
    masked = pa.FixedSizeListArray.from_arrays(FLAT, 6, mask=pa.array([row == 4 for row in range(N)]))
    read = read_vectors(("t.parquet", parquet(pa.table({"file": NAMES, "embedding": masked}))))
    np.testing.assert_array_equal(read.values, np.delete(VALUES, 4, axis=0))


def test_a_vector_of_another_length_is_named():
    rows = [row.tolist() for row in VALUES]
    content = parquet(pa.table({"file": NAMES, "embedding": pa.array([*rows[:4], rows[4][:2], *rows[5:]])}))
    with pytest.raises(
        TableError, match="1 of 12 rows: row 5 has a vector of 2 numbers, most rows have 6 in column “embedding”"
    ):
        read_vectors(("t.parquet", content))
    assert read_vectors(("t.parquet", content), good_rows_only=True).values.shape == (11, 6)


def test_numbers_of_every_type_are_columns():
    table = pa.table({
        "b": [True, None, False], "i": pa.array([1, 2, 3], pa.int8()), "u": pa.array([1, 2, 2**63], pa.uint64()),
        "h": pa.array(np.array([1, 2, 0.5], np.float16)), "d": pa.array([decimal.Decimal("1.25")] * 3),
        "c": pa.array([1.5, 1.5, 2.5]).dictionary_encode(), "t": ["1.5", "2.5", "3.5"],
        "s": [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}],
    })  # fmt: skip
    read = read_vectors(("t.parquet", parquet(table)))
    assert read.values.tolist() == [[1, 1, 1, 1, 1.25, 1.5, 1.5, 1], [0, 3, 2.0**63, 0.5, 1.25, 2.5, 3.5, 3]]
    assert [column.name for column in read.columns][-1] == "s.x"


def test_columns_that_hold_no_numbers_are_named():
    table = pa.table({
        "x": [1.0, 2.0], "raw": [b"\x00", b"\x01"], "when": pa.array([0, 1], pa.timestamp("s")), "none": pa.nulls(2),
        "words": [["a"], ["b"]], "people": [[{"a": 1}], [{"a": 2}]],
        "map": pa.array([[("k", 1)]] * 2, pa.map_("string", "int8")),
        "gaps": pa.array([None, None], pa.float32()),
    })  # fmt: skip
    read = read_vectors(("t.parquet", parquet(table)))
    assert read.values.tolist() == [[1], [2]]
    assert {column.name: column.holds for column in read.columns} == {
        "x": "numbers", "raw": "raw bytes", "when": "dates or times", "none": "nothing", "words": "lists of text",
        "people": "lists of structs", "map": "maps", "gaps": "nothing",
    }  # fmt: skip
    with pytest.raises(TableError, match="has no column of numbers: “embedding” has raw bytes"):
        read_vectors(("t.parquet", parquet(pa.table({"embedding": [b"\x00" * 24] * 2}))))


def test_an_index_of_pandas_is_no_feature():
    frame = pd.DataFrame(VALUES, columns=list("abcdef"), index=[5, 7, *range(20, 30)])
    read = read_vectors(("t.parquet", parquet(frame)))
    np.testing.assert_array_equal(read.values, VALUES)
    assert read.names[:2] == ("5", "7")
    frame = frame.set_index(pd.Index([3.5] * N, name="depth"))
    assert read_vectors(("t.parquet", parquet(frame))).values.shape == (N, 6)


def test_two_columns_of_one_name():
    table = pa.Table.from_arrays([pa.array([1.5, 2.5]), pa.array([3.5, 4.5])], names=["a", "a"])
    assert read_vectors(("t.parquet", parquet(table))).values.tolist() == [[1.5, 3.5], [2.5, 4.5]]
    assert [column.name for column in look_at_table(("t.parquet", parquet(table))).columns] == ["a", "a #2"]


def test_a_text_that_repeats_is_refused_by_its_size_in_memory(monkeypatch):
    content = parquet(pa.table({"x": np.arange(2000) / 3, "note": ["owl" * 1000] * 2000}))
    assert len(content) < 50_000
    monkeypatch.setattr("featx_core.tables.formats.parquet.MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(TableError, match=r"would unpack to 6 MB; the limit is 0 MB"):
        read_vectors(("t.parquet", content))


def test_lists_are_refused_by_how_many_numbers_they_declare(monkeypatch):
    content = parquet(pa.table({"v": [[0.0] * 500] * 1000}))
    assert len(content) < 100_000
    monkeypatch.setattr("featx_core.tables.formats.parquet.MAX_FILE_BYTES", 1_000_000)
    monkeypatch.setattr("featx_core.tables.formats.parquet._column", lambda *_, **__: pytest.fail("was read"))
    with pytest.raises(TableError, match=r"would unpack to 1\.907 MB"):
        read_vectors(("t.parquet", content))


def test_bytes_that_are_not_wanted_do_not_count(monkeypatch):
    content = parquet(pa.table({"x": [1.0, 2.0], "picture": [b"\x01" * 5000, b"\x02" * 5000]}))
    monkeypatch.setattr("featx_core.tables.formats.parquet.MAX_FILE_BYTES", 1000)
    monkeypatch.setattr("featx_core.tables.reading.MAX_FILE_BYTES", 10**6)
    assert read_vectors(("t.parquet", content)).values.tolist() == [[1], [2]]


def test_damage_anywhere_is_said_in_words():
    table = pa.table({"label": pa.array(LABELS).dictionary_encode(), "values": VECTORS["list"]})
    whole, n_refused = parquet(table), 0
    for at in range(4, 200, 3):
        content = bytearray(whole)
        content[at] ^= 0x3C
        try:
            read_vectors(("t.parquet", bytes(content)))
        except TableError:
            n_refused += 1
    assert n_refused > 20
