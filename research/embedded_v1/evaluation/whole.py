"""The whole measurement: the network, its untrained twins and the competitors, on one suite and on the heatmaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from research.embedded_v1.evaluation import boxes
from research.embedded_v1.evaluation.descriptors import CLASSICAL
from research.embedded_v1.evaluation.networks import TWIN_SEEDS, describe_with, heat_of, read_network, untrained
from research.embedded_v1.evaluation.picture_cache import kept_arrays
from research.embedded_v1.evaluation.results import Result, average, describe_all, measure
from research.embedded_v1.evaluation.scores import EQUAL_DIMENSIONS
from research.embedded_v1.evaluation.speed import milliseconds_per_image
from research.embedded_v1.evaluation.tasks import Suites, number_of
from research.embedded_v1.evaluation.thresholds import EMBEDDED, TWIN, Measured

if TYPE_CHECKING:
    import keras

Note = Callable[[str], None]


@dataclass(frozen=True)
class Candidate:
    """The network that is measured.

    Args:
        network: Its model.
        path: Of its file, None for a stand-in with random weights.
    """

    network: keras.Model
    path: Path | None


def candidate(path: Path | None) -> Candidate:
    """Read the network, or make a stand-in with random weights where there is no path."""
    if path is None:
        return Candidate(untrained(len(TWIN_SEEDS)), None)
    return Candidate(read_network(path), path)


def measure_all(network: Candidate, suites: Suites, seed: int, note: Note) -> tuple[Measured, dict[str, Result]]:
    """Measure a network and all competitors.

    Args:
        network: What is measured.
        suites: T1 to T9.
        seed: Of the bootstrap.
        note: Called with a line at each step.

    Returns:
        What the conditions ask for, and the results at no more than 256 dimensions.
    """
    full: dict[str, list[Result]] = {}
    equal: dict[str, list[Result]] = {}
    for name, features in _features(network, suites, seed):
        note(f"measuring {name}")
        full.setdefault(name, []).append(measure(features, suites, seed))
        needs_fewer = next(iter(features.values())).shape[1] > EQUAL_DIMENSIONS
        fewer = measure(features, suites, seed, EQUAL_DIMENSIONS) if needs_fewer else full[name][-1]
        equal.setdefault(name, []).append(fewer)
    note("measuring heatmaps")
    measured = Measured(
        results={name: average(results) for name, results in full.items()},
        heat=heat_of_all(network.network),
        photographs=np.array([each.photograph for each in boxes.framings()]),
        n_bytes=network.path.stat().st_size if network.path else None,
        milliseconds=milliseconds_per_image(network.path) if network.path else None,
    )
    return measured, {name: average(results) for name, results in equal.items()}


def _features(network: Candidate, suites: Suites, seed: int) -> Iterator[tuple[str, Mapping[str, np.ndarray]]]:
    """Describe all pictures; those who do not change are kept on the disk."""
    yield EMBEDDED, describe_all(describe_with(network.network), suites)
    key = f"{seed} {number_of(' '.join(suites))}"
    for twin_seed in TWIN_SEEDS:
        yield TWIN, kept_arrays(f"twin {twin_seed} {key}", lambda s=twin_seed: _twin(s, suites))  # type: ignore[misc]
    for name, describe in CLASSICAL.items():
        yield name, kept_arrays(f"{name} {key}", lambda d=describe: describe_all(d, suites))  # type: ignore[misc]


def _twin(seed: int, suites: Suites) -> dict[str, np.ndarray]:
    return describe_all(describe_with(untrained(seed)), suites)


def heat_of_all(network: keras.Model) -> dict[str, np.ndarray]:
    """Score T10: a ratio for each picture, by name of the method."""
    pictures = boxes.framings()
    twins = [boxes.heat_ratios(heat_of(untrained(seed)), pictures) for seed in TWIN_SEEDS]
    return {
        EMBEDDED: boxes.heat_ratios(heat_of(network), pictures),
        TWIN: np.mean(twins, axis=0),
        "centred Gaussian": boxes.heat_ratios(boxes.centred_gaussian, pictures),
        "gradient magnitude": boxes.heat_ratios(boxes.gradient_magnitude, pictures),
    }
