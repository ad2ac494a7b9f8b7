"""Reading tables in other processes: the same results, and no file that holds up or ends this one."""

import io
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from featx_core.tables.apart.examiners import TABLE_EXAMINERS, TableExaminer
from featx_core.tables.layout import Choice, Layout, TableError
from featx_core.tables.reading import look_at_table, read_table
from featx_core.tables.rows import Vectors

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by signals")


def npz(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def wide_csv(n_columns: int, n_rows: int = 3) -> bytes:
    """A gene table: one name a column."""
    header, row = (",".join(f"g{at}" for at in range(n_columns)), ",".join(["1.5"] * n_columns))
    return "\n".join([header, *[row] * n_rows]).encode()


FILES = {
    "labels.csv": b"file;kind;x;y\nowl.png;bird;1,5;2\ncat.png;pet;3;4\n",
    "percent.csv": b"name,share,ratio\na,12 %,0.5\nb,13 %,1.5\n",
    "one_hot.csv": b"class_oak,class_ash,x\n1,0,0.5\n0,1,0.25\n",
    "numbered.tsv": b"0\t1\t2\n3\t4\t9\n5\t6\t1\n7\t8\t1\n",
    "several.npz": npz(first=np.arange(12.0).reshape(4, 3), second=np.ones((4, 2))),
    "objects.npz": npz(X=np.eye(3), y=np.array([{}, 1, 2], dtype=object)),
}


def same(one: Vectors, other: Vectors) -> bool:
    return (one.names, one.labels, one.notes, one.columns) == (
        other.names,
        other.labels,
        other.notes,
        other.columns,
    ) and one.values.tolist() == other.values.tolist()


@pytest.mark.parametrize("name", FILES)
def test_another_process_finds_and_reads_what_this_one_would(name: str) -> None:
    source = name, FILES[name]
    assert TABLE_EXAMINERS.layout(source, Choice()) == look_at_table(source)
    assert same(TABLE_EXAMINERS.vectors(source, Choice()), read_table(source, Choice()))


def test_what_is_chosen_is_the_same_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "several.npz"
    path.write_bytes(FILES[path.name])
    choice = Choice(array="second")
    assert TABLE_EXAMINERS.layout(path, choice) == look_at_table(path, choice)
    assert TABLE_EXAMINERS.vectors(path, choice).values.tolist() == [[1, 1]] * 4
    changed = Choice(roles=(("kind", "name"), ("x", "left out")))
    source = "labels.csv", FILES["labels.csv"]
    assert same(TABLE_EXAMINERS.vectors(source, changed), read_table(source, changed))


def test_a_file_of_this_machine_that_has_changed_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x,y\n1,2\n3,4\n")
    assert TABLE_EXAMINERS.vectors(path, Choice()).values.tolist() == [[1, 2], [3, 4]]
    path.write_bytes(b"x,y,z\n5,6,7\n8,9,0\n")
    assert TABLE_EXAMINERS.vectors(path, Choice()).values.tolist() == [[5, 6, 7], [8, 9, 0]]
    path.unlink()
    with pytest.raises(TableError, match=r"^a\.csv cannot be opened"):
        TABLE_EXAMINERS.vectors(path, Choice())


def test_what_is_wrong_with_a_table_is_said_in_the_same_words() -> None:
    source = "t.csv", b"x,y\n1,2\nowl,4\n5,6\n7,8\n"
    with pytest.raises(TableError) as here:
        read_table(source, Choice())
    with pytest.raises(TableError) as there:
        TABLE_EXAMINERS.vectors(source, Choice())
    assert (str(there.value), there.value.n_good) == (str(here.value), here.value.n_good)
    assert here.value.n_good == 3


@pytest.mark.slow
def test_a_header_of_twenty_thousand_columns_costs_this_process_next_to_nothing() -> None:
    source = "genes.csv", wide_csv(20_000)
    TABLE_EXAMINERS.layout(("warm.csv", b"x,y\n1,2\n"), Choice())
    started = time.process_time()
    layout = TABLE_EXAMINERS.layout(source, Choice())
    seconds = time.process_time() - started
    assert isinstance(layout, Layout)
    assert len(layout.columns) == 20_000
    assert layout == look_at_table(source)
    there = time.process_time()
    look_at_table(source)
    assert seconds < 0.5 * (time.process_time() - there)


@pytest.fixture
def bad():
    made = TableExaminer("tests.toys.files.tables_badly", seconds=60.0)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"crash", r"^t\.csv crashes the program that reads it\.$"),
        (b"memory", r"^t\.csv does not fit into memory\.$"),
        (b"spin", r"^t\.csv takes more than 1 seconds to read\.$"),
    ],
)
def test_a_table_that_ends_or_blocks_the_process_is_named_and_the_next_one_read(
    bad: TableExaminer, content: bytes, words: str
) -> None:
    good = "fine.csv", b"x,y\n1,2\n"
    bad.layout(good, Choice())
    bad._seconds = 1.0 if content == b"spin" else bad._seconds
    with pytest.raises(TableError, match=words):
        bad.layout(("t.csv", content), Choice())
    bad._seconds = 60.0
    assert bad.vectors(good, Choice()).values.tolist() == [[1, 2]]


def test_what_nobody_expected_is_no_fault_of_the_table(bad: TableExaminer) -> None:
    with pytest.raises(RuntimeError, match="raised KeyError"):
        bad.layout(("t.csv", b"surprise"), Choice())
