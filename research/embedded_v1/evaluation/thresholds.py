"""When the embedded backbone ships as the default: the seven conditions of `PROTOCOL.md`, checked and not moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from research.embedded_v1.evaluation.descriptors import CLASSICAL
from research.embedded_v1.evaluation.results import Result
from research.embedded_v1.evaluation.scores import interval

EMBEDDED, TWIN = "embedded", "untrained twin"
IN_MEAN = ("T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9")
ABOVE_CLASSICAL, ABOVE_TWIN, BELOW_TWIN, BELOW_HOG = 5.0, 8.0, 1.0, 5.0  # points
TIMES_TWIN_HEAT = 1.3
MOST_BYTES = 4_000_000
MOST_MILLISECONDS = 10.0  # an image, one thread


@dataclass(frozen=True)
class Condition:
    """One condition.

    Args:
        text: What is asked.
        measured: What was found, in words.
        is_met: Whether it holds.
    """

    text: str
    measured: str
    is_met: bool


@dataclass(frozen=True)
class Measured:
    """Everything that the conditions ask for.

    Args:
        results: By name of the descriptor; `untrained twin` is the mean of its seeds.
        heat: T10 by name of the method, a ratio for each picture.
        photographs: Number of the photograph of each of these pictures: those of one are drawn together.
        n_bytes: Of the weights file, None where there is none.
        milliseconds: An image on one thread, None where it was not measured.
    """

    results: Mapping[str, Result]
    heat: Mapping[str, np.ndarray]
    photographs: np.ndarray
    n_bytes: int | None
    milliseconds: float | None


def best_classical(results: Mapping[str, Result]) -> str:
    """Name the classical descriptor with the highest mean of T2 to T9."""
    return max((name for name in results if name in CLASSICAL), key=lambda name: results[name].mean(IN_MEAN))


def check(measured: Measured) -> tuple[Condition, ...]:
    """Hold what was measured against the conditions, unrounded."""
    return (
        _above_classical(measured.results),
        _above_twin(measured.results),
        _never_below_twin(measured.results),
        _clean_digits(measured.results),
        _heat(measured.heat),
        _size(measured.n_bytes),
        _speed(measured.milliseconds),
    )


def _above_classical(results: Mapping[str, Result]) -> Condition:
    network, name = results[EMBEDDED], best_classical(results)
    difference = network.mean(IN_MEAN) - results[name].mean(IN_MEAN)
    low, high = interval(network.mean_draws(IN_MEAN) - results[name].mean_draws(IN_MEAN))
    return Condition(
        f"Mean of T2 to T9 at least {ABOVE_CLASSICAL:.0f} above the best classical descriptor, interval without 0",
        f"{difference:+.1f} above {name} ({low:+.1f} to {high:+.1f})",
        difference >= ABOVE_CLASSICAL and low > 0,
    )


def _above_twin(results: Mapping[str, Result]) -> Condition:
    network, twin = results[EMBEDDED], results[TWIN]
    difference = network.mean(IN_MEAN) - twin.mean(IN_MEAN)
    low, high = interval(network.mean_draws(IN_MEAN) - twin.mean_draws(IN_MEAN))
    text = f"Mean of T2 to T9 at least {ABOVE_TWIN:.0f} above the untrained twin"
    return Condition(text, f"{difference:+.1f} ({low:+.1f} to {high:+.1f})", difference >= ABOVE_TWIN)


def _never_below_twin(results: Mapping[str, Result]) -> Condition:
    network, twin = results[EMBEDDED], results[TWIN]
    differences = {key: network.scores[key] - twin.scores[key] for key in ("T1", *IN_MEAN)}
    worst = min(differences, key=lambda key: differences[key])
    text = f"On none of T1 to T9 more than {BELOW_TWIN:.0f} below the untrained twin"
    return Condition(text, f"at worst {differences[worst]:+.1f} ({worst})", differences[worst] >= -BELOW_TWIN)


def _clean_digits(results: Mapping[str, Result]) -> Condition:
    difference = results[EMBEDDED].scores["T1"] - results["HOG"].scores["T1"]
    text = f"Clean digits not more than {BELOW_HOG:.0f} below HOG"
    return Condition(text, f"{difference:+.1f}", difference >= -BELOW_HOG)


def _heat(heat: Mapping[str, np.ndarray]) -> Condition:
    network, twin, gaussian = (float(heat[name].mean()) for name in (EMBEDDED, TWIN, "centred Gaussian"))
    return Condition(
        f"T10 at least {TIMES_TWIN_HEAT} times the untrained twin, and above the centred Gaussian",
        f"{network / twin:.2f} times the twin; {network:.2f} against {gaussian:.2f} of the Gaussian",
        network >= TIMES_TWIN_HEAT * twin and network > gaussian,
    )


def _size(n_bytes: int | None) -> Condition:
    text = f"Weights file at most {MOST_BYTES:,} bytes"
    if n_bytes is None:
        return Condition(text, "not measured", is_met=False)
    return Condition(text, f"{n_bytes:,}", n_bytes <= MOST_BYTES)


def _speed(milliseconds: float | None) -> Condition:
    text = f"At most {MOST_MILLISECONDS:.0f} ms an image at 112 pixels on one thread"
    if milliseconds is None:
        return Condition(text, "not measured", is_met=False)
    return Condition(text, f"{milliseconds:.1f} ms", milliseconds <= MOST_MILLISECONDS)
