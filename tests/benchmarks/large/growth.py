"""Whether adding images takes longer in a workspace that holds many: the same files into an empty and a large one, in turns.

python -m tests.benchmarks.large.growth FOLDER_OF_SMALL_IMAGES [100000]
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import featx_core as fx
from tests.benchmarks.large.pages import made_up

N_FILES, N_TURNS = 300, 6


def main(folder: Path, n_images: int) -> None:
    """Print milliseconds of the processor an image, for both, and their ratio."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory() as home:
        made_up(Path(home) / "large.featx", n_images)
        spaces = {
            "empty": fx.Workspace.open(Path(home) / "empty.featx"),
            "large": fx.Workspace.open(Path(home) / "large.featx"),
        }
        taken: dict[str, list[float]] = {name: [] for name in spaces}
        for turn in range(N_TURNS):
            part = files[turn * N_FILES : (turn + 1) * N_FILES]
            for name in sorted(spaces, reverse=turn % 2 == 1):
                started = time.process_time()
                spaces[name].add(part)
                taken[name].append(1000 * (time.process_time() - started) / len(part))
        for workspace in spaces.values():
            workspace.close()
    ratios = [large / empty for large, empty in zip(taken["large"], taken["empty"], strict=True)]
    print({name: [round(each, 2) for each in found] for name, found in taken.items()})
    print(f"a workspace of {n_images} takes {statistics.median(ratios):.2f} times as long as an empty one")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
