"""Intake: from files, folders and zip archives to images, with a report of what was left out."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import logging
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from featx_core.base.files.file_names import (
    clean_name,
    clean_path,
    extension_note,
    is_system_file,
    label_of,
    tail_of,
    tails_of,
)
from featx_core.base.progress import ProgressCallback
from featx_core.images.archives import ZipMembers, is_zip, read_image, read_zip
from featx_core.images.decoding import ImageError, ImageFacts, examine
from featx_core.images.file_kinds import is_image
from featx_core.images.folder_labels import labels_of
from featx_core.images.found_files import FoundFile, files_in, left_out, open_file, reason_of
from featx_core.images.intake_report import IntakeReport

_DOCUMENTS = (
    ".docx",
    ".xlsx",
    ".pptx",
    ".odt",
    ".ods",
    ".odp",
    ".epub",
    ".jar",
    ".apk",
    ".keras",
    ".npz",
)  # zip inside
__all__ = ["Incoming", "IntakeReport", "Source", "read_sources"]

_N_EXAMINERS = min(4, os.cpu_count() or 1)
_EXAMINERS = ThreadPoolExecutor(
    _N_EXAMINERS, "featx-intake"
)  # of all intakes together: it bounds the memory of decoding

_LOG = logging.getLogger(__name__)
Source = Path | str | tuple[str, bytes | IO[bytes]]
Examine = Callable[..., tuple[ImageFacts, bytes, float]]


@dataclass(frozen=True)
class Incoming:
    """An image on its way into a workspace.

    Attributes:
        name: Safe to show, with as few of its folders as tell it from others of its source; not yet unique.
        path: Where it lay, with all its folders, safe to show.
        label: The folder that names its class, or None.
        digest: SHA-256 of `content`, in hexadecimal.
        content: The bytes of the file.
        facts: What is known of it.
        thumbnail: A small image of it, WebP.
        brightness: Mean lightness of the image, 0 (black) to 100 (white).
        origin: The archive or folder that it came in, or None.
        is_streamed: Whether the names of the others of its source were not known when the label was read: it is then its
            nearest folder.
    """

    name: str
    path: str
    label: str | None
    digest: str
    content: bytes
    facts: ImageFacts
    thumbnail: bytes
    brightness: float
    origin: str | None = None
    is_streamed: bool = False


def read_sources(
    sources: Iterable[Source],
    report: IntakeReport,
    *,
    on_progress: ProgressCallback | None = None,
    look: Examine | None = None,
    known_labels: Collection[str] = (),
) -> Iterator[Incoming]:
    """Read images one after another, no more than a few of them in memory.

    Nothing that a file does makes it raise: what cannot be used is named in the report.

    Args:
        sources: Paths of files, folders or zip archives, or `(name, content)` pairs, where content is bytes or a binary
            file. A name may hold folders, "birds/owl.jpg".
        report: Filled on the way, but for `added` and `duplicates`, which only the taker knows.
        on_progress: Called with files seen and files in all, as far as they are known by then.
        look: Looks at one file, as `examine` does, which it is unless given.
        known_labels: The labels that are in use, by which folders may be known.
    """
    files = _Files(report, list(sources) if not isinstance(sources, Iterator) else sources, known_labels)
    n_seen = 0
    for pending in _looked_at_ahead(files, look or examine):
        if on_progress is not None:
            on_progress(n_seen, max(files.n_known, n_seen + 1))
        n_seen += 1
        incoming = _settled(*pending, report) if pending is not None else None
        if incoming is not None:
            yield incoming
    if on_progress is not None and n_seen:
        on_progress(n_seen, n_seen)


class _Files:
    """All files of all sources, not read yet (None for those of systems), with a count of those that are known of."""

    def __init__(self, report: IntakeReport, sources: Iterable[Source], known_labels: Collection[str]) -> None:
        self._report = report
        self._known_labels = known_labels
        self._sources = sources
        self.n_known = len(sources) if isinstance(sources, list) else 0

    def __iter__(self) -> Iterator[FoundFile | None]:
        if not isinstance(self._sources, list):
            for source in self._sources:
                yield from self._of(source, None)
            return
        raw_names = [source[0] for source in self._sources if isinstance(source, tuple)]
        facts = iter(self._facts(raw_names))
        for source in self._sources:
            yield from self._of(source, next(facts) if isinstance(source, tuple) else None)

    def _facts(self, raw_names: list[str]) -> list[tuple[str, str | None] | None]:
        """Return what tells uploads apart and their labels, by the names of all; None for each where that fails."""
        try:
            labels = labels_of(raw_names, self._known_labels)
            return list(zip(tails_of([clean_path(raw) for raw in raw_names]), labels, strict=True))
        except Exception:
            _LOG.exception("The names of an upload could not be told apart.")
            return [None] * len(raw_names)

    def _of(self, source: Source, facts: tuple[str, str | None] | None) -> Iterator[FoundFile | None]:
        """Return the files of one source; where it fails, first or midway, it is given as a file that cannot be read."""
        try:
            if isinstance(source, tuple):
                yield from self._of_upload(*source, facts)
            elif Path(source).is_dir():
                yield from self._of_folder(Path(source))
            else:
                yield from self._of_path(Path(source))
        except Exception as error:
            yield left_out(str(source[0]) if isinstance(source, tuple) else Path(source).name, error)

    def _of_upload(
        self, raw: str, content: bytes | IO[bytes], facts: tuple[str, str | None] | None
    ) -> Iterator[FoundFile | None]:
        if is_system_file(raw):
            self._report.ignored += 1
            yield None
            return
        path = clean_path(raw)
        name, label = facts or (tail_of(path, 0), label_of(raw))
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        read = functools.partial(_read_stream, file, path)
        yield from self._of_stream(file, FoundFile(name, path, label, read, is_streamed=facts is None))

    def _of_path(self, path: Path) -> Iterator[FoundFile | None]:
        name = clean_name(path.name)
        try:
            file = open_file(path)
        except Exception as error:
            yield left_out(name, error)
            return
        with file:
            yield from self._of_stream(file, FoundFile(name, name, None, functools.partial(_read_stream, file, name)))

    def _of_folder(self, folder: Path) -> Iterator[FoundFile | None]:
        listed = list(files_in(folder))
        found = [(raw, file) for raw, file in listed if not is_system_file(raw)]
        self._report.ignored += len(listed) - len(found)
        self.n_known += len(found) - 1
        paths = [clean_path(raw) for raw, _ in found]
        labels = labels_of([raw for raw, _ in found], self._known_labels)
        for (_, file), path, name, label in zip(found, paths, tails_of(paths), labels, strict=True):
            if isinstance(file, Exception):
                yield left_out(name, file)
            else:
                yield FoundFile(name, path, label, functools.partial(_read_path, file), clean_name(folder.name))

    def _of_stream(self, file: IO[bytes], single: FoundFile) -> Iterator[FoundFile | None]:
        """Return the members of an archive, or the one file that it is when it is none."""
        name = clean_name(single.path)
        try:
            members = self._members(file, name)
        except Exception as error:
            yield left_out(name, error)
            return
        if members is None:
            yield single
            return
        self.n_known += members.n_members - 1
        yield from members

    def _members(self, file: IO[bytes], name: str) -> ZipMembers | None:
        if not is_zip(file):
            return None
        if name.lower().endswith(_DOCUMENTS):
            raise ImageError("is a document, not an image: export its images as PNG or JPEG")
        return read_zip(file, name, self._report, known_labels=self._known_labels)


def _read_stream(file: IO[bytes], path: str) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    content = read_image(file, size)
    if path.lower().endswith(".zip") and not is_image(content):
        raise ImageError("is not a zip archive that can be read")
    return content


def _read_path(path: Path) -> bytes:
    with open_file(path) as file:
        return read_image(file, os.fstat(file.fileno()).st_size)


def _looked_at_ahead(files: Iterable[FoundFile | None], look: Examine) -> Iterator[tuple[str, Future[Incoming]] | None]:
    """Read files, have several threads examine them a few ahead, and yield them in order."""
    ahead: deque[tuple[str, Future[Incoming]] | None] = deque()
    fault: Exception | None = None
    try:
        try:
            for found in files:
                ahead.append((found.name, _begun(found, look)) if found is not None else None)
                if len(ahead) > _N_EXAMINERS:
                    yield ahead.popleft()
        except Exception as error:  # the giver failed: what it gave before still counts
            fault = error
        while ahead:
            yield ahead.popleft()
        if fault is not None:
            raise fault
    finally:
        for pending in ahead:
            if pending is not None:
                pending[1].cancel()


def _begun(found: FoundFile, look: Examine) -> Future[Incoming]:
    """Read a file and have it examined. Any failure, here or there, becomes part of the outcome."""
    try:
        return _EXAMINERS.submit(_looked_at, found, found.read(), look)
    except Exception as error:
        failed: Future[Incoming] = Future()
        failed.set_exception(error)
        return failed


def _looked_at(found: FoundFile, content: bytes, look: Examine) -> Incoming:
    try:
        facts, small, lightness = look(content)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # not what reading a file raises: nobody has expected it
        raise RuntimeError(f"Looking at a file raised {type(error).__name__}.") from error
    facts = dataclasses.replace(facts, notes=(*facts.notes, *extension_note(found.path, facts.format)))
    return Incoming(
        name=found.name,
        path=found.path,
        label=found.label,
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
        facts=facts,
        thumbnail=small,
        brightness=lightness,
        origin=found.origin,
        is_streamed=found.is_streamed,
    )


def _settled(name: str, pending: Future[Incoming], report: IntakeReport) -> Incoming | None:
    """Take the outcome for a file: the one place where any failure it caused is caught, and the file named."""
    error = pending.exception()
    if error is not None:
        report.skipped.append((name, reason_of(error)))
        return None
    incoming = pending.result()
    report.converted.extend((name, note) for note in incoming.facts.notes)
    return incoming
