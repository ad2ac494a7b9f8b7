"""A full disk: the right words, a report of what came in, and a way out."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from featx_core.specs.pretrained import Pretrained
from featx_core.workspace import store
from featx_core.workspace.faults import opening_problem, writing_problem
from featx_core.workspace.reserve import Reserve
from featx_core.workspace.store import DamagedWorkspaceError, DiskFullError, WorkspaceBusyError
from featx_core.workspace.workspace import Workspace
from tests.toys.files.odd_files import encoded, picture

ROOT = Path(__file__).resolve().parents[3]
SPEC = Pretrained(weights="random")
MEGABYTE = 1024**2


def noise(seed: int, side: int = 400) -> bytes:
    """Make a PNG of about half a megabyte that nothing compresses."""
    from PIL import Image

    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return encoded(Image.fromarray(pixels), compress_level=0)


def images(count: int, start: int = 0) -> list[tuple[str, bytes]]:
    return [(f"{number:03d}.png", noise(number)) for number in range(start, start + count)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB of its own, where this machine allows to make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("may not make a disk of its own here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(folder: Path) -> None:
    """Fill a disk to its last byte, as other programs do."""
    with contextlib.suppress(OSError), (folder / "others").open("ab", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


def bring_in_until_full(workspace: Workspace) -> int:
    with pytest.raises(DiskFullError, match="the disk is full"):
        workspace.add(images(100))
    return len(workspace.images())


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mount") is None, reason="needs a disk of its own")
def test_a_small_disk_is_filled_and_there_is_a_way_out(small_disk: Path) -> None:
    workspace = Workspace.open(small_disk / "a.featx")
    n_images = bring_in_until_full(workspace)
    assert n_images > 10
    report = workspace.last_intake()
    assert report is not None
    assert report.added == n_images
    assert "The disk is full: the intake stopped there." in report.sentence()
    assert report.sentence().startswith(f"{n_images} images are ready.")
    fill(small_disk)
    assert shutil.disk_usage(small_disk).free == 0
    names = workspace.images().names
    workspace.set_labels({names[0]: "owl"})
    workspace.remove(names[1:4])
    key = workspace.removals.take_images(names[4:8])
    workspace.removals.finish(key)
    assert workspace.images().names == [names[0], *names[8:]]
    assert workspace.add(images(3, start=200)).added == 3
    workspace.close()


@pytest.mark.skipif(shutil.which("mount") is None, reason="needs a disk of its own")
def test_runs_can_be_removed_from_a_full_disk(small_disk: Path) -> None:
    workspace = Workspace.open(small_disk / "a.featx")
    workspace.add(images(4))
    digests = workspace.images().digests
    specs = [Pretrained(weights="random", seed=seed) for seed in range(60)]

    def run_all() -> None:
        for spec in specs:
            workspace.vectors.save(spec.digest, {digest: np.ones(100_000, np.float32) for digest in digests})
            workspace.ledger.save(spec, {})

    with pytest.raises(DiskFullError, match="the disk is full"):
        run_all()
    fill(small_disk)
    n_runs = len(workspace.ledger.runs())
    workspace.ledger.remove(specs[0].digest)
    key = workspace.removals.take_runs([specs[1].digest])
    workspace.removals.finish(key)
    assert len(workspace.ledger.runs()) == n_runs - 2
    workspace.vectors.save(SPEC.digest, {digests[0]: np.ones(1_000, np.float32)})


@pytest.mark.skipif(shutil.which("mount") is None, reason="needs a disk of its own")
def test_a_full_disk_is_not_called_damage_and_the_reserve_opens_the_file(small_disk: Path) -> None:
    reserve = Reserve(small_disk / "reserve", MEGABYTE)
    Workspace.open(small_disk / "a.featx", reserve=reserve).close()
    assert (small_disk / "reserve").stat().st_size == MEGABYTE
    fill(small_disk)
    with pytest.raises(DiskFullError, match=r"cannot be opened: the disk is full\. Nothing in it is lost"):
        Workspace.open(small_disk / "a.featx")
    workspace = Workspace.open(small_disk / "a.featx", reserve=reserve)
    assert len(workspace.images()) == 0


@pytest.mark.slow
def test_a_quota_that_nobody_sees_before_is_said_and_there_is_a_way_out(tmp_path: Path) -> None:
    """Files of this process may have 12 MB: as a quota does, it fails the write that goes over it."""
    script = f"""
        import resource, signal
        from featx_core.workspace.workspace import Workspace
        from featx_core.workspace.store import DiskFullError
        from tests.featx_core.workspace.test_full_disk import images
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000_000, 12_000_000))
        workspace = Workspace.open({str(tmp_path / "a.featx")!r})
        try:
            workspace.add(images(60))
        except DiskFullError as error:
            print(error)
        names = workspace.images().names
        workspace.remove(names[:5])
        print(len(names) > 10, len(workspace.images()) == len(names) - 5, workspace.last_intake().added == len(names))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "Results are not being saved: the disk or its quota is full.",
        "True True True",
    ], done.stderr


def test_a_disk_with_little_room_is_full_before_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace.open(tmp_path / "a.featx")
    workspace.add(images(1))
    disk = SimpleNamespace(total=1000 * MEGABYTE, used=0, free=store.MARGIN_BYTES)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda path: disk)
    with pytest.raises(DiskFullError, match="the disk is full"):
        workspace.add(images(8, start=1))
    with pytest.raises(DiskFullError, match="the disk is full"):
        workspace.put_result("key", bytes(10 * MEGABYTE))
    with pytest.raises(DiskFullError, match="the disk is full"):
        workspace.put_artefact("weights.h5", bytes(10 * MEGABYTE))
    workspace.title = "Small things still find room"
    disk.free = 100 * MEGABYTE
    assert workspace.add(images(2, start=1)).added == 2


def test_the_report_of_an_intake_is_there_though_the_disk_does_not_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace.open(":memory:")
    workspace.add(images(1))

    def full(*arguments: object) -> None:
        raise DiskFullError("Results are not being saved: the disk is full.")

    monkeypatch.setattr(workspace, "set_fact", full)
    report = workspace.add([("1.png", noise(1)), ("notes.txt", b"hello")])
    assert workspace.last_intake() == report
    assert report.skipped == [("notes.txt", "is text, not an image")]
    monkeypatch.undo()
    workspace.add([("2.png", noise(2))])
    found = workspace.last_intake()
    assert found is not None
    assert (found.added, found.skipped) == (1, [])


def failed(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("whatever SQLite says")
    error.sqlite_errorname = name  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("SQLITE_FULL", DiskFullError, "the disk is full"),
        ("SQLITE_IOERR_WRITE", DiskFullError, "the disk or its quota is full"),
        ("SQLITE_IOERR_SHMSIZE", DiskFullError, "the disk or its quota is full"),
        ("SQLITE_READONLY_DBMOVED", DiskFullError, "read-only"),
        ("SQLITE_BUSY", WorkspaceBusyError, "another program is writing to it"),
        ("SQLITE_ERROR", sqlite3.OperationalError, "whatever SQLite says"),
    ],
)
def test_what_keeps_from_writing_is_said_in_words(tmp_path: Path, name: str, kind: type, words: str) -> None:
    problem = writing_problem(failed(name), str(tmp_path / "a.featx"))
    assert type(problem) is kind
    assert words in str(problem)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_FULL", "the disk is full. Nothing in it is lost"),
        ("SQLITE_NOTADB", "is not a featx workspace"),
        ("SQLITE_BUSY_RECOVERY", "Another program has kept this workspace locked"),
        ("SQLITE_CANTOPEN", "its folder is missing or not accessible"),
        ("SQLITE_READONLY", "read-only"),
        ("SQLITE_IOERR_READ", "the disk reports an error"),
        ("SQLITE_CORRUPT", "is damaged or was edited"),
        ("", "is damaged or was edited"),
    ],
)
def test_what_keeps_from_opening_is_said_in_words(tmp_path: Path, name: str, words: str) -> None:
    problem = opening_problem(failed(name), str(tmp_path / "a.featx"), 5.0)
    assert words in str(problem)
    assert isinstance(problem, DamagedWorkspaceError) == ("damaged" in words)


@pytest.mark.parametrize("name", ["SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE", "SQLITE_CANTOPEN"])
def test_an_error_of_the_disk_is_fullness_where_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=MEGABYTE, used=MEGABYTE, free=0))
    assert "the disk is full" in str(opening_problem(failed(name), str(tmp_path / "a.featx"), 5.0))
    assert "the disk is full" in str(writing_problem(failed(name), str(tmp_path / "a.featx")))


def test_the_reserve_is_held_given_up_and_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "reserve"
    reserve = Reserve(path, MEGABYTE)
    assert not reserve.give_up()
    reserve.take()
    assert path.stat().st_size == MEGABYTE
    assert reserve.give_up()
    assert not path.exists()
    reserve.take_back()
    assert path.stat().st_size == MEGABYTE
    assert reserve.give_up()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=9, used=9, free=2 * MEGABYTE))
    reserve.take()
    assert not path.exists()


def test_a_reserve_that_cannot_be_made_is_no_fault(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "no folder" / "reserve")
    reserve.take()
    reserve.take_back()
    assert not reserve.give_up()


@pytest.mark.skipif(shutil.which("mount") is None, reason="needs a disk of its own")
def test_a_copy_for_which_there_is_no_room_is_said(small_disk: Path, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "a.featx")
    workspace.add([("a.png", encoded(picture()))])
    fill(small_disk)
    with pytest.raises(DiskFullError, match="the disk is full"):
        workspace.copy_to(small_disk / "copy.featx")
