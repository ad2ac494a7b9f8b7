"""What a command is given to read: folders, archives, patterns, lists and Parquet files of images; vectors; workspaces."""

from __future__ import annotations

import glob
import hashlib
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx_core.base.files.digests import digest_of
from featx_core.base.labels import label_text
from featx_core.command.outcome import CommandError
from featx_core.distributed.listing import IMAGE_COLUMNS, PATH_COLUMNS, columns_of
from featx_core.images.archives import read_image
from featx_core.images.decoding import ImageError
from featx_core.images.found_files import open_file, reason_of
from featx_core.images.intake import Source

if TYPE_CHECKING:
    import pyarrow as pa

    from featx_core.workspace.workspace import Workspace

_WILD = frozenset("*?[")


class Images:
    """Images as a command names them, to be brought into a workspace.

    Args:
        given: Files, folders, zip archives, patterns such as `photos/**/*.jpg`, and Parquet files with a column of images
            (`image`, as bytes or as `{bytes, path}`) or of paths (`path`), and labels where there is a column `label`.
        listed: A text file with one path a line, "-" for the standard input; None for none. Lines that lead nowhere are
            left out and named, as rows of a Parquet file are.

    Raises:
        CommandError: If something that was named is not there, or nothing of a list.
    """

    def __init__(self, given: Sequence[str], listed: str | None = None) -> None:
        named, in_list = [path for each in given for path in _found(each)], _read_list(listed)
        self._paths = named + in_list
        if not self._paths:
            raise CommandError("No images were named. Name files, folders, zip archives or a list.")
        missing = [str(path) for path in named or in_list if not is_there(path)]
        if missing and (named or len(missing) == len(in_list)):
            more = f", nor are {len(missing) - 1} others" if len(missing) > 1 else ""
            raise CommandError(f"{missing[0]} is not there{more}.")
        self._labels: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """Names what was named: the same for the same paths."""
        return digest_of([str(path.absolute()) for path in self._paths])

    def sources(self) -> Iterator[Source]:
        """Give them one after another, as `Workspace.add` takes them."""
        for path in self._paths:
            if path.suffix.lower() == ".parquet":
                yield from self._of_parquet(path)
            else:
                yield path

    def label(self, workspace: Workspace) -> None:
        """Give the images the labels that stood in Parquet files."""
        if self._labels:
            images = workspace.images()
            workspace.set_labels(
                {image.name: self._labels[image.digest] for image in images if image.digest in self._labels}
            )

    def _of_parquet(self, path: Path) -> Iterator[Source]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise CommandError(f"{path.name} is no Parquet file that can be read.") from error
        images, paths, labels = columns_of(file.schema_arrow)
        column = images or paths
        if column is None:
            raise CommandError(
                f"{path.name} has no column of images ({', '.join(IMAGE_COLUMNS)}) or of paths ({', '.join(PATH_COLUMNS)})."
            )
        number = 0
        try:
            for batch in file.iter_batches(batch_size=64, columns=[column, *([labels] if labels else [])]):
                for row in _rows(batch):
                    number += 1
                    yield from self._of_row(row[column], row.get(labels or ""), path, number)
        except (pa.ArrowException, OSError, ValueError):  # some rows of it are damaged
            yield path.name, _Unreadable(f"is damaged: it could be read up to row {number}")

    def _of_row(self, value: Any, label: Any, path: Path, number: int) -> Iterator[Source]:
        name, content = f"{path.stem}/{number:07d}", value
        if isinstance(value, Mapping):  # as Hugging Face's datasets write images
            name, content = value.get("path") or name, value.get("bytes") or value.get("path")
        if isinstance(content, str):
            found = path.parent / content
            if not is_there(found):
                yield content, _Unreadable("does not exist")
                return
            try:
                with open_file(found) as file:
                    name, content = content, read_image(file, os.fstat(file.fileno()).st_size)
            except (ImageError, OSError) as error:
                yield content, _Unreadable(reason_of(error))
                return
        if isinstance(content, bytes):
            if (word := label_text(label)) is not None:
                self._labels[hashlib.sha256(content).hexdigest()] = word
            yield name, content
        else:
            yield (
                name,
                _Unreadable("holds no image in this row" if content is None else "is no image, nor the path of one"),
            )


class _Unreadable(io.BytesIO):
    """The content of a file that cannot be had: who reads it is told why."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self._reason = reason

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Raise ImageError."""
        raise ImageError(self._reason)


def is_there(path: Path) -> bool:
    """Whether there is something at a path; a name that no file can have leads nowhere."""
    try:
        return path.exists()
    except OSError:
        return False


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = batch.to_pylist()
    return rows


def _found(given: str) -> list[Path]:
    """The path that a text names, or all that a pattern fits, in their natural order."""
    path = Path(given)
    if is_there(path) or not _WILD & set(given):
        return [path]
    found = sorted(glob.glob(given, recursive=True))
    if not found:
        raise CommandError(f"Nothing fits the pattern {given}.")
    return [Path(each) for each in found]


def _read_list(listed: str | None) -> list[Path]:
    if listed is None:
        return []
    try:
        text = sys.stdin.read() if listed == "-" else Path(listed).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The list {listed} cannot be read as text.") from error
    return [Path(line) for line in map(str.strip, text.splitlines()) if line]
