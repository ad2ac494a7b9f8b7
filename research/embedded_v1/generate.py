"""Make the banks of textures and shapes, and pictures of what is in them.

python -m research.embedded_v1.generate --out banks
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from featx_core.base.files.whole_file import replacing
from research.embedded_v1 import masks, scenes, textures

TEXTURES_A_CLASS = 32
MASKS_A_CLASS = 16
SHEET = (8, 8)


def main() -> None:
    """Read the command line, make the banks that are not there yet, and the contact sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("banks"), help="folder of the banks (600 MB)")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--smoke", action="store_true", help="two instances a class, in seconds")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        n_textures, n_masks = (2, 2) if arguments.smoke else (TEXTURES_A_CLASS, MASKS_A_CLASS)
        _make(pool, arguments.out / "textures.npy", _texture, textures.N_CLASSES, n_textures)
        _make(pool, arguments.out / "masks.npy", _mask, masks.N_CLASSES, n_masks)
    draw_sheets(arguments.out)


def open_banks(folder: Path) -> scenes.Banks:
    """Open the banks of a folder; the arrays stay on disk.

    Raises:
        FileNotFoundError: If `generate` has not made them.
    """
    arrays = [np.load(folder / name, mmap_mode="r") for name in ("textures.npy", "masks.npy")]
    labels = [
        np.arange(len(array)) // (len(array) // n_classes)
        for array, n_classes in zip(arrays, (textures.N_CLASSES, masks.N_CLASSES), strict=True)
    ]
    return scenes.Banks(arrays[0], labels[0], arrays[1], labels[1])


def draw_sheets(folder: Path) -> None:
    """Save a contact sheet of 64 scenes as `scenes.png`."""
    rows, columns = SHEET
    shard = scenes.compose_shard(open_banks(folder), rows * columns, seed=(7,))
    tiles = shard.pixels[..., :3].reshape(rows, columns, scenes.SIDE, scenes.SIDE, 3)
    Image.fromarray(tiles.transpose(0, 2, 1, 3, 4).reshape(rows * scenes.SIDE, columns * scenes.SIDE, 3)).save(
        folder / "scenes.png"
    )


def _make(
    pool: multiprocessing.pool.Pool,
    path: Path,
    draw: Callable[[tuple[int, int]], np.ndarray],
    n_classes: int,
    n_each: int,
) -> None:
    """Draw every instance of every class into one array, unless that was done."""
    if path.exists():
        return
    start = time.monotonic()
    tasks = [(label, seed) for label in range(n_classes) for seed in range(n_each)]
    first = draw(tasks[0])
    with replacing(path) as part:
        array = np.lib.format.open_memmap(part, "w+", first.dtype, (len(tasks), *first.shape))
        for index, drawn in enumerate(pool.imap(draw, tasks, chunksize=16)):
            array[index] = drawn
        array.flush()
    print(f"{path}: {len(tasks)} in {time.monotonic() - start:.0f} s")


def _texture(task: tuple[int, int]) -> np.ndarray:
    return textures.draw(task[0], seed=task[1])


def _mask(task: tuple[int, int]) -> np.ndarray:
    return masks.draw(task[0], seed=task[1])


if __name__ == "__main__":
    main()
