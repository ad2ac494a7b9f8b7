"""Atomic, verified download of one file."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from featx_core.base.progress import ProgressCallback

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
LOCK_SECONDS = 60.0  # without any headway of the process that holds the lock
LOCK_POLL_SECONDS = 0.2
TRIES = 3
PAUSE_SECONDS = 0.5  # before the second try; doubled before the third
CHUNK_BYTES = 1 << 18
MAX_TIMES_EXPECTED = 2
SLACK_BYTES = 16 << 20
_BUSY, _CLOSED = (408, 425, 429), (401, 402, 403, 407, 451)  # codes of servers
PARTIAL_SUFFIX = ".part"
WRONG_SUFFIX = ".wrong"

Check = Callable[[Path], str | None]
"""Says what is wrong with a file, in a few plain words, or None."""


class DownloadError(Exception):
    """A file that could not be downloaded, and why, in a few plain words that follow "could not be downloaded: "."""


class _Retry(Exception):  # noqa: N818 - a request, not a fault
    """This try failed with a reason; another may succeed."""


def download(
    url: str, target: Path, *, check: Check, expected_bytes: int, on_progress: ProgressCallback | None = None
) -> Path:
    """Download a file under a temporary name beside `target`, check it, and move it there in one step.

    One process downloads, others wait for it. What arrived before a failure or a kill is kept in `target` + ".part" and
    continued, where the server allows. A wrong file at `target` is moved aside to `target` + ".wrong" when the right one
    has arrived.

    Args:
        url: Where the file is.
        target: Where it goes.
        check: Called with the temporary file; what it says about a wrong file ends up in the error.
        expected_bytes: About how large the file is. Progress is given against it until the server says; a file of more
            than twice that size is refused.
        on_progress: Called with bytes done and bytes in all. May raise `Cancelled`, which keeps what has arrived.

    Returns:
        `target`.

    Raises:
        DownloadError: If the file cannot be had, or what arrives is not that file.
    """
    report = on_progress or (lambda done, total: None)
    partial = target.with_name(target.name + PARTIAL_SUFFIX)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target, partial, expected_bytes, report):
            if target.is_file() and check(target) is None:
                return target
            _download_with_retries(url, partial, check, expected_bytes, report)
            _put_in_place(partial, target)
    except OSError as error:
        raise DownloadError(_disk_words(error)) from error
    return target


@contextmanager
def _locked(target: Path, partial: Path, expected_bytes: int, report: ProgressCallback) -> Iterator[None]:
    """Hold the lock of a file, waiting as long as whoever holds it makes headway."""
    lock = filelock.FileLock(f"{target}.lock")
    size, since = -1, time.monotonic()
    while True:
        try:
            lock.acquire(timeout=LOCK_POLL_SECONDS)
            break
        except filelock.Timeout:
            now = _size(partial)
            if now != size:
                size, since = now, time.monotonic()
        if time.monotonic() - since > LOCK_SECONDS:
            raise DownloadError("another process is downloading it without progress. Try again in a few minutes")
        report(min(now, expected_bytes), expected_bytes)
    try:
        yield
    finally:
        lock.release()


def _download_with_retries(
    url: str, partial: Path, check: Check, expected_bytes: int, report: ProgressCallback
) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            _download_once(url, partial, expected_bytes, report)
            problem = check(partial)
            if problem is None:
                return
            partial.unlink()
            raise _Retry(problem)
        except _Retry as error:
            if attempt == TRIES:
                raise DownloadError(str(error)) from error
            _pause(PAUSE_SECONDS * 2 ** (attempt - 1), partial, expected_bytes, report)


def _pause(seconds: float, partial: Path, expected_bytes: int, report: ProgressCallback) -> None:
    report(min(_size(partial), expected_bytes), expected_bytes)
    time.sleep(seconds)


def _download_once(url: str, partial: Path, expected_bytes: int, report: ProgressCallback) -> None:
    import requests

    start = _size(partial)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        with requests.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
            _receive(response, partial, start, expected_bytes, report)
    except requests.exceptions.ConnectTimeout as error:
        raise _Retry("the server did not answer") from error
    except (requests.exceptions.ReadTimeout, requests.exceptions.ChunkedEncodingError) as error:
        raise _Retry("the connection was interrupted") from error
    except requests.exceptions.SSLError as error:
        raise DownloadError("the server's certificate could not be verified") from error
    except requests.exceptions.ConnectionError as error:
        stalled = "timed out" in str(error).lower()
        raise _Retry("the connection was interrupted" if stalled else "there is no connection") from error
    except requests.exceptions.RequestException as error:
        raise DownloadError("its address cannot be used") from error


def _receive(
    response: requests.Response, partial: Path, start: int, expected_bytes: int, report: ProgressCallback
) -> None:
    import requests

    if response.status_code == requests.codes.requested_range_not_satisfiable:
        partial.unlink(missing_ok=True)
        raise _Retry("an earlier partial download could not be resumed")
    if response.status_code >= 500 or response.status_code in _BUSY:
        raise _Retry(f"the server has a problem (code {response.status_code})")
    if response.status_code in _CLOSED:
        raise DownloadError(f"the server does not let this computer have it (code {response.status_code})")
    if response.status_code not in (200, 206):
        raise DownloadError(f"the server does not have it (code {response.status_code})")
    is_continued = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
        f"bytes {start}-"
    )
    done = start if is_continued else 0
    length = response.headers.get("Content-Length", "")
    total = done + int(length) if length.isdigit() else None
    most = MAX_TIMES_EXPECTED * expected_bytes + SLACK_BYTES
    with partial.open("ab" if is_continued else "wb", buffering=0) as file:
        report(done, total or expected_bytes)
        for chunk in response.iter_content(CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            if done > most:
                raise DownloadError("the download is far larger than the expected file")
            report(done, total or max(done, expected_bytes))
        os.fsync(file.fileno())
    if total is not None and done != total:
        raise _Retry("the connection was interrupted")


def _put_in_place(partial: Path, target: Path) -> None:
    if target.exists():
        os.replace(target, target.with_name(target.name + WRONG_SUFFIX))
    os.replace(partial, target)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _disk_words(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "the folder for weights cannot be written to"
    return "the disk has a problem"
