"""Intake: from files, folders and zip archives to images, with a report of what was left out."""

from __future__ import annotations

import functools
import io
import logging
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO

from featx_core.base.files.file_names import (
    clean_name,
    clean_path,
    is_system_file,
    label_of,
    tail_of,
    tails_of,
)
from featx_core.base.progress import ProgressCallback
from featx_core.images.archives import ZipMembers, is_zip, read_image, read_zip
from featx_core.images.arriving.ahead import Examine, looked_at_ahead, settled
from featx_core.images.arriving.incoming import Incoming, Known
from featx_core.images.decoding import ImageError, examine
from featx_core.images.file_kinds import is_image
from featx_core.images.folder_labels import labels_of
from featx_core.images.found_files import FoundFile, files_in, left_out, open_file
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
__all__ = ["Examine", "Incoming", "IntakeReport", "Source", "read_sources"]

_LOG = logging.getLogger(__name__)
Source = Path | str | tuple[str, bytes | IO[bytes]]


def read_sources(
    sources: Iterable[Source],
    report: IntakeReport,
    *,
    on_progress: ProgressCallback | None = None,
    look: Examine | None = None,
    known_labels: Collection[str] = (),
    known: Known | None = None,
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
        known: Tells files that came in before: they are named in the report, and not decoded again.
    """
    files = _Files(report, list(sources) if not isinstance(sources, Iterator) else sources, known_labels)
    n_seen = 0
    for pending in looked_at_ahead(files, look or examine, known):
        if on_progress is not None:
            on_progress(n_seen, max(files.n_known, n_seen + 1))
        n_seen += 1
        incoming = settled(*pending, report) if pending is not None else None
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
                self.n_known += 1
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
            single = FoundFile(name, name, None, functools.partial(_read_stream, file, name), file=path)
            yield from self._of_stream(file, single)

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
                read = functools.partial(_read_path, file)
                yield FoundFile(name, path, label, read, clean_name(folder.name), file=file)

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
