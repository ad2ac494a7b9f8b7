"""From files to a first map, two builds by turns. Run: `python -m tests.benchmarks.against.first_map OTHER_CHECKOUT`.

Photographs of 12 megapixels come in, a network gives their features, PCA lays them out, and a second network follows: what the
app has its server and worker do, here in one process. Told are ratios of the seconds, of the most memory of that process
with its children, and the size of the workspace beside its files. A first walk of each build is not counted. The files share
one image, with other bytes behind its end: each is decoded.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.against.builds import Build, both, write_files
from tests.benchmarks.measuring import SIZES, keep_compiled_code, machine, photograph

BACKBONES = ("mobilenet_v2", "embedded_v1")
SECONDS_BETWEEN = 0.1  # two looks at the memory

_WALK = """
import json, sys, time, pathlib, featx_core as fx
path, files, backbones = sys.argv[1], sorted(pathlib.Path(sys.argv[2]).iterdir()), sys.argv[3:]
specs = [fx.Pretrained(name, weights="embedded" if name == "embedded_v1" else "random") for name in backbones]
fx.load_keras()
extractors = [fx.build(spec) for spec in specs]
times = [time.perf_counter()]
workspace = fx.Workspace.open(path)
workspace.add((file.name, file.read_bytes()) for file in files)
times.append(time.perf_counter())
features = fx.extract(workspace.images(), extractors[0], workspace=workspace)
times.append(time.perf_counter())
fx.project(features.vectors, "pca")
times.append(time.perf_counter())
second = fx.extract(workspace.images(), extractors[1], workspace=workspace)
times.append(time.perf_counter())
workspace.close()
print(json.dumps([[after - before for before, after in zip(times, times[1:])], len(features), len(second)]))
"""


@dataclass(frozen=True)
class Walk:
    """One walk from the files to features of a second network.

    Attributes:
        intake: Seconds until all images are in.
        first: Until they have features.
        layout: Until these have a map.
        second: Until they have features of the second network.
        memory: The most bytes of the process with its children, shared pages counted once for each.
        share: Bytes of the workspace, the files being 1.
    """

    intake: float
    first: float
    layout: float
    second: float
    memory: int
    share: float

    @property
    def to_map(self) -> float:
        """Seconds from the files to the map."""
        return self.intake + self.first + self.layout


def main() -> None:
    """Measure by turns and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="another checkout")
    parser.add_argument("--images", type=int, default=120, help="photographs of 12 megapixels (default: 120)")
    parser.add_argument("--rounds", type=int, default=3, help="walks of each build (default: 3)")
    parser.add_argument("--backbones", nargs=2, default=BACKBONES, help=f"first and second (default: {BACKBONES})")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keep_compiled_code(folder / "compiled")
        size = SIZES["12 megapixels"]
        files = write_files(
            folder / "photographs", ((f"{n:05d}.jpg", photograph(size, n)) for n in range(asked.images))
        )
        builds = both(asked.other)
        for build in builds:
            _walked(build, folder, files, asked.backbones)
        rounds = [[_walked(build, folder, files, asked.backbones) for build in builds] for _ in range(asked.rounds)]
    print(f"{asked.images} photographs of 12 megapixels, {', '.join(asked.backbones)}; {machine()}")
    for title, attribute in (
        ("files to map, s", "to_map"),
        ("intake, s", "intake"),
        ("first extraction, s", "first"),
        ("second extraction, s", "second"),
        ("most memory, bytes", "memory"),
        ("workspace / files", "share"),
    ):
        _print(title, *([getattr(walks[which], attribute) for walks in rounds] for which in (0, 1)))


def _walked(build: Build, folder: Path, files: Path, backbones: Sequence[str]) -> Walk:
    """Walk once in a process of its own, with what the build has kept of walks before."""
    path = folder / "walk.featx"
    process = subprocess.Popen(
        [sys.executable, "-c", _WALK, str(path), str(files), *backbones],
        cwd=build.root,
        env=os.environ | {"PYTHONPATH": str(build.root), "FEATX_HOME": str(folder / build.name.replace(" ", "_"))},
        stdout=subprocess.PIPE,
        text=True,
    )
    memory = 0
    while process.poll() is None:
        memory = max(memory, _memory(process.pid))
        time.sleep(SECONDS_BETWEEN)
    written = process.stdout.read() if process.stdout is not None else ""
    if process.returncode:
        raise SystemExit(f"{build.name}: the walk failed")
    seconds, *n_rows = json.loads(written.strip().splitlines()[-1])
    if set(n_rows) != {len(list(files.iterdir()))}:
        raise SystemExit(f"{build.name}: {n_rows} rows came out")
    share = path.stat().st_size / sum(file.stat().st_size for file in files.iterdir())
    for left in folder.glob("walk.featx*"):
        left.unlink()
    return Walk(*seconds, memory, share)


def _memory(pid: int) -> int:
    """Return the resident bytes of a process and its children."""
    total = 0
    try:
        for each in (process := psutil.Process(pid), *process.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.Error:  # one has ended meanwhile
        pass
    return total


def _print(title: str, ours: list[float], theirs: list[float]) -> None:
    ratio = statistics.median(ours) / statistics.median(theirs)
    written = [" ".join(f"{value:.4g}" for value in each) for each in (ours, theirs)]
    print(f"{title:<22} this build {written[0]:<26} other {written[1]:<26} ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
