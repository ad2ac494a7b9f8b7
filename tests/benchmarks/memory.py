"""The worker's memory with photographs of 12 megapixels: its peak in a process that does what the worker does."""

import os
import resource
import sys
import tempfile
from pathlib import Path

import featx_core as fx
from tests.benchmarks.measuring import SIZES, Outcome, at_most, photograph

BACKBONE = "resnet50"


def memory(*, quick: bool) -> list[Outcome]:
    """Extract with a network that is not converted yet: conversion is where the peak is."""
    n_images = 150 if quick else 1_000
    with tempfile.TemporaryDirectory() as home:
        os.environ["FEATX_HOME"] = home
        path = Path(home) / "benchmark.featx"
        if os.fork() == 0:  # bringing the files in is the server's work
            workspace = fx.Workspace.open(path)
            workspace.add((f"{number}.jpg", photograph(SIZES["12 megapixels"], number)) for number in range(n_images))
            workspace.close()
            os._exit(0)
        os.wait()
        workspace = fx.Workspace.open(path)
        extractor = fx.build(fx.Pretrained(BACKBONE, weights="random"))
        built = _peak()
        features = fx.extract(workspace.images(), extractor, workspace=workspace)
        engine = features.details["engine"]
    title = f"{fx.BACKBONES[BACKBONE].title}, {n_images} photographs of 12 megapixels"
    return [
        at_most(f"{title}: the worker's peak, ending on {engine}", [_peak()], 1.5, " GB"),
        Outcome(f"{title}: the same before the first image", f"{built:.2f} GB"),
    ]


def _peak() -> float:
    """The largest resident size so far, in GB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
