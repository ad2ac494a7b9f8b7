"""What columns are taken for by their names, and roles that are stated."""

import numpy as np
import pandas as pd
import pytest

from featx_core.tables.layout import Choice, TableError
from featx_core.tables.reading import open_table, read_vectors
from tests.toys.files.table_files import csv, npz
from tests.toys.files.tables_of_noise import CODES, FRAME, NOISE, SHUFFLED, WORDS, N, is_clean, roles, with_column


def test_numbers_that_are_called_for_something_that_may_count_rows_stay_features_unless_they_do():
    for name in ("position", "number", "n", "order"):
        read = read_vectors(("t.csv", csv(with_column(name, SHUFFLED).assign(label=WORDS), index=False)))
        assert read.values.shape == (N, 17)
        assert is_clean(read_vectors(("t.csv", csv(with_column(name, range(N)).assign(label=WORDS), index=False))))


def test_of_numbers_and_texts_that_say_the_same_the_texts_are_the_labels():
    read = read_vectors(("t.csv", csv(FRAME.assign(class_id=CODES, group=WORDS), index=False)))
    assert is_clean(read)
    site = np.tile(["north", "south"], N // 2)
    assert is_clean(read_vectors(("t.csv", csv(FRAME.assign(class_id=CODES, group=site), index=False))), "012")


def test_labels_of_few_rows_without_a_telling_name():
    few = NOISE[::10]
    for labels in (CODES[::10], CODES[::10] * 1.0, WORDS[::10]):
        read = read_vectors(("t.npz", npz(arr_0=few, arr_1=labels)))
        assert (read.values.shape, len(set(read.labels) - {None})) == ((12, 16), 3)


def test_y_beside_x_is_a_coordinate_and_else_the_target():
    points = pd.DataFrame({"x": NOISE[:, 0], "y": NOISE[:, 1], "kind": WORDS})
    assert roles("t.csv", csv(points, index=False), "x", "y") == ("feature", "feature")
    target = FRAME.assign(y=NOISE[:, 0] * 2)
    assert roles("t.csv", csv(target, index=False), "f0", "y") == ("feature", "left out")


def test_texts_that_are_the_same_everywhere_or_look_like_numbers_are_no_labels():
    frame = FRAME.assign(camera="one", when=np.repeat(["2024-01-01", "2024-01-02"], N // 2), sort=WORDS)
    frame["price"] = [f"$1,{row:03d}.50" for row in range(N)]
    read = read_vectors(("t.csv", csv(frame, index=False)))
    assert is_clean(read)
    assert read.names is None
    assert read.notes == ("3 columns without numbers left out: camera, when, price.",)


def test_small_tables_are_taken_at_their_word():
    read = read_vectors(("t.csv", b"a,b\n1,5\n2,5\n3,6\n"))
    assert read.values.tolist() == [[1, 5], [2, 5], [3, 6]]
    assert read_vectors(("t.csv", b"x\n" + b"\n".join(b"%d" % row for row in range(50)))).values.shape == (50, 1)


def test_stated_roles_count_whatever_the_guess():
    content = csv(FRAME.assign(uid=SHUFFLED, class_id=CODES, label=WORDS), index=False)
    read = read_vectors(("t.csv", content), roles={"class_id": "feature", "uid": "feature", "f3": "left out"})
    assert read.values.shape == (N, 17)
    assert (read.names, set(read.labels)) == (None, set(WORDS))
    read = read_vectors(("t.csv", content), roles={"class_id": "label"})
    assert set(read.labels) == {"0", "1", "2"}
    assert {column.name: column.role for column in read.columns}["label"] == "left out"
    read = read_vectors(("t.csv", content), label_column="", name_column="label")
    assert (set(read.labels), read.names[:2], read.values.shape) == ({None}, ("oak", "oak #2"), (N, 16))
    table = open_table(("t.csv", content), Choice())
    assert is_clean(table.vectors(Choice()))
    assert table.vectors(Choice(roles=(("f0", "name"),))).values.shape == (N, 15)


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({"colour": "feature"}, "has no column “colour”. It has: f0, f1"),
        ({"label": "feature"}, "cannot use “label” as a feature: it holds text"),
        ({"f0": "label", "f1": "label"}, "cannot use f0, f1 as labels: they are not one-hot"),
        ({"f0": "label", "label": "label"}, "has 2 columns for the labels: f0, label"),
        ({"f0": "name", "f1": "name"}, "has 2 columns for the names: f0, f1"),
        ({"empty": "label"}, "cannot use “empty” as labels: it holds nothing"),
        (dict.fromkeys(FRAME, "left out"), "has no column of numbers: “f0” has numbers"),
    ],
)
def test_a_role_that_a_column_cannot_have_is_refused(stated, reason):
    with pytest.raises(TableError, match=f"^t.csv {reason}"):
        read_vectors(("t.csv", csv(FRAME.assign(label=WORDS, empty=""), index=False)), roles=stated)


def test_a_role_that_there_is_not_is_refused():
    with pytest.raises(
        ValueError, match=r"`roles` must be among 'feature', 'label', 'name', 'left out'\. Received: 'x' for 'a'"
    ):
        read_vectors(("t.csv", b"a\n1"), roles={"a": "x"})


def test_where_nothing_is_left_each_column_says_what_it_is():
    with pytest.raises(TableError, match="has no column of numbers: “file” has the row names, “id” has identifiers"):
        read_vectors(("t.csv", b"file,id\na,70\nb,81\nc,92\n"))
