"""Zip archives, read member by member within bounds; nothing is ever unpacked to the disk."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from featx_core.images import MAX_IMAGE_BYTES
from featx_core.names import clean_name, is_system_file

if TYPE_CHECKING:
    from featx_core.intake import IntakeReport

MAX_ARCHIVE_BYTES = 200 * 1024**2
MAX_INFLATED_BYTES = 1024**3
MAX_ENTRIES = 5_000
MAX_ARCHIVE_IMAGES = 2_000
_ENCRYPTED = 0x1
_UTF8 = 0x800
_END_RECORD = b"PK\x05\x06"
_FAULTS = (zipfile.BadZipFile, OSError, EOFError, ValueError, struct.error, zlib.error, NotImplementedError, RuntimeError)


class ArchiveError(ValueError):
    """An archive that cannot be used, and why, in words that can follow its name."""


@dataclass(frozen=True)
class Member:
    """One file, in memory: its name with folders, and its bytes."""

    name: str
    content: bytes


def is_zip(file: IO[bytes]) -> bool:
    """Tell whether a file begins like a zip archive. Leaves it at its start."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in (b"PK\x03\x04", _END_RECORD)


class ZipMembers:
    """The files of an archive, read one by one; what is left out is named in the report."""

    def __init__(self, archive: zipfile.ZipFile, name: str, report: IntakeReport) -> None:
        self._archive = archive
        self._name = name
        self._report = report
        self._entries = [info for info in archive.infolist() if not info.is_dir()]
        self.n_members = len(self._entries)

    def __iter__(self) -> Iterator[Member]:
        n_bytes = n_images = 0
        common = _common_folder([_member_name(info) for info in self._entries])
        for info in self._entries:
            raw = _member_name(info)
            if is_system_file(raw):
                self._report.ignored += 1
                continue
            if n_images >= MAX_ARCHIVE_IMAGES or n_bytes > MAX_INFLATED_BYTES:
                self._stopped(n_images)
                return
            content = self._content(info, raw)
            if content is not None:
                n_bytes += len(content)
                n_images += 1
                yield Member(raw.removeprefix(common), content)

    def _stopped(self, n_images: int) -> None:
        self._report.warnings.append(
            f"{self._name} was read up to its first {n_images:,} files: an archive may hold {MAX_ARCHIVE_IMAGES:,} "
            f"images and {MAX_INFLATED_BYTES // 1024**3} GB.".replace(",", " ")
        )

    def _content(self, info: zipfile.ZipInfo, raw: str) -> bytes | None:
        """Read one member through a bound, whatever its header says of its size."""
        if info.flag_bits & _ENCRYPTED:
            return self._left_out(raw, "is password protected")
        try:
            with self._archive.open(info) as file:
                content = file.read(MAX_IMAGE_BYTES + 1)
        except NotImplementedError:
            return self._left_out(raw, "is packed by a method that featx does not know")
        except _FAULTS as error:
            early = isinstance(error, EOFError) or "truncated" in str(error).lower()
            return self._left_out(raw, "the file ends early" if early else "is damaged inside the archive")
        if len(content) > MAX_IMAGE_BYTES:
            return self._left_out(raw, f"more than {MAX_IMAGE_BYTES // 1024**2} MB, the limit for one image")
        return content

    def _left_out(self, raw: str, reason: str) -> None:
        self._report.skipped.append((clean_name(raw), reason))


def read_zip(file: IO[bytes], name: str, report: IntakeReport) -> ZipMembers:
    """Open an archive.

    Args:
        file: The archive, seekable.
        name: What to call it.
        report: Where what is left out is named.

    Raises:
        ArchiveError: If it is no archive, damaged, too large, or holds too many files.
    """
    size = file.seek(0, os.SEEK_END)
    if size > MAX_ARCHIVE_BYTES:
        raise ArchiveError(f"{size / 1024**2:.3g} MB; the limit for an archive is {MAX_ARCHIVE_BYTES // 1024**2} MB")
    declared = _declared_entries(file)
    if declared is not None and declared > MAX_ENTRIES:
        raise ArchiveError(f"holds {declared:,} files; the limit is {MAX_ENTRIES:,}".replace(",", " "))
    try:
        archive = zipfile.ZipFile(file)
    except _FAULTS:
        raise ArchiveError("is damaged: its table of contents cannot be read") from None
    if len(archive.filelist) > MAX_ENTRIES:
        raise ArchiveError(f"holds {len(archive.filelist):,} files; the limit is {MAX_ENTRIES:,}".replace(",", " "))
    return ZipMembers(archive, name, report)


def _declared_entries(file: IO[bytes]) -> int | None:
    """Read the number of entries from the end record, before the table of contents is parsed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(_END_RECORD)
    file.seek(0, io.SEEK_SET)
    if at < 0 or len(tail) < at + 12:
        return None
    return struct.unpack_from("<H", tail, at + 10)[0]


def _member_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name. Without the UTF-8 mark it is tried as UTF-8 first, as most programs write, then as cp437."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _common_folder(names: list[str]) -> str:
    """Give the one folder that holds everything, if its subfolders hold the images: it is no label."""
    kept = [name for name in names if not is_system_file(name)]
    heads = {name.split("/", 1)[0] for name in kept}
    if len(heads) != 1 or any(name.count("/") < 2 for name in kept):
        return ""
    return f"{heads.pop()}/" if kept else ""
