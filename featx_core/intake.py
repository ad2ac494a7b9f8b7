"""Files, folders and zip archives in; images, and a report of what was left out, come out."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Self

from featx_core.archives import MAX_ARCHIVE_BYTES, ArchiveError, Member, is_zip, read_zip
from featx_core.export import spreadsheet_safe
from featx_core.file_kinds import described_kind
from featx_core.images import MAX_IMAGE_BYTES, ImageError, ImageFacts, inspect
from featx_core.names import clean_name, extension_note, is_system_file, label_of
from featx_core.progress import ProgressCallback

Source = Path | str | tuple[str, bytes | IO[bytes]]


@dataclass(frozen=True)
class Incoming:
    """An image on its way into a workspace.

    Attributes:
        name: Safe to show, not yet unique.
        label: The folder it lay in, or None.
        digest: SHA-256 of `content`, in hexadecimal.
        content: The bytes of the file.
        facts: What is known of it.
    """

    name: str
    label: str | None
    digest: str
    content: bytes
    facts: ImageFacts


@dataclass
class IntakeReport:
    """What came of bringing images in.

    Attributes:
        added: Number of images that are in now.
        skipped: `(name, reason)` of each file that was left out.
        converted: `(name, note)` of what was done to an image on the way in.
        duplicates: `(name, name of the equal image)`.
        ignored: Number of files that systems put beside images, such as `Thumbs.db`.
        warnings: Sentences about archives and folders as a whole.
    """

    added: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    converted: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    ignored: int = 0
    warnings: list[str] = field(default_factory=list)

    def sentence(self, *, n_named: int = 3) -> str:
        """Say in one to three short sentences what happened, naming the first files that were left out."""
        total = self.added + len(self.skipped)
        if not total:
            parts = ["There were no images in what was given."]
        elif not self.added:
            parts = [f"None of the {_count(total, 'file')} could be read as images."]
        elif self.skipped:
            parts = [f"{_number(self.added)} of {_number(total)} images are ready. {self._left_out(n_named)}"]
        else:
            parts = [f"{_count(self.added, 'image')} {'is' if self.added == 1 else 'are'} ready."]
        if not self.added and self.skipped:
            parts.append(self._left_out(n_named))
        if self.duplicates:
            n_equal = len(self.duplicates)
            parts.append(f"{_count(n_equal, 'image')} {'equals' if n_equal == 1 else 'equal'} another one.")
        if self.ignored:
            parts.append(f"{_count(self.ignored, 'system file')} ignored.")
        return " ".join([*parts, *self.warnings])

    def _left_out(self, n_named: int) -> str:
        named = ", ".join(f"{name} ({reason})" for name, reason in self.skipped[:n_named])
        rest = f" and {_number(len(self.skipped) - n_named)} more" if len(self.skipped) > n_named else ""
        return f"{_number(len(self.skipped))} {'was' if len(self.skipped) == 1 else 'were'} left out: {named}{rest}."

    def to_csv(self) -> bytes:
        """Write all lines of the report as CSV (UTF-8), with names that no spreadsheet takes for a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["file", "what", "why"])
        for what, lines in (("left out", self.skipped), ("converted", self.converted), ("equals", self.duplicates)):
            writer.writerows([spreadsheet_safe(name), what, spreadsheet_safe(why)] for name, why in lines)
        return out.getvalue().encode("utf-8")

    def to_json(self) -> str:
        """Write the report as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        for name in ("skipped", "converted", "duplicates"):
            values[name] = [tuple(line) for line in values[name]]
        return cls(**values)


def read_sources(
    sources: Iterable[Source], report: IntakeReport, *, on_progress: ProgressCallback | None = None
) -> Iterator[Incoming]:
    """Read images one after another, never more than one in memory.

    Nothing that a file holds makes it raise: what cannot be used is named in the report.

    Args:
        sources: Paths of files, folders or zip archives, or `(name, content)` pairs, where content is bytes or a binary
            file. A name may hold folders, "birds/owl.jpg".
        report: Filled on the way, but for `added` and `duplicates`, which only the taker knows.
        on_progress: Called with files seen and files in all, as far as they are known by then.
    """
    expanded = _Files(report, list(sources) if not isinstance(sources, Iterator) else sources)
    for done, member in enumerate(expanded):
        if on_progress is not None:
            on_progress(done, max(expanded.n_known, done + 1))
        incoming = _examined(member, report)
        if incoming is not None:
            yield incoming
    if on_progress is not None and expanded.n_known:
        on_progress(expanded.n_known, expanded.n_known)


class _Files:
    """All files of all sources, one by one, with a count of those that are known of."""

    def __init__(self, report: IntakeReport, sources: Iterable[Source]) -> None:
        self._report = report
        self._sources = sources
        self.n_known = len(sources) if isinstance(sources, list) else 0

    def __iter__(self) -> Iterator[Member]:
        for source in self._sources:
            if isinstance(source, tuple):
                yield from self._of_upload(*source)
            else:
                yield from self._of_path(Path(source))

    def _of_path(self, path: Path) -> Iterator[Member]:
        if path.is_dir():
            files = list(_walk(path, self._report))
            self.n_known += len(files) - 1
            for file, inner in files:
                yield from self._of_file(file, inner, depth=1)
        else:
            yield from self._of_file(path, path.name, depth=0)

    def _of_file(self, path: Path, name: str, *, depth: int) -> Iterator[Member]:
        try:
            limit = MAX_ARCHIVE_BYTES if path.suffix.lower() == ".zip" and not depth else MAX_IMAGE_BYTES
            if path.stat().st_size > limit:
                self._report.skipped.append((clean_name(name), _too_large(path.stat().st_size, limit)))
                return
            with path.open("rb") as file:
                if not depth and is_zip(file):
                    yield from self._of_zip(file, name)
                else:
                    yield Member(name, file.read())
        except OSError:
            self._report.skipped.append((clean_name(name), "cannot be opened"))

    def _of_upload(self, name: str, content: bytes | IO[bytes]) -> Iterator[Member]:
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        file.seek(0)
        if is_zip(file):
            yield from self._of_zip(file, name)
            return
        data = file.read(MAX_IMAGE_BYTES + 1)
        if len(data) > MAX_IMAGE_BYTES:
            size = file.seek(0, os.SEEK_END)
            self._report.skipped.append((clean_name(name), _too_large(size, MAX_IMAGE_BYTES)))
            return
        yield Member(name, data)

    def _of_zip(self, file: IO[bytes], name: str) -> Iterator[Member]:
        try:
            archive = read_zip(file, clean_name(name), self._report)
            self.n_known += archive.n_members - 1
            yield from archive
        except ArchiveError as error:
            self._report.skipped.append((clean_name(name), str(error)))


def _walk(folder: Path, report: IntakeReport) -> Iterator[tuple[Path, str]]:
    """List the files under a folder by name, with their path in it; no link leads out of it."""
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not is_system_file(name))
        for name in sorted(files):
            path = Path(parent) / name
            if path.is_symlink() or is_system_file(name):
                report.ignored += 1
            else:
                yield path, str(PurePosixPath(*path.relative_to(folder).parts))


def _examined(member: Member, report: IntakeReport) -> Incoming | None:
    name = clean_name(member.name)
    if is_system_file(member.name):
        report.ignored += 1
        return None
    try:
        facts = inspect(member.content)
    except ImageError as error:
        report.skipped.append((name, described_kind(member.content) or str(error)))
        return None
    notes = (*facts.notes, *extension_note(member.name, facts.format))
    report.converted.extend((name, note) for note in notes)
    digest = hashlib.sha256(member.content).hexdigest()
    return Incoming(name, label_of(member.name), digest, member.content, dataclasses.replace(facts, notes=notes))


def _too_large(size: int, limit: int) -> str:
    return f"{size / 1024**2:.3g} MB; the limit is {limit // 1024**2} MB"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def _count(count: int, noun: str) -> str:
    return f"{_number(count)} {noun}{'' if count == 1 else 's'}"


