"""A folder of parts: features that many machines extracted, as Parquet files that belong together."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.wording import counted, spaced
from featx_core.tables.columns.vectors_in_cells import CellVectors
from featx_core.tables.formats import parquet
from featx_core.tables.formats.delimited import vector_column
from featx_core.tables.layout import MAX_FILE_BYTES, Choice, TableError
from featx_core.tables.raw import RawTable
from featx_core.tables.rows import Table

if TYPE_CHECKING:
    import pyarrow

PARTS = "part-*.parquet"
SKIPPED = "skipped.parquet"
PATH, LABEL, DIGEST, FEATURES = COLUMNS = ("path", "label", "sha256", "features")
SPEC = b"featx.spec"
"""Where the metadata of a part holds the spec, as JSON."""

MAX_SAMPLED = 100_000
"""Rows of a larger folder that come in: as many as a map is drawn of."""

_N_AT_ONCE = 4096  # rows


def is_parts(path: Path) -> bool:
    """Whether a path is a folder of parts."""
    return path.is_dir() and next(path.glob(PARTS), None) is not None


def open_table(folder: Path, choice: Choice) -> RawTable:
    """Read a folder of parts; of more rows than come in, those whose digests come first.

    The digest of an image is as good as a random number, so these are an even sample, and the same images of every run.

    Args:
        folder: As `is_parts` knows it.
        choice: What was chosen so far.

    Raises:
        TableError: If a part is damaged or is none, or the parts are of several specs.
    """
    import pyarrow

    files = _opened(folder)
    n_rows = sum(file.metadata.num_rows for file in files.values())
    if not n_rows:
        raise TableError("holds no features: no image could be read")
    if choice.array not in (None, FEATURES):
        raise TableError(f"has no lists of numbers “{choice.array}”. It has: {FEATURES}")
    width = _width(files)
    limit = min(n_rows, MAX_SAMPLED, max(1, MAX_FILE_BYTES // (4 * width)))
    last = _last_key(files, limit) if n_rows > limit else None
    values = np.empty((limit, width), np.float32)
    words: list[pyarrow.RecordBatch] = []
    n_kept = 0
    for batch in _batches(files, COLUMNS):
        some = batch if last is None else batch.filter(pyarrow.array(_keys(batch.column(DIGEST)) <= last))
        some = some.slice(0, limit - n_kept)  # equal images share a digest: one more than wanted may fit
        values[n_kept : n_kept + some.num_rows] = _numbers(some, width)
        n_kept += some.num_rows
        words.append(some.select([PATH, LABEL, DIGEST]))
    table = pyarrow.Table.from_batches(words)
    names = pyarrow.array(short_names(table.column(PATH).to_pylist()), pyarrow.string())
    table = table.set_column(table.column_names.index(PATH), "name", names)
    raw = parquet.columns_of(table, dataclasses.replace(choice, array=None), notes=_notes(folder, n_rows, n_kept))
    vectors = vector_column(FEATURES, CellVectors(values, np.full(limit, width)))
    return dataclasses.replace(raw, columns=(*raw.columns, vectors), arrays=(FEATURES,))


def read_all(folder: Path) -> Table:
    """Read all rows of a folder of parts, however many: what maps sample, searches for neighbours take whole.

    Args:
        folder: As `is_parts` knows it.

    Raises:
        TableError: As `open_table` raises it.
    """
    files = _opened(folder)
    n_rows, width = sum(file.metadata.num_rows for file in files.values()), _width(files)
    if not n_rows:
        raise TableError("holds no features: no image could be read")
    values = np.empty((n_rows, width), np.float32)
    words: list[list[Any]] = [[], [], []]
    for batch in _batches(files, COLUMNS):
        start = len(words[0])
        values[start : start + batch.num_rows] = _numbers(batch, width)
        for column, kept in zip((PATH, LABEL, DIGEST), words, strict=True):
            kept += batch.column(column).to_pylist()
    return Table(values, tuple(short_names(words[0])), tuple(words[1]), tuple(words[2]))


def pictures(folder: Path, digests: Collection[str]) -> list[Path]:
    """List the image files of some rows that can be reached from here, equal ones once.

    Args:
        folder: Of parts.
        digests: Of the images.

    Raises:
        TableError: As `open_table` raises it.
    """
    wanted, found = set(digests), list[Path]()
    for batch in _batches(_opened(folder), (PATH, DIGEST)):
        for path, digest in zip(batch.column(PATH).to_pylist(), batch.column(DIGEST).to_pylist(), strict=True):
            if digest in wanted and "://" not in path and Path(path).is_file():
                wanted.remove(digest)
                found.append(Path(path))
    return found


def short_names(paths: list[str]) -> list[str]:
    """Leave out the folders that all paths share.

    >>> short_names(["s3://bucket/a/1.jpg", "s3://bucket/b/1.jpg"]), short_names(["/photos/owl.png"])
    (['a/1.jpg', 'b/1.jpg'], ['owl.png'])
    """
    folders = [PurePosixPath(path).parent.parts for path in (min(paths), max(paths))]
    n_shared = next((at for at, pair in enumerate(zip(*folders, strict=False)) if pair[0] != pair[1]), None)
    n_parts = min(map(len, folders)) if n_shared is None else n_shared
    return ["/".join(PurePosixPath(path).parts[n_parts:]) for path in paths]


def _opened(folder: Path) -> dict[Path, Any]:
    """Open all parts; no data is read."""
    import pyarrow
    from pyarrow import parquet as pq

    found: dict[Path, Any] = {}
    specs = set()
    for path in sorted(folder.glob(PARTS)):
        try:
            found[path] = pq.ParquetFile(path, memory_map=True)
        except (pyarrow.ArrowException, OSError) as error:
            raise TableError(f"holds a damaged file, {path.name}: the command that made it makes it again") from error
        schema = found[path].schema_arrow
        specs.add((schema.metadata or {}).get(SPEC))
        if not set(COLUMNS) <= set(schema.names) or not pyarrow.types.is_fixed_size_list(schema.field(FEATURES).type):
            raise TableError(f"holds a file that is no part of features: {path.name}")
    if len(specs) != 1 or len({file.schema_arrow.field(FEATURES).type for file in found.values()}) != 1:
        raise TableError("holds features of several specs: one folder takes one")
    return found


def _width(files: dict[Path, Any]) -> int:
    """Return how many numbers a row has."""
    first = next(iter(files.values()))
    return max(1, int(first.schema_arrow.field(FEATURES).type.list_size))


def _batches(files: dict[Path, Any], columns: Collection[str]) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow

    for path, file in files.items():
        try:
            yield from file.iter_batches(batch_size=_N_AT_ONCE, columns=list(columns), use_threads=False)
        except (pyarrow.ArrowException, OSError) as error:
            raise TableError(f"holds a damaged file, {path.name}: the command that made it makes it again") from error


def _numbers(batch: pyarrow.RecordBatch, width: int) -> np.ndarray:
    """Return the features of a batch, float32 `(n_rows, width)`; a row without any is NaN."""
    column = batch.column(FEATURES)
    found = np.full((batch.num_rows, width), np.nan, np.float32)
    found[column.is_valid().to_numpy(zero_copy_only=False)] = column.flatten().to_numpy().reshape(-1, width)
    return found


def _last_key(files: dict[Path, Any], limit: int) -> np.uint64:
    """Return the key of the last row that is taken."""
    keys = np.concatenate([_keys(batch.column(DIGEST)) for batch in _batches(files, (DIGEST,))])
    found: np.uint64 = np.partition(keys, limit - 1)[limit - 1]
    return found


def _keys(digests: pyarrow.Array) -> np.ndarray:
    """Return the first 64 bits of each digest."""
    return np.array([int(digest[:16], 16) for digest in digests.to_pylist()], np.uint64)


def _notes(folder: Path, n_rows: int, n_kept: int) -> tuple[str, ...]:
    from pyarrow import parquet as pq

    notes = []
    if n_kept < n_rows:
        notes.append(
            f"{spaced(n_kept)} of {counted(n_rows, 'row')} come in: an even sample by digest, of the same images in every run."
        )
    if (folder / SKIPPED).is_file() and (n_skipped := pq.read_metadata(folder / SKIPPED).num_rows):
        notes.append(f"{counted(n_skipped, 'image')} could not be read; {SKIPPED} says why.")
    return tuple(notes)
