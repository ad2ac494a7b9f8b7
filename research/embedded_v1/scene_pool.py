"""A pool of scenes in memory that another process keeps filling with new ones while the network trains."""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool
from pathlib import Path
from typing import Any

import numpy as np

from research.embedded_v1 import generate, scenes

SHARD_SIZE = 512

_AT_HAND: dict[str, Any] = {}


class ScenePool:
    """The latest scenes, replaced shard by shard, the oldest first."""

    def __init__(self, banks: Path, *, n_shards: int, n_processes: int, seed: int, first_shard: int = 0) -> None:
        """Fill the pool; takes a minute.

        Args:
            banks: The folder of `generate`.
            n_shards: How many shards of 512 scenes the pool holds.
            n_processes: How many processes make scenes while it fills. One goes on afterwards.
            seed: Where the draws come from.
            first_shard: How many shards were made before, so that going on does not repeat them.
        """
        self._workers = multiprocessing.get_context("spawn").Pool(n_processes, _open, (banks, seed))
        self.n_made = first_shard
        self._shards: list[scenes.Shard] = []
        self._waiting: list[multiprocessing.pool.AsyncResult[scenes.Shard]] = []
        for _ in range(n_shards):
            self._order()
        while self._waiting:
            self._shards.append(self._waiting.pop(0).get())
        self._order()

    def refresh(self) -> None:
        """Put the shard that was made meanwhile in the place of the oldest, and order the next."""
        if self._waiting and self._waiting[0].ready():
            self._shards.append(self._waiting.pop(0).get())
            self._shards.pop(0)
            self._order()

    def draw(self, n_scenes: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Draw scenes.

        Returns:
            uint8 `(n, 96, 96, 5)`; the same scenes again, some before another ground; their classes of shape and of
            texture, int32 `(n,)` each.
        """
        chosen = rng.integers(len(self._shards), size=n_scenes)
        rows = rng.integers(SHARD_SIZE, size=n_scenes)
        drawn = []
        for shard_index, row in zip(chosen, rows, strict=True):
            shard = self._shards[shard_index]
            partner = shard.partners[row]
            drawn.append((shard.pixels[row], shard.pixels[partner], shard.shapes[row], shard.textures[row]))
        first, second, shapes, textures = zip(*drawn, strict=True)
        return np.stack(first), np.stack(second), np.array(shapes), np.array(textures)

    def close(self) -> None:
        """Stop the processes."""
        self._workers.terminate()

    def _order(self) -> None:
        self._waiting.append(self._workers.apply_async(_compose, (self.n_made,)))
        self.n_made += 1


def _open(banks: Path, seed: int) -> None:
    """Keep the banks at hand, once in each process."""
    _AT_HAND["banks"], _AT_HAND["seed"] = generate.open_banks(banks), seed


def _compose(number: int) -> scenes.Shard:
    return scenes.compose_shard(_AT_HAND["banks"], SHARD_SIZE, seed=(_AT_HAND["seed"], number))
