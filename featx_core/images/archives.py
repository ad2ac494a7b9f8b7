"""Zip archives, read member by member within limits; nothing is unpacked to disk."""

from __future__ import annotations

import functools
import os
import struct
import zipfile
from collections.abc import Collection, Iterator
from typing import IO, TYPE_CHECKING

from featx_core.base.files.file_names import clean_path, is_system_file, tails_of
from featx_core.base.wording import counted, spaced, too_large
from featx_core.images.decoding import MAX_IMAGE_BYTES, ImageError
from featx_core.images.file_kinds import HEAD_BYTES, described_kind
from featx_core.images.folder_labels import labels_of
from featx_core.images.found_files import FoundFile

if TYPE_CHECKING:
    from featx_core.images.intake_report import IntakeReport

MAX_ARCHIVE_BYTES = 200 * 1024**2
MAX_INFLATED_BYTES = 1024**3
MAX_ENTRIES = 5_000
MAX_CONTENTS_BYTES = 4 * 1024**2
MAX_ARCHIVE_IMAGES = 2_000
_ENCRYPTED = 0x1
_UTF8 = 0x800
_END_RECORD = b"PK\x05\x06"
_END_RECORD_64 = b"PK\x06\x06"
_MAX_END_BYTES = 22 + 0xFFFF + 56 + 20  # bytes: the end record with its comment, and those of a zip64 before it


class ArchiveError(ImageError):
    """An archive that cannot be used, and why, in words that can follow its name."""


def is_zip(file: IO[bytes]) -> bool:
    """Return whether a file begins like a zip archive. Leaves it at its start."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in (b"PK\x03\x04", _END_RECORD)


class ZipMembers:
    """The files of an archive, one by one: None for one that a system put there, which the report counts."""

    def __init__(
        self, archive: zipfile.ZipFile, name: str, report: IntakeReport, known_labels: Collection[str]
    ) -> None:
        self._archive = archive
        self._name = name
        self._report = report
        self._known_labels = known_labels
        self._entries = [(info, _member_name(info)) for info in archive.infolist() if not info.is_dir()]
        self.n_members = len(self._entries)
        self._n_images = 0
        self._n_inflated = 0  # bytes, also of members that turn out to be damaged

    def __iter__(self) -> Iterator[FoundFile | None]:
        raw_names = [raw for _, raw in self._entries]
        paths = [clean_path(raw) for raw in raw_names]
        facts = zip(self._entries, paths, tails_of(paths), labels_of(raw_names, self._known_labels), strict=True)
        for (info, raw), path, name, label in facts:
            if is_system_file(raw):
                self._report.ignored += 1
                yield None
            elif self._n_images >= MAX_ARCHIVE_IMAGES or self._n_inflated > MAX_INFLATED_BYTES:
                self._stopped()
                return
            else:
                yield FoundFile(name, path, label, functools.partial(self._read, info), self._name)

    def _stopped(self) -> None:
        n_images = self._n_images
        part = f"up to its first {counted(n_images, 'image')}" if n_images else "only in part"
        self._report.warnings.append(
            f"{self._name} was read {part}: an archive may hold {spaced(MAX_ARCHIVE_IMAGES)} images "
            f"and {MAX_INFLATED_BYTES // 1024**3} GB."
        )

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        """Read one member through a bound, whatever its header says of its size.

        Raises:
            ImageError: If it cannot be used, for whatever reason: `zipfile` and what unpacks for it have many ways to fail.
        """
        if info.flag_bits & _ENCRYPTED:
            raise ImageError("is password protected")
        try:
            with self._archive.open(info) as file:
                content = read_image(file, info.file_size)
        except (ImageError, MemoryError):
            raise
        except NotImplementedError:
            raise ImageError("uses a compression method that featx does not read") from None
        except Exception as error:
            self._n_inflated += min(info.file_size, MAX_IMAGE_BYTES)
            is_cut = isinstance(error, EOFError)
            raise ImageError("the file ends early" if is_cut else "is damaged inside the archive") from error
        self._n_inflated += len(content)
        self._n_images += 1
        return content


def read_zip(file: IO[bytes], name: str, report: IntakeReport, *, known_labels: Collection[str] = ()) -> ZipMembers:
    """Open an archive.

    Args:
        file: The archive, seekable.
        name: What to call it.
        report: Where what is left out is named.
        known_labels: The labels that are in use, by which its folders may be known.

    Raises:
        ArchiveError: If it is no archive, damaged, too large, or holds too many files.
    """
    size = file.seek(0, os.SEEK_END)
    if size > MAX_ARCHIVE_BYTES:
        raise ArchiveError(f"{too_large(size, MAX_ARCHIVE_BYTES)} for an archive")
    n_entries, n_bytes = _declared_contents(file)
    if n_entries > MAX_ENTRIES:
        raise ArchiveError(_too_many(n_entries))
    if n_bytes > MAX_CONTENTS_BYTES:
        raise ArchiveError(
            f"has a table of contents of {n_bytes // 1024**2} MB, too large for {spaced(MAX_ENTRIES)} files"
        )
    try:
        archive = zipfile.ZipFile(file)
    except Exception:  # zipfile has many ways to fail
        raise ArchiveError("ends early or is damaged: its table of contents cannot be read") from None
    files = [info for info in archive.infolist() if not info.is_dir()]
    if len(files) > MAX_ENTRIES:
        raise ArchiveError(_too_many(len(files)))
    if not files:
        raise ArchiveError("is an empty archive")
    if all(info.flag_bits & _ENCRYPTED for info in files):
        raise ArchiveError("is password protected: unpack it and add the folder")
    return ZipMembers(archive, name, report, known_labels)


def read_image(file: IO[bytes], size: int) -> bytes:
    """Read a file that should be an image, through a bound that holds whatever `size` says.

    Args:
        file: Read from where it stands.
        size: The bytes that it is said to hold.

    Raises:
        ImageError: If its first bytes are those of something else, or it is too large.
    """
    head = file.read(HEAD_BYTES)
    kind = described_kind(head)
    if kind is not None:
        raise ImageError(kind)
    if size > MAX_IMAGE_BYTES:
        raise ImageError(too_large(size, MAX_IMAGE_BYTES))
    content = head + file.read(MAX_IMAGE_BYTES + 1 - len(head))
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageError(f"more than {MAX_IMAGE_BYTES // 1024**2} MB, the limit for one image")
    return content


def _too_many(n_entries: int) -> str:
    return f"holds {spaced(n_entries)} files; the limit is {spaced(MAX_ENTRIES)}"


def _declared_contents(file: IO[bytes]) -> tuple[int, int]:
    """Read the number of entries and the bytes of the table of contents from the end record, before it is parsed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MAX_END_BYTES))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END_RECORD)
    if at < 0 or len(tail) < at + 22:
        return 0, 0
    n_entries, n_bytes = struct.unpack_from("<HI", tail, at + 10)
    far = tail.rfind(_END_RECORD_64, 0, at)
    if far >= 0 and len(tail) >= far + 56:
        n_entries, n_bytes = struct.unpack_from("<QQ", tail, far + 32)
    return n_entries, n_bytes


def _member_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name. Without the UTF-8 mark it is tried as UTF-8 first, as most programs write, then as cp437."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename
