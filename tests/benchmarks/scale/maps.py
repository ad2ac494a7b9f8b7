"""t-SNE of 100 000 rows: time, memory, progress and cancel."""

import resource
import sys
import time

import numpy as np

import featx_core as fx
from tests.benchmarks.measuring import Outcome, at_most

N_FEATURES, N_GROUPS = 64, 60
MINUTES, GIGABYTES = 10.0, 4.0


def tsne_100k(*, quick: bool) -> list[Outcome]:
    """Lay out groups of rows once, then stop a second one while its neighbours are sought."""
    n_rows = 4_000 if quick else 100_000
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(N_GROUPS, N_FEATURES))[rng.integers(0, N_GROUPS, n_rows)]
    vectors = (centres + 0.45 * rng.normal(size=centres.shape)).astype(np.float32)
    told: list[float] = []
    started = time.perf_counter()
    found = fx.project(vectors, "tsne", on_progress=lambda done, total: told.append(time.perf_counter()))
    minutes = (time.perf_counter() - started) / 60
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    silence = float(np.diff([started, *told]).max())
    what = f"t-SNE {n_rows} x {N_FEATURES}"
    return [
        at_most(f"{what}, trust {found.details['trustworthiness']:.3f}", [minutes], MINUTES, " min"),
        at_most(f"{what}: memory of the process", [peak], GIGABYTES, " GB"),
        Outcome(f"{what}: longest time without progress", f"{silence:.3g} s"),
        at_most(f"{what}: from cancel to its end", [_seconds_to_stop(vectors)], 1, " s"),
    ]


def _seconds_to_stop(vectors: np.ndarray) -> float:
    asked: list[float] = []

    def stop(done: int, total: int) -> None:
        if done:
            asked.append(time.perf_counter())
            raise fx.Cancelled

    try:
        fx.project(vectors, "tsne", on_progress=stop)
    except fx.Cancelled:
        return time.perf_counter() - asked[0]
    raise SystemExit("The map could not be stopped.")
