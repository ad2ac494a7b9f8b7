"""Files, folders and zip archives in; images, and a report of what was left out, come out."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from featx_core.base.file_names import clean_name, extension_note, is_system_file, label_of, labels_of
from featx_core.base.progress import ProgressCallback
from featx_core.images.archives import ArchiveError, Member, is_zip, read_image, read_zip
from featx_core.images.decoding import ImageError, ImageFacts, examine
from featx_core.images.file_kinds import is_image
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

Source = Path | str | tuple[str, bytes | IO[bytes]]
Examine = Callable[[bytes], tuple[ImageFacts, bytes, float]]


@dataclass(frozen=True)
class Incoming:
    """An image on its way into a workspace.

    Attributes:
        name: Safe to show, not yet unique.
        label: The folder it lay in, or None.
        digest: SHA-256 of `content`, in hexadecimal.
        content: The bytes of the file.
        facts: What is known of it.
        thumbnail: A small picture of it, WebP.
        brightness: Mean lightness of the picture, 0 (black) to 100 (white).
    """

    name: str
    label: str | None
    digest: str
    content: bytes
    facts: ImageFacts
    thumbnail: bytes
    brightness: float


def read_sources(
    sources: Iterable[Source],
    report: IntakeReport,
    *,
    on_progress: ProgressCallback | None = None,
    look: Examine | None = None,
) -> Iterator[Incoming]:
    """Read images one after another, no more than a few of them in memory.

    Nothing that a file holds makes it raise: what cannot be used is named in the report.

    Args:
        sources: Paths of files, folders or zip archives, or `(name, content)` pairs, where content is bytes or a binary
            file. A name may hold folders, "birds/owl.jpg".
        report: Filled on the way, but for `added` and `duplicates`, which only the taker knows.
        on_progress: Called with files seen and files in all, as far as they are known by then.
        look: Looks at one file, as `examine` does, which it is unless given.
    """
    files = _Files(report, list(sources) if not isinstance(sources, Iterator) else sources)
    n_seen = 0
    for pending in _examined_ahead(files, look or examine):
        if on_progress is not None:
            on_progress(n_seen, max(files.n_known, n_seen + 1))
        n_seen += 1
        incoming = _settled(*pending, report) if pending is not None else None
        if incoming is not None:
            yield incoming
    if on_progress is not None and n_seen:
        on_progress(n_seen, n_seen)


class _Files:
    """All files of all sources, one by one (None for one that was left out), with a count of those that are known of."""

    def __init__(self, report: IntakeReport, sources: Iterable[Source]) -> None:
        self._report = report
        self._sources = sources
        self.n_known = len(sources) if isinstance(sources, list) else 0
        self._labels = _labels_of_uploads(sources) if isinstance(sources, list) else {}

    def __iter__(self) -> Iterator[Member | None]:
        for source in self._sources:
            if isinstance(source, tuple):
                name, content = source
                label = self._labels[name] if name in self._labels else label_of(name)
                yield from self._of_upload(name, content, label)
            else:
                yield from self._of_path(Path(source))

    def _of_path(self, path: Path) -> Iterator[Member | None]:
        if not path.is_dir():
            yield from self._of_file(path, path.name, None, may_be_zip=True)
            return
        files = list(_walk(path, self._report))
        self.n_known += len(files) - 1
        labels = labels_of([name for _, name in files])
        for (file, name), label in zip(files, labels, strict=True):
            yield from self._of_file(file, name, label, may_be_zip=False)

    def _of_file(self, path: Path, name: str, label: str | None, *, may_be_zip: bool) -> Iterator[Member | None]:
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
                yield self._left_out(name, "is not a file")
                return
            with path.open("rb") as file:
                yield from self._of_stream(file, name, label, may_be_zip=may_be_zip)
        except (OSError, ValueError) as error:
            yield self._left_out(name, _unreadable(error))

    def _of_upload(self, name: str, content: bytes | IO[bytes], label: str | None) -> Iterator[Member | None]:
        try:
            file = io.BytesIO(content) if isinstance(content, bytes) else content
            if is_system_file(name):
                self._report.ignored += 1
                yield None
            else:
                yield from self._of_stream(file, name, label, may_be_zip=True)
        except (OSError, ValueError) as error:
            yield self._left_out(name, _unreadable(error))

    def _of_stream(self, file: IO[bytes], name: str, label: str | None, *, may_be_zip: bool) -> Iterator[Member | None]:
        size = file.seek(0, os.SEEK_END)
        if may_be_zip and is_zip(file):
            yield from self._of_zip(file, name)
            return
        file.seek(0)
        try:
            content = read_image(file, size)
        except ImageError as error:
            yield self._left_out(name, str(error))
            return
        if name.lower().endswith(".zip") and not is_image(content):
            yield self._left_out(name, "is not a zip archive that can be read")
        else:
            yield Member(name, content, label)

    def _of_zip(self, file: IO[bytes], name: str) -> Iterator[Member | None]:
        if name.lower().endswith(_DOCUMENTS):
            yield self._left_out(name, "is a document, not an image: export its pictures as PNG or JPEG")
            return
        try:
            archive = read_zip(file, clean_name(name), self._report)
        except ArchiveError as error:
            yield self._left_out(name, str(error))
            return
        self.n_known += archive.n_members - 1
        yield from archive

    def _left_out(self, name: str, reason: str) -> Member | None:
        self._report.skipped.append((clean_name(name), reason))
        return None


def _labels_of_uploads(sources: list[Source]) -> dict[str, str | None]:
    names = [source[0] for source in sources if isinstance(source, tuple)]
    return dict(zip(names, labels_of(names), strict=True))


def _unreadable(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return "may not be read by this app" if isinstance(error, PermissionError) else "cannot be opened"


def _walk(folder: Path, report: IntakeReport) -> Iterator[tuple[Path, str]]:
    """List the files under a folder by name, with their path in it; no link leads out of it."""

    def left_out(path: Path | str, reason: str) -> None:
        report.skipped.append((clean_name(str(path)), reason))

    inside = folder.resolve()
    for parent, folders, files in os.walk(
        folder, onerror=lambda error: left_out(str(error.filename), _unreadable(error)), followlinks=False
    ):
        report.ignored += sum(is_system_file(name) for name in (*folders, *files))
        folders[:] = sorted(name for name in folders if not is_system_file(name))
        for name in folders:
            if (Path(parent) / name).is_symlink():
                left_out(name, "is a link to a folder: add that folder itself")
        for name in sorted(name for name in files if not is_system_file(name)):
            path = Path(parent) / name
            if path.is_symlink() and not _resolved(path).is_relative_to(inside):
                left_out(name, "is a link to a place outside the folder")
            else:
                yield path, str(PurePosixPath(*path.relative_to(folder).parts))


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a link to itself
        return Path(path.anchor)


def _examined_ahead(files: Iterable[Member | None], look: Examine) -> Iterator[tuple[str, Future[Incoming]] | None]:
    """Have files examined by several threads, a few ahead of the taker, and give them in their order."""
    ahead: deque[tuple[str, Future[Incoming]] | None] = deque()
    try:
        for member in files:
            ahead.append(
                (clean_name(member.name), _EXAMINERS.submit(_examined, member, look)) if member is not None else None
            )
            if len(ahead) > _N_EXAMINERS:
                yield ahead.popleft()
        while ahead:
            yield ahead.popleft()
    finally:
        for pending in ahead:
            if pending is not None:
                pending[1].cancel()


def _examined(member: Member, look: Examine) -> Incoming:
    facts, small, lightness = look(member.content)
    facts = dataclasses.replace(facts, notes=(*facts.notes, *extension_note(member.name, facts.format)))
    digest = hashlib.sha256(member.content).hexdigest()
    return Incoming(clean_name(member.name), member.label, digest, member.content, facts, small, lightness)


def _settled(name: str, pending: Future[Incoming], report: IntakeReport) -> Incoming | None:
    try:
        incoming = pending.result()
    except ImageError as error:
        report.skipped.append((name, str(error)))
        return None
    report.converted.extend((name, note) for note in incoming.facts.notes)
    return incoming
