"""Tables of numbers in: what is written comes back, and what cannot be read is named."""

import io
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest

from featx_core.extraction import export
from featx_core.extraction.features import Features
from featx_core.specs.pretrained import Pretrained
from featx_core.tables import layout
from featx_core.tables.layout import Choice, TableError
from featx_core.tables.reading import TABLE_FILES, look_at_table, read_table, read_vectors
from tests.toys.files.table_files import declared, npy, npz, parquet


class Marker:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b"1,2\n3,4\n", [[1, 2], [3, 4]]),
        (b"a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        (b"\xef\xbb\xbfa;b\n1,5;2\n3;4,25", [[1.5, 2], [3, 4.25]]),
        (b"a\tb\r\n1\t2e1\r\n-3\t.5\r\n", [[1, 20], [-3, 0.5]]),
        (b"1.0 2.0\n3.0 4.0\n", [[1, 2], [3, 4]]),
        ('"a","b"\n"1","2"\n'.encode("utf-16"), [[1, 2]]),
        (b"0,1\n0.5,0.25\n0.1,1\n", [[0.5, 0.25], [0.1, 1]]),
        (b"0,1\n2,3\n", [[0, 1], [2, 3]]),
        (b"a,b,\n1,2,\n3,4,\n", [[1, 2], [3, 4]]),
    ],
)
def test_a_table_of_text_however_it_is_written(text, values):
    np.testing.assert_array_equal(read_vectors(("t.csv", text)).values, np.array(values, np.float32))


def test_names_and_labels_are_guessed_from_headers_and_can_be_changed():
    text = "file;class;site;x\nä.png;owl;north;1,5\nb.png;;south;2".encode("cp1252")
    guessed = read_vectors(("t.csv", text))
    assert guessed.names == ("ä.png", "b.png")
    assert guessed.labels == ("owl", None)
    assert guessed.notes == ("1 column without numbers left out: site.",)
    chosen = read_vectors(("t.csv", text), name_column="", label_column="site")
    assert (chosen.names, chosen.labels) == (None, ("north", "south"))
    with pytest.raises(TableError, match=r"has no column “colour”\. It has: file, class, site, x"):
        read_vectors(("t.csv", text), label_column="colour")


def test_what_a_file_offers():
    found = look_at_table(("t.csv", b"id,label,y,x\n7,1,0.5,2\n8,0,1.5,3\n"))
    roles = [(column.name, column.role) for column in found.columns]
    assert roles == [("id", "name"), ("label", "label"), ("y", "feature"), ("x", "feature")]
    assert (found.name_column, found.label_column, found.has_header) == ("id", "label", True)
    read = read_table(("t.csv", b"id,label,y,x\n7,1,0.5,2\n8,0,1.5,3\n"), Choice())
    assert (read.names, read.labels, read.values.tolist()) == (("7", "8"), ("1", "0"), [[0.5, 2], [1.5, 3]])


def test_without_a_header_text_columns_are_told_by_what_is_in_them():
    read = read_vectors(("t.csv", b"a.png,owl,1\nb.png,cat,2\nc.png,owl,3\nd.png,cat,4\n"))
    assert (read.names, read.labels) == (("a.png", "b.png", "c.png", "d.png"), ("owl", "cat", "owl", "cat"))
    with_header = read_vectors(("t.csv", b"a.png,1\nb.png,2\nc.png,3\n"), has_header=True)
    assert with_header.names == ("b.png", "c.png")


def test_the_first_bad_row_and_column_are_named_and_good_rows_kept_only_on_request():
    text = b"name,a,b\nu,1,2\nv,1\nw,3,owl\nx,5,1_000\ny,7,8\n"
    with pytest.raises(TableError) as caught:
        read_vectors(("t.csv", text))
    assert str(caught.value) == (
        "t.csv has rows that cannot be read, 3 of 5 rows: row 3 has 2 cells, the others have 3."
    )
    assert caught.value.n_good == 2
    kept = read_vectors(("t.csv", text), good_rows_only=True)
    assert kept.names == ("u", "y")
    assert kept.notes == ("3 rows that cannot be read left out: row 3 has 2 cells, the others have 3.",)
    with pytest.raises(TableError, match=r"row 3 has “owl” in column “b”, which is not a number"):
        read_vectors(("t.csv", b"a,b\n1,2\n3,owl\n5,6\n"))


def test_missing_values_and_empty_rows_are_dropped_with_their_count():
    read = read_vectors(("t.csv", b"name,a,b\nu,1,2\n\nv,,3\nw,nan,1\nx,inf,1\n,,\ny,1e300,2\nz,4,5\n"))
    assert read.names == ("u", "z")
    assert read.notes == ("4 rows with missing or infinite values were left out.",)


def test_names_are_made_safe_and_told_apart_and_formulas_come_back():
    read = read_vectors(("t.csv", "name,a\nowl,1\nowl,2\n,3\n'=1+1,4\n\u202eevil,5\n".encode()))
    assert read.names == ("owl", "owl #2", "row 3", "=1+1", "evil")
    assert read.notes == ("2 rows had no name, or that of another row, and got one with a number.",)


def test_too_many_cells_are_refused_on_the_way(monkeypatch):
    monkeypatch.setattr("featx_core.tables.formats.text_form.MAX_CELLS", 10)
    with pytest.raises(TableError, match="has more than 10 cells, the limit: save it as NPY or Parquet"):
        read_vectors(("t.csv", b"1,2\n" * 6))
    assert read_vectors(("t.csv", b"1,2\n" * 5)).values.shape == (5, 2)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"\n\n", "is empty"),
        ("t.csv", b"hello\nworld\n", "has no column of numbers"),
        ("t.csv", b"a,b\n", "has no column of numbers"),
        ("t.csv", b"a,b\nnan,1\n1,\n", "has no row without missing or infinite values"),
        ("t.csv", bytes(range(256)), "is not a table of text"),
        ("t.csv", b'a,b\n1,"2\n' + b"3,4\n" * 40_000, "that row has a cell without an end"),
        ("t.npy", b"no array", "is not a NumPy array that can be read"),
        ("t.npy", npy(np.array("owl")), "holds text, not numbers"),
        ("t.npy", npy(np.array([1j])), "holds complex numbers, not numbers"),
        ("t.npy", npy(np.array(1.0)), "has 0 axes"),
        ("t.npy", npy(np.zeros((2, 3, 4))), r"has 3 axes \(2 x 3 x 4\)"),
        ("t.npy", npy(np.zeros(3, [("a", "f4"), ("b", "f4")])), "is a structured array"),
        ("t.npy", npy(np.zeros((9, 9)))[:-1], "ends early"),
        ("t.npy", declared((10**12, 10**12)), "would unpack to .* MB; the limit is 256 MB"),
        ("t.npy", declared((200 * 1024**2,), "|u1"), "would unpack to 800 MB; the limit is 256 MB"),
        ("t.npy", npy(np.zeros((0, 3))), "has no row of numbers"),
        ("t.npz", b"PK\x03\x04 no archive", "is not a NumPy archive that can be read"),
        ("t.npz", npz(), "holds no array"),
        ("t.npz", npz(a=np.array(["u", "v"])), "its array “a” holds text, not numbers"),
        ("t.parquet", b"PAR1 no table", "is not a Parquet file that can be read"),
        ("t.parquet", parquet(pd.DataFrame({"a": ["u"]})), "has no column of numbers"),
        ("t.parquet", parquet(pd.DataFrame({"a": [[1.0], [2.0, 3.0]]})), "has lists of different lengths"),
        ("t.png", b"x", "is not a table of numbers: those are .csv"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_numbers_is_named_with_the_reason(name, content, reason):
    with pytest.raises(TableError, match=f"^{name} .*{reason}"):
        read_vectors((name, content))


@pytest.mark.parametrize("wrap", [lambda array: ("t.npy", npy(array)), lambda array: ("t.npz", npz(a=array))])
def test_pickles_are_never_unpacked(wrap, tmp_path):
    marker = Marker(tmp_path / "ran")
    with pytest.raises(TableError, match="contains Python objects, which featx never unpacks"):
        read_vectors(wrap(np.array([marker], dtype=object)))
    with pytest.raises(TableError, match="is not a NumPy array that can be read"):
        read_vectors(("t.npy", pickle.dumps(marker)))
    assert not marker.path.exists()
    pickle.loads(pickle.dumps(marker)).close()
    assert marker.path.exists()  # it would have shown


@pytest.mark.slow
def test_an_archive_that_unpacks_to_too_much_is_refused_by_what_it_declares(monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as member:
        member.write(declared((1_000_000, 100)))
        for _ in range(100):
            member.write(bytes(8_000_000))
    assert len(out.getvalue()) < 1_000_000
    monkeypatch.setattr("featx_core.tables.formats.npy.read_values", lambda *_: pytest.fail("was unpacked"))
    with pytest.raises(TableError, match="would unpack to 381 MB; the limit is 256 MB"):
        read_vectors(("bomb.npz", out.getvalue()))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("featx_core.tables.reading.MAX_FILE_BYTES", 3)
    with pytest.raises(TableError, match="is too large"):
        read_vectors(("t.csv", b"1,2\n3,4\n"))


def test_an_array_of_any_order_and_kind_of_number_comes_back():
    values = np.arange(12).reshape(4, 3)
    for array in (values, np.asfortranarray(values), values.astype(">f8"), values.astype(np.uint8), values > 3):
        np.testing.assert_array_equal(read_vectors(("t.npy", npy(array))).values, array.astype(np.float32))
    assert read_vectors(("t.npy", npy(np.arange(3)))).values.tolist() == [[0], [1], [2]]
    assert read_vectors(("t.npy", npy(values))).names is None


def test_the_likeliest_array_of_an_archive_is_taken_and_another_can_be_picked():
    content = npz(
        other=np.zeros((3, 9)), X=np.ones((3, 2)), test=np.full((2, 2), 5.0), y=np.array([0, 1, 0]),
        files=np.array(["a", "b", "c"]), objects=np.array([{}], dtype=object),
    )  # fmt: skip
    assert look_at_table(("t.npz", content)).arrays == ("X", "other", "test")
    read = read_vectors(("t.npz", content))
    assert (read.values.tolist(), read.names, read.labels) == ([[1, 1]] * 3, ("a", "b", "c"), ("0", "1", "0"))
    picked = read_vectors(("t.npz", content), array="test")
    assert (picked.values.tolist(), picked.names) == ([[5, 5]] * 2, None)
    with pytest.raises(TableError, match=r"has no table of numbers “owl”\. It has: X, other, test"):
        read_vectors(("t.npz", content), array="owl")


def test_columns_of_parquet_or_a_column_of_lists():
    table = pd.DataFrame({"label": ["u", None, "v"], "f0": [1, 2, 3], "f1": [0.5, 1.5, None], "name": ["a", "b", "c"]})
    read = read_vectors(("t.parquet", parquet(table)))
    assert (read.values.tolist(), read.names, read.labels) == ([[1, 0.5], [2, 1.5]], ("a", "b"), ("u", None))
    lists = pd.DataFrame({"id": [7, 8], "embedding": [[1.0, 2.0], [3.0, 4.0]]})
    read = read_vectors(("t.parquet", parquet(lists)))
    assert (read.values.tolist(), read.names) == ([[1, 2], [3, 4]], ("7", "8"))


def test_parquet_is_refused_by_what_it_declares(monkeypatch):
    monkeypatch.setattr("featx_core.tables.formats.parquet.MAX_FILE_BYTES", 1000)
    with pytest.raises(TableError, match="would unpack to"):
        read_vectors(("t.parquet", parquet(pd.DataFrame({"a": np.zeros(1000)}))))


@pytest.mark.parametrize(
    ("kind", "write", "notes"),
    [
        ("npz", export.to_npz, ()),
        ("csv", export.to_csv, ()),
        ("parquet", export.to_parquet, ("1 column left out (identifiers): sha256.",)),
    ],
)
def test_what_featx_writes_it_reads(kind, write, notes):
    values = np.random.default_rng(0).normal(size=(3, 2, 2)).astype(np.float32)
    names = ("=cmd()", "b.png", "c.png")
    features = Features(values, names, ("cat", None, "+1"), ("1", "2", "3"), Pretrained(pooling=None))
    read = read_vectors((f"features.{kind}", write(features)))
    np.testing.assert_array_equal(read.values, features.vectors)
    assert (read.names, read.labels, read.notes) == (names, ("cat", None, "+1"), notes)


def test_a_path_is_read_and_a_missing_one_named(tmp_path):
    (tmp_path / "Points.NPY").write_bytes(npy(np.eye(2)))
    assert read_vectors(tmp_path / "Points.NPY").values.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(TableError, match=r"^none.npy cannot be opened. Check its path.$"):
        read_vectors(tmp_path / "none.npy")


def test_every_kind_of_file_refuses_every_other(tmp_path):
    contents = {
        "csv": b"a,b\n1,2\n", "npy": npy(np.eye(2)), "npz": npz(a=np.eye(2)), "parquet": parquet(pd.DataFrame({"a": [1]})),
    }  # fmt: skip
    for kind in set(TABLE_FILES) - {"tsv"}:
        for other, content in contents.items():
            if kind != other:
                with pytest.raises(TableError, match=f"^t.{kind} "):
                    read_vectors((f"t.{kind}", content))


def test_the_limits_are_those_of_the_reliability_table():
    assert (layout.MAX_FILE_BYTES, layout.MAX_CELLS, layout.MAX_ROWS) == (256 * 1024**2, 5_000_000, 1_000_000)


@pytest.mark.parametrize("kind", ["npy", "npz", "parquet", "csv"])
def test_more_rows_than_memory_has_room_for_names_of_are_refused(monkeypatch, kind):
    values = np.arange(12.0).reshape(6, 2) ** 2
    table = pd.DataFrame(values, columns=["a", "b"])
    write = {
        "npy": lambda: npy(values),
        "npz": lambda: npz(X=values),
        "parquet": lambda: parquet(table),
        "csv": lambda: table.to_csv(index=False).encode(),
    }
    content = write[kind]()
    assert read_vectors((f"t.{kind}", content)).values.shape == (6, 2)
    monkeypatch.setattr(layout, "MAX_ROWS", 5)
    with pytest.raises(TableError, match=rf"^t\.{kind} has 6 rows; the limit is 5: keep a part of them\.$"):
        read_vectors((f"t.{kind}", content))


@pytest.mark.parametrize("packed", [False, True])
def test_a_damaged_array_is_named_and_another_not_taken_in_silence(packed):
    out = io.BytesIO()
    features = np.arange(72, dtype=np.float32).reshape(12, 6)
    (np.savez_compressed if packed else np.savez)(out, X=features, others=features[:, :2])
    content = bytearray(out.getvalue())
    start = 30 + int.from_bytes(content[26:28], "little") + int.from_bytes(content[28:30], "little")
    content[start + 2 : start + 30] = b"\xff" * 28
    vectors = read_vectors(("t.npz", bytes(content)))
    assert vectors.values.shape == (12, 2)
    assert vectors.notes == ("1 array left out (damaged): X.",)
