"""Numbers as people and programs write them: what each text means is known beforehand."""

import numpy as np
import pytest

from featx_core.tables.layout import TableError
from featx_core.tables.reading import look_at_table, read_vectors

ROWS = 30


def table(cells_of, sep=";", header="name;a;b"):
    lines = [header.replace(";", sep), *(sep.join(cells_of(row)) for row in range(ROWS))]
    return ("t.csv", "\n".join(lines).encode())


@pytest.mark.parametrize(
    ("sep", "first", "second", "start"),
    [
        (",", '"1,{0:03d}.5"', "{0}.25", 1000.5),
        (",", '"1,{0:03d}"', "{0}.25", 1000),
        (";", "1.{0:03d},5", "{0},25", 1000.5),
        (";", "1.{0:03d}", "{0},25", 1000),
        ("\t", "1.{0:03d}", "{0},25", 1000),
        (";", "1.{0:03d}.000", "{0},25", None),
        (",", '"1.{0:03d},5"', '"{0},25"', 1000.5),
        (";", "1 {0:03d},5", "{0},25", 1000.5),
        (";", "1\u00a0{0:03d},5", "{0},25", 1000.5),
        (";", "1\u202f{0:03d}", "{0},25", 1000),
        (",", "1'{0:03d}.5", "{0}.25", 1000.5),
        (";", "1\u2019{0:03d}", "{0}.25", 1000),
        (",", "{0}%", "{0}.25", 0),
        (",", "{0} %", "{0}.25", 0),
        (";", "{0},5 %", "{0},25", 0.5),
        (",", "+{0}", "{0}.25", 0),
        (",", "{0}e0", "{0}.25", 0),
        (";", "{0},0E0", "{0},25", 0),
    ],
)
def test_numbers_mean_what_the_rest_of_the_file_leaves_no_doubt_of(sep, first, second, start):
    read = read_vectors(
        table(lambda row: (f"x{row}", first.format(row), second.format(row)), sep), roles={"a": "feature"}
    )
    expected = np.arange(ROWS) + start if start is not None else 1e6 + 1000 * np.arange(ROWS)
    np.testing.assert_array_equal(read.values, np.column_stack([expected, np.arange(ROWS) + 0.25]).astype(np.float32))
    assert set(read.labels) == {None}


def test_how_unusual_numbers_were_read_is_said():
    read = read_vectors(table(lambda row: (f"x{row}", f"1.{row:03d}", f"{row},5 %")))
    assert read.notes == ("“a” was read with thousands separators.", "“b” was read as percentages.")
    assert look_at_table(table(lambda row: (f"x{row}", f"1.{row:03d}", f"{row},5"))).columns[1].role == "feature"


def test_points_stay_points_where_they_cannot_set_thousands_apart():
    read = read_vectors(table(lambda row: (f"x{row}", f"0.{row:03d}", f"{row},5")))
    np.testing.assert_allclose(read.values[:, 0], np.arange(ROWS) / 1000, rtol=1e-6)
    read = read_vectors(table(lambda row: (f"x{row}", f"1.{row:03d}", f"{row}.5")))
    np.testing.assert_allclose(read.values[:, 0], 1 + np.arange(ROWS) / 1000, rtol=1e-6)


def test_a_comma_alone_is_decimal_between_semicolons_and_sets_thousands_apart_between_commas():
    assert read_vectors(("t.csv", b"a;b\n1,234;2\n2,345;3\n")).values[0, 0] == np.float32(1.234)
    assert read_vectors(("t.csv", b'a,b\n"1,234",2\n"2,345",3\n')).values[0, 0] == 1234


def test_missing_cells_and_minus_signs_of_every_kind():
    text = "a;b\n\u22121,5;1\nn/a;2\n-;3\n1.000,5;4\nNaN;5\n-inf;6\n+2;7\n"
    read = read_vectors(("t.csv", text.encode()))
    assert read.values.tolist() == [[-1.5, 1], [1000.5, 4], [2, 7]]
    assert "4 rows with missing or infinite values were left out." in read.notes


def test_truths_are_numbers_and_no_labels():
    read = read_vectors(("t.csv", b"a,is_wet,sort\n1,True,x\n2,false,y\n3,,x\n4,TRUE,y\n"))
    assert read.values.tolist() == [[1, 1], [2, 0], [4, 1]]
    assert read.labels == ("x", "y", "y")


def test_a_cell_that_is_no_number_among_unusual_ones_is_named():
    content = table(lambda row: (f"x{row}", "much" if row == 7 else f"1.{row:03d},5", f"{row},25"))
    with pytest.raises(TableError, match=r"1 of 30 rows: row 9 has “much” in column “a”, which is not a number"):
        read_vectors(content)
    assert read_vectors(content, good_rows_only=True).values.shape == (29, 2)
    assert read_vectors(content, roles={"a": "left out"}).values.shape == (30, 1)


def test_numbers_of_a_column_of_labels_are_written_without_a_point():
    read = read_vectors(("t.csv", b"a,label,code\n1.5,0.0,007\n2.5,1.0,008\n3.5,,011\n"), name_column="code")
    assert (read.labels, read.names) == (("0", "1", None), ("007", "008", "011"))


@pytest.mark.parametrize("n_bad", [1, 14])
def test_a_column_counts_as_numbers_when_half_of_it_is(n_bad):
    content = table(lambda row: (f"x{row}", "owl" if row < n_bad else str(row), f"{row}.5"))
    with pytest.raises(TableError, match=f"{n_bad} of 30 rows: row 2 has “owl” in column “a”"):
        read_vectors(content)


def test_a_column_with_few_numbers_is_text():
    content = table(lambda row: (f"x{row}", "owl" if row < 16 else str(row), f"{row}.5"))
    assert read_vectors(content).values.shape == (30, 1)
