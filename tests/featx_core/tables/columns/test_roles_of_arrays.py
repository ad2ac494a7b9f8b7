"""What the arrays of an archive are taken for."""

import numpy as np
import pytest

from featx_core.tables.reading import look_at_table, read_vectors
from tests.toys.files.table_files import npz
from tests.toys.files.tables_of_noise import CODES, NOISE, WORDS, N, is_clean


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (WORDS, ("oak", "elm", "ash")),
        (WORDS[:, None], ("oak", "elm", "ash")),
        (WORDS[None], ("oak", "elm", "ash")),
        (np.char.encode(WORDS), ("oak", "elm", "ash")),
        (CODES, "012"),
        (CODES[:, None].astype(np.uint8), "012"),
        (CODES.astype(np.float32), "012"),
        (CODES[:, None] * 1.0, "012"),
        (np.eye(3)[CODES], "012"),
        (np.eye(3, dtype=bool)[CODES], "012"),
        (CODES > 0, ("False", "True")),
    ],
)
def test_labels_of_an_archive_have_any_shape_and_type(labels, found):
    for name in ("y", "labels", "train_labels", "thing"):
        assert is_clean(read_vectors(("t.npz", npz(X=NOISE, **{name: labels}))), found)


def test_arrays_that_cannot_be_used_are_named():
    objects = np.array(WORDS.tolist(), dtype=object)
    read = read_vectors(("t.npz", npz(X=NOISE, y=objects)))
    assert is_clean(read, (None,))
    assert read.notes == ("1 array left out (Python objects, which featx never unpacks): y.",)
    split = npz(x_train=NOISE, y_train=WORDS, x_test=NOISE[:4], y_test=WORDS[:4])
    read = read_vectors(("t.npz", split))
    assert is_clean(read)
    assert read.notes == ("2 arrays left out (4 rows rather than 120): x_test, y_test.",)
    assert read_vectors(("t.npz", split), array="x_test").labels == ("oak",) * 4
    other = npz(
        X=NOISE, when=np.zeros(N, "M8[D]"), grid=np.zeros((N, 2, 2)), shares=np.full((N, 3), 1 / 3), n=7, ids=range(N)
    )
    read = read_vectors(("t.npz", other))
    assert is_clean(read, (None,))
    assert [(column.name, column.role, column.why or column.holds) for column in read.columns[1:]] == [
        ("when", "left out", "dates"), ("grid", "left out", "3 axes"),
        ("shares", "left out", "vectors beside “X”"), ("n", "left out", "a single value"), ("ids", "name", "numbers"),
    ]  # fmt: skip


def test_arrays_of_one_axis_are_columns_of_one_table():
    read = read_vectors(("t.npz", npz(a=NOISE[:, 0], b=NOISE[:, 1], label=CODES * 1.0)))
    np.testing.assert_array_equal(read.values, NOISE[:, :2].astype(np.float32))
    assert set(read.labels) == {"0", "1", "2"}


def test_several_arrays_without_telling_names_are_asked_about():
    assert look_at_table(("t.npz", npz(a=NOISE, b=NOISE[:, :3]))).is_doubtful
    assert not look_at_table(("t.npz", npz(X=NOISE, b=NOISE[:, :3]))).is_doubtful
    assert not look_at_table(("t.npz", npz(a=NOISE, labels=CODES))).is_doubtful
    read = read_vectors(("t.npz", npz(a=NOISE, b=NOISE[:, :3])))
    assert is_clean(read, (None,))
    assert read.notes == ("1 array left out (vectors beside “a”): b.",)
