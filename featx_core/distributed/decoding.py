"""From images that were named to pixels as a network receives them: the first stage of the work, one chunk at a time."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from featx_core.base.labels import label_text
from featx_core.distributed.listing import columns_of, is_address, opened
from featx_core.distributed.plan import Chunk, Listed
from featx_core.distributed.ray_here import ClusterError
from featx_core.images.archives import read_image
from featx_core.images.decoding import ImageError, decode, fit_image
from featx_core.images.found_files import open_file, reason_of

ROWS_AT_A_TIME = 32  # of a Parquet file


@dataclass(frozen=True, eq=False)
class Decoded:
    """A chunk as the network receives it.

    Attributes:
        name: Of the part that it becomes.
        images: Those that could be decoded.
        digests: The SHA-256 of the bytes of each.
        pixels: uint8 `(n_images, *image_size, 3)`.
        left_out: Name and reason of the others.
    """

    name: str
    images: tuple[Listed, ...]
    digests: tuple[str, ...]
    pixels: np.ndarray
    left_out: tuple[tuple[str, str], ...]


def decode_chunk(chunk: Chunk, size: tuple[int, int], fit: str) -> Decoded:
    """Read, decode and fit the images of a chunk. Nothing that an image does makes it raise: it is named with the reason.

    Args:
        chunk: What to decode.
        size: Height and width of what the network receives.
        fit: One of `featx_core.images.fitting.FITS`.
    """
    images: list[Listed] = []
    digests: list[str] = []
    left_out: list[tuple[str, str]] = []
    pixels = np.empty((len(chunk.images), *size, 3), np.uint8)
    for image, content in _of_table(chunk) if chunk.images[0].table else _of_files(chunk):
        try:
            if isinstance(content, Exception):
                raise content
            pixels[len(images)] = fit_content(content, size, fit)
        except Exception as error:
            left_out.append((image.name, _reason(error)))
            continue
        images.append(image)
        digests.append(hashlib.sha256(content).hexdigest())
    return Decoded(chunk.name, tuple(images), tuple(digests), pixels[: len(images)], tuple(left_out))


def fit_content(content: bytes, size: tuple[int, int], fit: str) -> np.ndarray:
    """Decode the bytes of an image file and fit them, as features of a workspace are made.

    Args:
        content: The bytes.
        size: Height and width of the result.
        fit: One of `featx_core.images.fitting.FITS`.

    Returns:
        uint8 `(*size, 3)`.

    Raises:
        ImageError: If they cannot be decoded.
    """
    return fit_image(decode(content, at_least=size), size, fit)


def _of_files(chunk: Chunk) -> Iterator[tuple[Listed, bytes | Exception]]:
    for image in chunk.images:
        try:
            yield image, _read(image.path)
        except Exception as error:
            yield image, error


def _read(path: str) -> bytes:
    file: IO[bytes]
    if is_address(path):
        with opened(path) as file:
            return read_image(file, 0)
    with open_file(Path(path)) as file:
        return read_image(file, os.fstat(file.fileno()).st_size)


def _of_table(chunk: Chunk) -> Iterator[tuple[Listed, bytes | Exception]]:
    """Read images that stand in a Parquet file, with their labels; where the file fails, so do all that are left."""
    waiting = {image.row: image for image in chunk.images}
    try:
        for row, value, label in _rows(chunk.images[0].table, min(waiting), max(waiting)):
            if row in waiting:
                image = dataclasses.replace(waiting.pop(row), label=label_text(label))
                content = value.get("bytes") if isinstance(value, Mapping) else value
                yield image, content if isinstance(content, bytes) else ImageError("holds no bytes of an image")
    except Exception as error:
        for image in waiting.values():
            yield image, error


def _rows(table: str, first: int, last: int) -> Iterator[tuple[int, Any, Any]]:
    """Read the groups of rows that hold some rows: their numbers, images and labels."""
    from pyarrow import parquet

    with opened(table) as stream:
        file = parquet.ParquetFile(stream)
        images, _, labels = columns_of(file.schema_arrow)
        columns = [name for name in (images, labels) if name is not None]
        row = 0
        for group in range(file.num_row_groups):
            n_rows = file.metadata.row_group(group).num_rows
            if row + n_rows <= first or row > last:
                row += n_rows
                continue
            for batch in file.iter_batches(batch_size=ROWS_AT_A_TIME, row_groups=[group], columns=columns):
                words = batch.column(labels).to_pylist() if labels else [None] * batch.num_rows
                for value, word in zip(batch.column(images).to_pylist(), words, strict=True):
                    yield row, value, word
                    row += 1


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, ClusterError) else reason_of(error)
