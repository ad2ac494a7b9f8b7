"""A file is written whole or not at all."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from featx_core.base.files import whole_file
from featx_core.base.files.whole_file import remove_strays, replacing, write_whole

ROOT = Path(__file__).resolve().parents[4]


def test_what_was_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"first")
    write_whole(path, (b"sec", memoryview(b"ond")))
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"old")

    def failing(part: Path) -> None:
        part.write_bytes(b"ne")
        part.with_name(part.name + "-journal").write_bytes(b"x")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), replacing(path) as part:
        failing(part)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole_file.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_the_writers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "no" / "a.bin", b"x")


def test_many_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    contents = [bytes([number]) * 200_000 for number in range(8)]
    threads = [threading.Thread(target=write_whole, args=(path, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_that_is_killed_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"old")
    script = f"""
        import os, signal
        from pathlib import Path
        from featx_core.base.files.whole_file import replacing
        with replacing(Path({str(path)!r})) as part:
            part.write_bytes(b"new")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, timeout=60, check=False)
    assert path.read_bytes() == b"old"
    (stray,) = (found for found in tmp_path.iterdir() if found != path)
    remove_strays(tmp_path)
    assert stray.exists()  # it may still be at work
    os.utime(stray, (0, 0))
    remove_strays(tmp_path)
    assert list(tmp_path.iterdir()) == [path]
