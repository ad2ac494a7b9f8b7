"""The SQLite file: what is refused, what survives, what several users see."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from featx_core.workspace import preparation, schema
from featx_core.workspace.store import DamagedWorkspaceError, DiskFullError, Store, WorkspaceBusyError, WorkspaceError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.featx"


def test_a_new_file_carries_version_and_application_id(path):
    Store(path).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(schema.MIGRATIONS)
        assert connection.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_an_old_schema_is_migrated_and_keeps_its_rows(path, monkeypatch):
    first = Store(path)
    with first.transaction() as connection:
        connection.execute("INSERT INTO facts VALUES ('title', 'Trip')")
    first.close()
    further = (*schema.MIGRATIONS, ("CREATE TABLE added (id INTEGER PRIMARY KEY)",))
    monkeypatch.setattr(schema, "MIGRATIONS", further)
    second = Store(path)
    assert second.value("SELECT value FROM facts WHERE name = 'title'") == "Trip"
    assert second.rows("SELECT * FROM added") == []
    assert second.value("PRAGMA user_version") == len(further)


def test_a_newer_schema_is_refused_and_left_alone(path):
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(WorkspaceError, match="newer featx"):
        Store(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 99


def test_a_text_file_is_no_workspace(path):
    path.write_text("hello " * 1000)
    with pytest.raises(WorkspaceError, match="not a featx workspace"):
        Store(path)
    assert path.read_text().startswith("hello")


def test_a_database_of_another_program_is_refused_unchanged(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(WorkspaceError, match="not a featx workspace"):
        Store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER INSERT ON facts BEGIN DELETE FROM images; END",
        "CREATE VIEW extra AS SELECT * FROM facts",
        "ALTER TABLE facts ADD COLUMN more TEXT",
    ],
)
def test_parts_that_featx_did_not_make_are_refused(path, statement):
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    with pytest.raises(WorkspaceError, match="parts that featx does not know"):
        Store(path)


def test_damage_is_found_on_opening(path):
    made = Store(path)
    with made.transaction() as connection:
        connection.executemany("INSERT INTO facts VALUES (?, ?)", [(str(i), "x" * 500) for i in range(200)])
    made.copy_to(path.with_name("copy.featx"))
    damaged = path.with_name("copy.featx")
    content = bytearray(damaged.read_bytes())
    page = preparation.PAGE_BYTES
    content[-page : -page + 200] = b"\xff" * 200
    damaged.write_bytes(content)
    with pytest.raises(WorkspaceError, match="damaged"):
        Store(damaged)


def insert_then_fail(made: Store) -> None:
    with made.transaction() as connection:
        connection.execute("INSERT INTO facts VALUES ('a', 'b')")
        raise RuntimeError("stop")


def test_a_transaction_that_fails_leaves_nothing(path):
    made = Store(path)
    with pytest.raises(RuntimeError, match="stop"):
        insert_then_fail(made)
    assert made.rows("SELECT * FROM facts") == []


def test_a_full_disk_is_said_in_words(path):
    made = Store(path)
    made.rows("PRAGMA max_page_count = 30")
    with pytest.raises(DiskFullError, match="the disk is full"), made.transaction() as connection:
        connection.execute("INSERT INTO facts VALUES ('big', ?)", ("x" * 10**6,))
    assert made.rows("SELECT * FROM facts") == []


def test_a_file_only_for_reading_is_said_in_words(path):
    made = Store(path)
    made.rows("PRAGMA query_only = ON")
    with pytest.raises(DiskFullError, match="read-only"), made.transaction() as connection:
        connection.execute("INSERT INTO facts VALUES ('a', 'b')")


def test_threads_and_a_second_opening_write_at_the_same_time(path):
    stores = [Store(path), Store(path)]

    def write(number: int) -> None:
        for i in range(20):
            with stores[number % 2].transaction() as connection:
                connection.execute("INSERT INTO facts VALUES (?, 'x')", (f"{number}-{i}",))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert stores[0].value("SELECT count(*) FROM facts") == 80


def test_a_copy_is_whole_and_stands_alone(path, tmp_path):
    made = Store(path)
    with made.transaction() as connection:
        connection.execute("INSERT INTO facts VALUES ('a', 'b')")
    made.copy_to(tmp_path / "copy.featx")
    assert Store(tmp_path / "copy.featx").rows("SELECT * FROM facts") == [("a", "b")]


@contextlib.contextmanager
def held(path: Path, statement: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Let another program hold a file: with "BEGIN IMMEDIATE" for writing, or so that nobody can read it either."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        if statement == "read":
            holder.execute("PRAGMA locking_mode = EXCLUSIVE")
            statement = "BEGIN IMMEDIATE"
        holder.execute(statement)
        holder.execute("INSERT OR REPLACE INTO facts VALUES ('held', 'x')")
        yield


def write(made: Store, name: str) -> None:
    with made.transaction() as connection:
        connection.execute("INSERT INTO facts VALUES (?, 'x')", (name,))


def test_a_file_that_another_program_writes_to_is_said_in_words_and_written_later(path):
    made = Store(path, patience=0.3)
    with held(path):
        started = time.monotonic()
        with pytest.raises(WorkspaceBusyError, match=r"another program is writing to it\. Nothing was changed"):
            write(made, "a")
        assert time.monotonic() - started < 5
    write(made, "a")
    assert made.value("SELECT count(*) FROM facts WHERE name = 'a'") == 1


@pytest.mark.slow
def test_while_one_thread_waits_for_the_file_others_read_it(path):
    made = Store(path, patience=20.0)
    waits: list[float] = []
    with held(path):
        writer = threading.Thread(target=write, args=(made, "a"))
        writer.start()
        for _ in range(10):
            started = time.monotonic()
            made.rows("SELECT * FROM facts")
            waits.append(time.monotonic() - started)
            time.sleep(0.05)
    writer.join(30)
    assert made.value("SELECT count(*) FROM facts WHERE name = 'a'") == 1
    assert max(waits) < 5


def test_a_file_that_cannot_even_be_read_now_is_said_in_words(path):
    made = Store(path, patience=0.3)
    made.close()
    with held(path, "read"), pytest.raises(WorkspaceBusyError, match="Another program has kept this workspace locked"):
        Store(path, patience=0.3)
    assert Store(path).rows("SELECT * FROM facts WHERE name = 'held'") == []


def test_what_is_damaged_while_it_is_open_is_said_in_words(path):
    made = Store(path)
    with made.transaction() as connection:
        connection.executemany("INSERT INTO facts VALUES (?, ?)", [(str(i), "x" * 5_000) for i in range(200)])
    made.settle()
    with path.open("r+b") as file:
        file.seek(preparation.PAGE_BYTES)
        file.write(b"\xff" * (path.stat().st_size - preparation.PAGE_BYTES))
    with contextlib.closing(sqlite3.connect(path)):
        made._connection.execute("PRAGMA cache_size = 0")
        with pytest.raises(DamagedWorkspaceError, match="damaged or was edited"):
            made.rows("SELECT * FROM facts")


def test_a_wrong_statement_is_no_fault_of_the_file(path):
    made = Store(path)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        made.rows("SELECT * FROM missing_table")


def test_what_was_found_out_is_kept_until_the_file_is_changed_here_or_elsewhere(path):
    store, other = Store(path), Store(path)

    def count() -> int:
        asked.append(1)
        return store.value("SELECT count(*) FROM facts")

    asked: list[int] = []
    assert [store.once("facts", count), store.once("facts", count)] == [0, 0]
    assert len(asked) == 1
    for number, writer in enumerate((store, other), start=1):
        with writer.transaction() as connection:
            connection.execute("INSERT INTO facts VALUES (?, 'x')", (str(number),))
        assert [store.once("facts", count), store.once("facts", count)] == [number, number]
        assert len(asked) == 1 + number
    store.close()
    other.close()
