"""Which images are meant: folders, patterns, addresses and Parquet files, here or wherever fsspec reaches."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
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
    loose: list[str] = []
    for each in given:
        for path in _of_address(each) if is_address(each) else _of_path(each):
            if path.lower().endswith(_TABLE):
                found += _of_table(path)
            else:
                loose.append(path)
    labels = labels_of(short_names(loose)) if loose else []
    found += [Listed(path, label) for path, label in zip(loose, labels, strict=True)]
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


def _of_address(address: str) -> Iterator[str]:
    files, path = _files_at(address)
    try:
        if _WILD & set(path):
            found = sorted(files.glob(path))
        elif address.startswith("http") or not files.isdir(path):
            found = [path]
        else:
            found = sorted(each for each in files.find(path) if has_image_extension(each))
    except OSError as error:
        raise ListingError(f"{address} cannot be listed.") from error
    if not found:
        raise ListingError(f"Nothing is at {address}.")
    for each in found:
        yield files.unstrip_protocol(each)


def _of_path(given: str) -> Iterator[str]:
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


def _of_table(path: str) -> Iterator[Listed]:
    """List the images of a Parquet file; of those whose bytes it holds, only their number is read."""
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
                yield from (Listed(f"{path}#{row}", None, path, row) for row in range(file.metadata.num_rows))
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
            yield Listed(whole, label_text(word))
