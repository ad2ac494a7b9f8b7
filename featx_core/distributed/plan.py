"""What is to be done: images in chunks, each of which becomes one part."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

MAX_CHUNK_BYTES = 32 * 1024**2
"""Of pixels that are on their way together."""

MIN_CHUNK, MAX_CHUNK = 8, 1024  # images

N_CHUNKS, BATCH = 16, 32
"""Chunks of a small job, so that all actors have work to the end; images that a network takes at once."""


@dataclass(frozen=True)
class Listed:
    """One image that was named.

    Attributes:
        path: What identifies it: its path or address, or the Parquet file and the row that hold it.
        label: Its class, or None.
        table: The Parquet file that holds its bytes; "" for an image that is a file of its own.
        row: Its row there, from 0.
        mark: Size and time of its file, or what a store says in place of these; "" where that is not known. A file with
            another mark has changed.
    """

    path: str
    label: str | None = None
    table: str = ""
    row: int = 0
    mark: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """The path as text: bytes that are no UTF-8 are shown as such."""
        return self.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True)
class Chunk:
    """Images that are decoded, computed and written together.

    Attributes:
        images: At least one, all of the same `table`.
    """

    images: tuple[Listed, ...]

    @property
    def name(self) -> str:
        """The file that it becomes: the same for the same images, so that doing them twice leaves them once."""
        digest = hashlib.sha256()
        for image in self.images:
            digest.update(image.path.encode("utf-8", "surrogateescape") + b"\n")
        return f"part-{digest.hexdigest()[:20]}.parquet"


def images_per_chunk(size: tuple[int, int], n_images: int | None = None) -> int:
    """Return how many images go together.

    Args:
        size: Height and width of what the network receives, in pixels.
        n_images: Of the whole job; None where that is unknown.

    >>> images_per_chunk((224, 224)), images_per_chunk((4000, 4000)), images_per_chunk((32, 32))
    (222, 8, 1024)
    >>> images_per_chunk((224, 224), 10), images_per_chunk((224, 224), 1000), images_per_chunk((224, 224), 100_000)
    (32, 64, 222)
    """
    most = min(MAX_CHUNK, max(MIN_CHUNK, MAX_CHUNK_BYTES // (3 * size[0] * size[1])))
    if n_images is None:
        return most
    n_batches = -(-n_images // (N_CHUNKS * BATCH))
    return min(most, BATCH * max(1, n_batches))


def chunks(images: Sequence[Listed], done: Collection[str], n_images: int) -> Iterator[Chunk]:
    """Divide what is left to do.

    Args:
        images: All of them. One that is named twice is done once.
        done: The names of those that have features already.
        n_images: How many go together at most.

    >>> left = chunks([Listed("a"), Listed("b"), Listed("a"), Listed("c"), Listed("d")], {"b"}, 2)
    >>> [[image.path for image in chunk.images] for chunk in left]
    [['a', 'c'], ['d']]
    """
    waiting: list[Listed] = []
    for image in {image.name: image for image in images if image.name not in done}.values():
        if waiting and (len(waiting) == n_images or waiting[0].table != image.table):
            yield Chunk(tuple(waiting))
            waiting = []
        waiting.append(image)
    if waiting:
        yield Chunk(tuple(waiting))
