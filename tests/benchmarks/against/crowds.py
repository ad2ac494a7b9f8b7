"""Twenty visitors of two builds. Run: `python -m tests.benchmarks.against.crowds OTHER_CHECKOUT`.

As the row "visitors", by turns, with the processor time of server and worker from the click to the last run card.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.against.builds import Build, both, write_files
from tests.benchmarks.app import N_IMAGES, SIZE
from tests.benchmarks.measuring import photograph
from tests.toys.app.serving import ROOT

WARM_UP_SECONDS = 25.0  # in which the worker imports Keras, and the server what figures need


def main() -> None:
    """Measure by turns and print each round, and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="another checkout")
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        pictures = ((f"{number}.jpg", photograph(SIZE, number)) for number in range(N_IMAGES))
        files = write_files(Path(folder) / "images", pictures)
        builds = both(asked.other)
        for _ in range(asked.rounds):
            for build in builds:
                found.setdefault(build.name, []).append(_round(build, files, asked.visitors))
    ours, theirs = (statistics.median(found[build.name]) for build in builds)
    print(f"p95 to the run card: {ours:.2f} s / {theirs:.2f} s = {ours / theirs:.2f}")


def _round(build: Build, files: Path, n_visitors: int) -> float:
    with tempfile.TemporaryDirectory() as home, build.serve(Path(home)) as server:
        tokens = [build.shelve(Path(home), files, are_own=True) for _ in range(n_visitors + 1)]
        time.sleep(WARM_UP_SECONDS)
        options = ["--done", build.done, "--pids", f"{server.pid()},{server.worker().pid}"]
        command = [sys.executable, "-m", "tests.benchmarks.crowd", *options, "--", server.url, *tokens]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return _told(build, json.loads(done.stdout.strip().splitlines()[-1]))


def _told(build: Build, found: dict[str, Any]) -> float:
    cards, rests, reruns = (float(np.quantile(found[name], 0.95)) for name in ("cards", "rests", "reruns"))
    server, worker = found["processor"]
    print(
        f"{build.name}: p95 to the run card {cards:.2f} s, to a page at rest {rests:.2f} s, of light reruns {reruns:.2f} s; "
        f"processor until the last card: server {server:.1f} s, worker {worker:.1f} s; faults: {found['faults'][:3]}; "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return cards


if __name__ == "__main__":
    main()
