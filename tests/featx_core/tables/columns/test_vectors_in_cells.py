"""A whole vector in one cell of a table of text, as every way to write one shows it."""

import numpy as np
import pandas as pd
import pytest

from featx_core.tables.layout import TableError
from featx_core.tables.reading import read_vectors
from tests.toys.files.table_files import csv, parquet

N = 12
VALUES = np.random.default_rng(0).normal(size=(N, 6)).astype(np.float32)
NAMES = [f"img{row}.png" for row in range(N)]
LABELS = np.repeat(["oak", "elm", "ash"], 4)


def frame(vectors):
    return pd.DataFrame({"file": NAMES, "label": LABELS, "embedding": vectors})


def is_right(read, values=VALUES):
    np.testing.assert_allclose(read.values, values, rtol=2e-6)
    assert (read.names, read.labels) == (tuple(NAMES), tuple(LABELS))
    assert read.notes == ()
    return True


@pytest.mark.parametrize(
    "write",
    [
        lambda row: str(row.tolist()),
        str,
        repr,
        lambda row: str(tuple(row.tolist())),
        lambda row: str([np.float64(value) for value in row]),
        lambda row: str(list(row)),
        lambda row: str(row.reshape(2, 3).tolist()),
        lambda row: repr(row.reshape(3, 2)),
        lambda row: f"tensor({row.tolist()}, device='cuda:0', grad_fn=<ViewBackward0>)",
        lambda row: " ".join(map(str, row)),
        lambda row: ", ".join(map(str, row)),
        lambda row: ";".join(map(str, row)),
        lambda row: "{" + ",".join(map(str, row)) + "}",
        lambda row: "|".join(map(str, row)),
    ],
)
@pytest.mark.parametrize("sep", [",", ";", "\t"])
def test_a_vector_is_read_however_it_is_written(write, sep):
    table = frame([write(row) for row in VALUES])
    assert is_right(read_vectors(("t.csv", csv(table, index=False, sep=sep))))
    assert is_right(read_vectors(("t.parquet", parquet(table))))


def test_long_arrays_over_several_lines():
    wide = np.tile(VALUES, 8)
    content = csv(frame(list(wide)), index=False)
    assert content.count(b"\n") > 2 * N
    assert is_right(read_vectors(("t.csv", content)), wide)


def test_without_known_words_the_header_is_found_above_vectors():
    table = frame([str(row.tolist()) for row in VALUES]).rename(
        columns={"file": "datei", "label": "sorte", "embedding": "v"}
    )
    read = read_vectors(("t.csv", csv(table, index=False)))
    assert is_right(read)
    assert [column.name for column in read.columns] == ["datei", "sorte", "v"]


def test_vectors_without_quotation_marks_between_semicolons():
    lines = ["file;label;embedding", *(f"{n};{c};{v.tolist()}" for n, c, v in zip(NAMES, LABELS, VALUES, strict=True))]
    assert is_right(read_vectors(("t.csv", "\n".join(lines).encode())))


def test_a_cell_is_missing_and_another_too_short():
    cells = [str(row.tolist()) for row in VALUES]
    read = read_vectors(("t.csv", csv(frame(["", *cells[1:]]), index=False)))
    assert (read.values.shape, read.notes) == ((11, 6), ("1 row with missing or infinite values was left out.",))
    read = read_vectors(("t.csv", csv(frame(["[1, None, nan, 4, 5, 6]", *cells[1:]]), index=False)))
    assert read.values.shape == (11, 6)
    table = csv(frame([*cells[:3], "[1, 2]", "owl", *cells[5:]]), index=False)
    with pytest.raises(TableError) as caught:
        read_vectors(("t.csv", table))
    assert str(caught.value) == (
        "t.csv has rows that cannot be read, 2 of 12 rows: "
        "row 5 has a vector of 2 numbers, most rows have 6 in column “embedding”."
    )
    assert read_vectors(("t.csv", table), good_rows_only=True).values.shape == (10, 6)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([str(np.zeros(2000))] * N, "“embedding” has vectors abbreviated with “...”: save them in full"),
        (
            [str([1.0] * (row + 1)) for row in range(N)],
            "“embedding” has lists of different lengths, from 1 to 12 numbers",
        ),
        (["[a, b]"] * N, "“embedding” has text"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_true_reason(cells, reason):
    with pytest.raises(TableError, match=reason):
        read_vectors(("t.csv", csv(frame(cells), index=False)))


def test_numbers_in_cells_count_towards_the_limit(monkeypatch):
    monkeypatch.setattr("featx_core.tables.columns.vectors_in_cells.MAX_CELLS", 50)
    with pytest.raises(TableError, match="has more than 50 numbers, the limit: save it as NPY or Parquet"):
        read_vectors(("t.csv", csv(frame([str(row.tolist()) for row in VALUES]), index=False)))
