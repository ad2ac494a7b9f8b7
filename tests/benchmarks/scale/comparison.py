"""A comparison of three extractors of 10 000 images, and how its time grows."""

import resource
import sys
import time

import numpy as np

import featx_core as fx
from tests.benchmarks.measuring import Outcome, at_most

N_FEATURES, N_LABELS, N_EXTRACTORS = 1_280, 8, 3
SECONDS, GIGABYTES = 120.0, 3.0


def compare_10k(*, quick: bool) -> list[Outcome]:
    """Compare at 2 000 images, from which on a sample is looked at, and at five times as many."""
    sizes = (200, 1_000) if quick else (2_000, 10_000)
    few, many = (_seconds(n_images) for n_images in sizes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    what = f"Compare {sizes[1]} x {N_FEATURES}, {N_EXTRACTORS} extractors"
    bound = sizes[1] * np.log(sizes[1]) / (sizes[0] * np.log(sizes[0]))
    return [
        at_most(what, [many], SECONDS, " s"),
        at_most(f"{what}: over {sizes[0]} images, where n log n gives {bound:.3g}", [many / few], float(bound)),
        at_most(f"{what}: memory of the process, its {N_EXTRACTORS} arrays included", [peak], GIGABYTES, " GB"),
    ]


def _seconds(n_images: int) -> float:
    labels = np.arange(n_images) % N_LABELS
    features = {f"extractor {number}": _features(labels, number) for number in range(N_EXTRACTORS)}
    started = time.perf_counter()
    fx.compare(features, labels.tolist())
    return time.perf_counter() - started


def _features(labels: np.ndarray, number: int) -> np.ndarray:
    rng = np.random.default_rng(number)
    hidden = (0.3 + 0.1 * number) * rng.normal(size=(N_LABELS, 40))[labels] + rng.normal(size=(len(labels), 40))
    mixed = hidden @ rng.normal(size=(40, N_FEATURES)) + 2 * rng.normal(size=(len(labels), N_FEATURES))
    return np.maximum(mixed, 0).astype(np.float32)
