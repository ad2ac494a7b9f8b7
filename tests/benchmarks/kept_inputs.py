"""What keeping the input of networks beside large photographs saves, and what it costs."""

import tempfile
from pathlib import Path

import numpy as np

import featx_core as fx
from tests.benchmarks.measuring import SIZES, Outcome, at_least, at_most, photograph, seconds_of

SIZE = "12 megapixels"
BACKBONES = ("mobilenet_v2", "efficientnet_lite0")


def kept_inputs(*, quick: bool) -> list[Outcome]:
    """Compare extractions that decode the files with those from what the workspace keeps of them, in turns."""
    files = [photograph(SIZES[SIZE], number) for number in range(24 if quick else 96)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.featx"
        workspace = fx.Workspace.open(path)
        workspace.add([(f"{number}.jpg", content) for number, content in enumerate(files)])
        size = path.stat().st_size / sum(map(len, files))
        found = [outcome for backbone in BACKBONES for outcome in _gains(backbone, workspace, 2 if quick else 5)]
        workspace.close()
    return [*found, at_most(f"{SIZE}: workspace / its files, bytes", [size], 1.1)]


def _gains(backbone: str, workspace: fx.Workspace, n_repeats: int) -> list[Outcome]:
    images, extractor = workspace.images(), fx.build(fx.Pretrained(backbone, weights="random"))
    fx.extract(images, extractor)
    runs: list[fx.Features] = []
    gains, are_equal = [], []
    for _ in range(n_repeats):
        with workspace._store.transaction() as connection:
            connection.execute("DELETE FROM inputs")
        seconds = [seconds_of(lambda: runs.append(fx.extract(images, extractor))) for _ in range(2)]
        gains.append(seconds[0] / seconds[1])
        if runs[-2].details["engine"] == runs[-1].details["engine"]:
            are_equal.append(np.array_equal(runs[-2].values, runs[-1].values))
    title = f"{fx.BACKBONES[backbone].title}, {SIZE}"
    equal = f"{sum(are_equal)} of {len(are_equal)} pairs of runs by one engine"
    return [
        at_least(f"{title}: second extractor / first, images a second", gains, 3.0),
        Outcome(
            f"{title}: features bit-equal to those from the files", equal, "all", bool(are_equal) and all(are_equal)
        ),
    ]
