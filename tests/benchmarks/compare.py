"""What a comparison and a layer sweep cost. Run: `python -m tests.benchmarks.compare`.

Prints the whole comparison of six extractors of 1 000 images x 1 280 features as the worker makes it from stored features,
one extractor joining, coming back, and the layer sweep against a plain extraction of the same images. Nothing is asserted.
"""

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import psutil

import featx_core as fx
from featx_core.comparison.stages import stages_of, tap_stages
from featx_core.studies.comparisons.comparison import ComparisonStudy
from featx_core.tasks.registry import TASKS
from featx_core.tasks.requests import StudyJob
from tests.conftest import png

N_IMAGES, N_FEATURES, N_LABELS = 1_000, 1_280, 8
BACKBONES = ("mobilenet_v2", "mobilenet", "resnet50", "vgg16", "densenet121", "efficientnet_b0", "xception")
SWEPT = ("mobilenet_v2", "resnet50")
REPEATS = 3


class Quiet:
    """A report that nobody reads."""

    needs_reset = True
    needs_fresh_worker = False

    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        """Pass over a stage."""

    def __call__(self, done: int, total: int) -> None:
        """Pass over a step."""


def main() -> None:
    """Measure everything and print a table."""
    print(f"{platform.machine()}, {psutil.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        workspace = fx.Workspace.open(Path(folder) / "benchmark.featx")
        workspace.add((f"label {i % N_LABELS}/{i}.png", png(i)) for i in range(N_IMAGES))
        runs = [_enter(workspace, backbone, seed) for seed, backbone in enumerate(BACKBONES)]
        seconds, _ = _timed(lambda: _compare(workspace, runs[:6]))
        _row(f"six extractors, {N_IMAGES} x {N_FEATURES}, all of it", f"{seconds:.1f} s", "15 s")
        seconds, _ = _timed(lambda: _compare(workspace, runs))
        _row("a seventh joins (one score, six pairs)", f"{seconds:.1f} s", "-")
        seconds, _ = _timed(lambda: _compare(workspace, runs[:6]))
        _row("coming back", f"{seconds:.3f} s", "instant")
        for backbone in SWEPT:
            _sweep_row(workspace, backbone)


def _compare(workspace: fx.Workspace, runs: list[str]) -> None:
    """Compare runs as the worker does."""
    asked = StudyJob((ComparisonStudy(tuple(runs)),))
    TASKS[asked.task](workspace, asked.to_parameters(), Quiet())


def _enter(workspace: fx.Workspace, backbone: str, seed: int) -> str:
    """Enter a run whose features know the labels a little, the more the higher the seed."""
    spec = fx.Pretrained(backbone=backbone, weights="random", seed=seed)
    rng = np.random.default_rng(seed)
    images = workspace.images()
    labels = np.array([int(str(label).split()[-1]) for label in images.labels])
    hidden = (0.3 + 0.05 * seed) * rng.normal(size=(N_LABELS, 40))[labels] + rng.normal(size=(len(images), 40))
    mixed = hidden @ rng.normal(size=(40, N_FEATURES)) + 2 * rng.normal(size=(len(images), N_FEATURES))
    rows = np.maximum(mixed, 0).astype(np.float32)
    workspace.vectors.save(spec.digest, dict(zip(images.digests, rows, strict=True)))
    workspace.ledger.save(spec, {})
    return spec.digest


def _sweep_row(workspace: fx.Workspace, backbone: str) -> None:
    """Time plain extraction and the sweep's pass, networks compiled, in turns."""
    images = workspace.images()[:256]
    extractor = fx.build(fx.Pretrained(backbone=backbone, weights="random"))
    layers = stages_of(extractor)
    plain, tapped = [], []
    fx.extract(images[:32], extractor)
    for _ in range(REPEATS):
        plain.append(_timed(lambda: fx.extract(images, extractor))[0])
        compiling = _timed(lambda: tap_stages(images[:32], extractor, layers))[0]
        one_batch = _timed(lambda: fx.extract(images[:32], extractor))[0]
        tapped.append(_timed(lambda: tap_stages(images, extractor, layers))[0] - max(compiling - one_batch, 0))
    ratio = statistics.median(tapped) / statistics.median(plain)
    what = f"sweep of {len(layers)} stages of {backbone}, {len(images)} images, over plain extraction"
    _row(what, f"{ratio:.2f} ({statistics.median(plain):.1f} s plain)", "1.3")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _row(what: str, value: str, goal: str) -> None:
    print(f"{what:<80} {value:<22} goal {goal}", flush=True)


if __name__ == "__main__":
    main()
