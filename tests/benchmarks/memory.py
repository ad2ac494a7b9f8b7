"""The worker's memory with photographs of 12 megapixels: its peak in a process that starts and works as the worker does."""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import featx_core as fx
from featx_core.worker.child import environment
from tests.benchmarks.measuring import SIZES, Outcome, at_most, photograph

BACKBONE = "resnet50"


def memory(*, quick: bool) -> list[Outcome]:
    """Extract with a network that is not converted yet: conversion is where the peak is."""
    n_images = 400 if quick else 1_000
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "benchmark.featx"
        workspace = fx.Workspace.open(path)  # bringing the files in is the server's work
        workspace.add((f"{number}.jpg", photograph(SIZES["12 megapixels"], number)) for number in range(n_images))
        workspace.close()
        command = [sys.executable, "-m", "tests.benchmarks.memory", str(path)]
        run = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**environment(), "FEATX_HOME": home}
        )
        found = json.loads(run.stdout.splitlines()[-1])
    title = f"{fx.BACKBONES[BACKBONE].title}, {n_images} photographs of 12 megapixels"
    return [
        at_most(f"{title}: the worker's peak, ending on {found['engine']}", [found["peak"]], 1.5, " GB"),
        Outcome(f"{title}: the same before the first image", f"{found['built']:.2f} GB"),
    ]


def _extract(path: str) -> None:
    """Do the worker's part, and print how much memory it took, in GB."""
    workspace = fx.Workspace.open(path)
    extractor = fx.build(fx.Pretrained(BACKBONE, weights="random"))
    built = peak_gb()
    features = fx.extract(workspace.images(), extractor, workspace=workspace)
    print(json.dumps({"built": built, "peak": peak_gb(), "engine": features.details["engine"]}))


def peak_gb() -> float:
    """The largest resident size of this process so far, in GB, and not of the one that it was forked from."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


if __name__ == "__main__":
    _extract(sys.argv[1])
