"""Tables of any content: what is written comes back, and what is no table is refused in a sentence."""

import csv
import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from featx_core.tables.columns.numerals import is_missing
from featx_core.tables.layout import TableError
from featx_core.tables.reading import TABLE_FILES, read_vectors

NUMBERS = st.floats(-1e6, 1e6, width=32)
WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Co", "Cn", "Z")), min_size=1, max_size=12)
# A column of "none" and "-" alone holds no names; the reader says so.
NAMES = WORDS.filter(lambda word: not is_missing(word))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=12)),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.data(),
)
def test_any_table_that_is_written_comes_back(rows, form, encoding, data):
    delimiter, point = form
    names = data.draw(st.lists(NAMES, min_size=len(rows), max_size=len(rows)))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["name", *(f"v{at}" for at in range(len(rows[0])))])
    for name, row in zip(names, rows, strict=True):
        writer.writerow([name, *(repr(float(np.float32(value))).replace(".", point) for value in row)])
    read = read_vectors(("t.csv", out.getvalue().encode(encoding)), name_column="name", label_column="")
    np.testing.assert_array_equal(read.values, np.array(rows, np.float32))
    assert len(set(read.names)) == len(rows)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text("01a,;\t\n\"' .-_eE+naif\r", max_size=200).map(str.encode))
def test_whatever_a_file_holds_it_gives_vectors_or_one_sentence(content):
    for kind in TABLE_FILES:
        try:
            read = read_vectors((f"t.{kind}", content))
        except TableError as error:
            said = str(error)
        else:
            said = f"t.{kind} is read"
            assert np.isfinite(read.values).all()
            assert read.values.dtype == np.float32
            assert len(read.labels) == len(read.values) > 0
        assert said.startswith(f"t.{kind} ")
