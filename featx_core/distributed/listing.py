"""Which images are meant: folders, patterns, addresses and Parquet files, here or wherever fsspec reaches."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx_core.base.files.file_names import has_image_extension, is_system_file
from featx_core.base.labels import label_text
from featx_core.distributed.plan import Listed
from featx_core.distributed.ray_here import ClusterError
from featx_core.images.folder_labels import labels_of
from featx_core.images.found_files import files_in
from featx_core.tables.formats.parts import short_names

if TYPE_CHECKING:
    import pyarrow

IMAGE_COLUMNS = ("image", "img", "picture", "bytes", "content")
PATH_COLUMNS = ("path", "file", "file_name", "filename", "image_path")
LABEL_COLUMNS = ("label", "class", "target", "category")
"""How Parquet files of images name their columns; the first that is there counts."""

_CHANGES = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "modified", "created")
"""What stores call that which changes with a file; the first that is there counts."""

_WILD = frozenset("*?[")
_TABLE = ".parquet"


class ListingError(ValueError):
    """Images that were named and are not there, in plain words."""


def list_images(given: Sequence[str]) -> list[Listed]:
    """List all images, in their natural order, those of folders with the labels that the folders give.

    Args:
        given: Files, folders, patterns, addresses such as `s3://bucket/photos/**/*.jpg`, and Parquet files with a column of
            images (`image`, as bytes or as `{bytes, path}`) or of paths (`path`).

    Raises:
        ListingError: If something is not there, or nothing is.
        ClusterError: If what reaches an address is not installed.
    """
    found: list[Listed] = []
    loose: dict[str, str] = {}  # to their marks
    for each in given:
        for path, mark in _of_address(each) if is_address(each) else _of_path(each):
            if path.lower().endswith(_TABLE):
                found += _of_table(path, mark)
            else:
                loose[path] = mark
    labels = labels_of(short_names(list(loose))) if loose else []
    found += [Listed(path, label, mark=loose[path]) for path, label in zip(loose, labels, strict=True)]
    if not found:
        raise ListingError("There are no images to extract features from.")
    return found


def is_address(text: str) -> bool:
    """Whether a text is an address for fsspec rather than a path.

    >>> is_address("s3://bucket/a.jpg"), is_address("photos/a.jpg")
    (True, False)
    """
    return "://" in text


def opened(path: str) -> Any:
    """Open a file at a path or an address to read its bytes.

    Raises:
        OSError: If it cannot be.
        ClusterError: If what reaches the address is not installed.
    """
    if not is_address(path):
        return Path(path).open("rb")
    return _files_at(path)[0].open(_files_at(path)[1], "rb")


def _files_at(address: str) -> tuple[Any, str]:
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise ClusterError(f"{address} cannot be reached: {error}") from error
    return files, path


def _of_address(address: str) -> Iterator[tuple[str, str]]:
    """List what is at an address, each with its mark where a list of the store says enough for one."""
    files, path = _files_at(address)
    try:
        if _WILD & set(path):
            found = files.glob(path, detail=True)
        elif address.startswith("http") or not files.isdir(path):
            found = {path: {}}
        else:
            found = {each: facts for each, facts in files.find(path, detail=True).items() if has_image_extension(each)}
    except OSError as error:
        raise ListingError(f"{address} cannot be listed.") from error
    if not found:
        raise ListingError(f"Nothing is at {address}.")
    for each in sorted(found):
        yield files.unstrip_protocol(each), _mark_of(found[each])


def _mark_of(facts: Mapping[str, Any]) -> str:
    """Make a mark of what a store says of a file: each kind of store has names of its own."""
    told = [facts.get("size"), next((facts[name] for name in _CHANGES if facts.get(name) is not None), None)]
    return "" if None in told else "-".join(map(str, told))


def _of_path(given: str) -> Iterator[tuple[str, str]]:
    for path in _files_of(given):
        yield path, mark_at(path)


def mark_at(path: str) -> str:
    """Return size and time of a file of this machine; "" where it cannot be looked at."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # what is the matter is said where it is read
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


def _files_of(given: str) -> Iterator[str]:
    path = Path(given)
    if path.is_dir():
        yield from (
            str(file.absolute()) for name, file in files_in(path) if isinstance(file, Path) and not is_system_file(name)
        )
    elif path.exists():
        yield str(path.absolute())
    elif _WILD & set(given):
        found = sorted(each for each in glob.glob(given, recursive=True) if Path(each).is_file())
        if not found:
            raise ListingError(f"Nothing fits the pattern {given}.")
        yield from (str(Path(each).absolute()) for each in found)
    else:
        raise ListingError(f"{given} is not there.")


def columns_of(schema: pyarrow.Schema) -> tuple[str | None, str | None, str | None]:
    """Find the columns of images, of paths and of labels of a Parquet file; None for each that is not there."""
    names = {name.lower(): name for name in schema.names}
    found = [
        next((names[name] for name in each if name in names), None)
        for each in (IMAGE_COLUMNS, PATH_COLUMNS, LABEL_COLUMNS)
    ]
    return found[0], found[1], found[2]


def _of_table(path: str, mark: str) -> Iterator[Listed]:
    """List the images of a Parquet file; of those whose bytes it holds, only their number is read, and its mark is theirs."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with opened(path) as stream:
            file = parquet.ParquetFile(stream)
            images, paths, labels = columns_of(file.schema_arrow)
            if images is None and paths is None:
                wanted = f"images ({', '.join(IMAGE_COLUMNS)}) or of paths ({', '.join(PATH_COLUMNS)})"
                raise ListingError(f"{path} has no column of {wanted}.")
            if images is not None and not pa.types.is_string(file.schema_arrow.field(images).type):
                yield from (Listed(f"{path}#{row}", None, path, row, mark) for row in range(file.metadata.num_rows))
                return
            yield from _named(file, str(images or paths), labels, path)
    except (pa.ArrowException, OSError) as error:
        raise ListingError(f"{path} is no Parquet file that can be read.") from error


def _named(file: Any, column: str, labels: str | None, path: str) -> Iterator[Listed]:
    folder = path.rpartition("/")[0]
    for batch in file.iter_batches(columns=[column, *([labels] if labels else [])]):
        texts = batch.column(column).to_pylist()
        words = batch.column(labels).to_pylist() if labels else [None] * len(texts)
        for text, word in zip(texts, words, strict=True):
            text = str(text or "")
            whole = text if is_address(text) or text.startswith("/") else f"{folder}/{text}"
            yield Listed(whole, label_text(word), mark="" if is_address(whole) else mark_at(whole))
