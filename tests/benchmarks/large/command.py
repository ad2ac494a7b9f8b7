"""What the command line does with a large folder: rate by tenth, memory, a second run, opening, listing.

    python -m tests.benchmarks.large.command FOLDER [WORKSPACE]

Each stage prints its seconds by the clock and of the processor, and by how much the process grew. Run it on folders of two
sizes and compare: what grows faster than the folder shows.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import featx_core as fx

BACKBONE, SIDE = "embedded_v1", 48
N_PARTS = 10


def resident() -> float:
    """The resident size of this process in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def told(what: str, work: Callable[[], object]) -> object:
    """Do something, and print what it took."""
    before, clock, used = resident(), time.perf_counter(), time.process_time()
    found = work()
    seconds, used = time.perf_counter() - clock, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what:34s} {seconds:8.2f} s {used:8.2f} s cpu {resident() - before:+8.0f} MB, peak {peak:.0f} MB", flush=True
    )
    return found


class Rate:
    """Notes the processor's time at each tenth of the work."""

    def __init__(self) -> None:
        self.at: list[tuple[int, float, float]] = []

    def __call__(self, done: int, total: int) -> None:
        """Take a step."""
        if not self.at or done >= self.at[-1][0] + total / N_PARTS or done == total != self.at[-1][0]:
            self.at.append((done, time.perf_counter(), time.process_time()))

    def show(self, what: str) -> None:
        """Print images a second, by the clock and by the processor, for each part."""
        pairs = [(after, before) for before, after in zip(self.at, self.at[1:], strict=False) if after[0] > before[0]]
        rates = [f"{(a[0] - b[0]) / (a[1] - b[1]):.0f}/{(a[0] - b[0]) / (a[2] - b[2]):.0f}" for a, b in pairs]
        print(f"  {what}, images a second by clock/processor: {' '.join(rates)}", flush=True)


def main(folder: str, path: str) -> None:
    """Take a folder the whole way, twice."""
    workspace = fx.Workspace.open(path)
    rate = Rate()
    report = told("add", lambda: workspace.add([folder], on_progress=rate))
    rate.show("adding")
    print(f"  {report.sentence()[:100]}")
    told("list", workspace.images)
    spec = fx.Pretrained(BACKBONE, image_size=(SIDE, SIDE))
    extractor = told("build", lambda: fx.build(spec, workspace))
    rate = Rate()
    told("extract", lambda: fx.extract(workspace.images(), extractor, workspace=workspace, on_progress=rate))
    rate.show("extracting")
    told("add again", lambda: workspace.add([folder]))
    told("extract again", lambda: fx.extract(workspace.images(), extractor, workspace=workspace))
    told("close", workspace.close)
    print(f"  workspace of {Path(path).stat().st_size / 1e6:.0f} MB")
    workspace = told("open", lambda: fx.Workspace.open(path))
    told("list", workspace.images)
    told("size", workspace.size)
    told("levels of folders", workspace.folder_levels)
    told("page of 60 thumbnails", lambda: [record.thumbnail() for record in workspace.images()[30:90]])
    told("load features", lambda: fx.load_features(workspace, spec.digest))
    workspace.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else str(Path(home) / "large.featx"))
