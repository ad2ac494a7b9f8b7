"""The tables: markdown for the model card, a short list for the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from research.embedded_v1.evaluation.descriptors import CLASSICAL
from research.embedded_v1.evaluation.results import Result
from research.embedded_v1.evaluation.scores import Outcome, bootstrap, interval
from research.embedded_v1.evaluation.tasks import Suites
from research.embedded_v1.evaluation.thresholds import EMBEDDED, IN_MEAN, TWIN, Condition, Measured


def markdown(measured: Measured, equal: Mapping[str, Result], conditions: tuple[Condition, ...], suites: Suites) -> str:
    """Write everything that was measured.

    Args:
        measured: With full dimensions.
        equal: Results at no more than 256 dimensions, by name of the descriptor.
        conditions: As `check` gives them.
        suites: For their titles.
    """
    parts = [
        "Scores in percent with 95 % bootstrap intervals over test items; the mean is over T2 to T9. `PROTOCOL.md` says "
        "what each is. ImageNet MobileNetV2: not measured.",
        _scores(measured.results, suites),
        "At no more than 256 dimensions:",
        _scores(equal, suites),
        "Each measure (5-NN / logistic regression / NMI of k-means, or recall at 1):",
        _measures(measured.results, suites),
        "T10, share of heat inside the boxes over their share of the area:",
        _heat(measured),
        "Conditions for shipping as the default:",
        _conditions(conditions),
    ]
    return "\n\n".join(parts) + "\n"


def shortened(measured: Measured, suites: Suites) -> list[dict[str, Any]]:
    """Give the rows that the app shows beside the picker: T1 to T9, and the mean of T2 to T9."""
    rows = [_short_row(suites[key].title, measured.results, (key,)) for key in ("T1", *IN_MEAN)]
    return [*rows, _short_row("Mean of all but clean digits", measured.results, IN_MEAN)]


def _short_row(title: str, results: Mapping[str, Result], keys: tuple[str, ...]) -> dict[str, Any]:
    network, twin = results[EMBEDDED], results[TWIN]
    best = max((name for name in results if name in CLASSICAL), key=lambda name: results[name].mean(keys))
    low, high = interval(network.mean_draws(keys))
    numbers = {
        "embedded": network.mean(keys),
        "untrained": twin.mean(keys),
        "best_classical": results[best].mean(keys),
        "low": low,
        "high": high,
    }
    rounded = {name: round(value, 1) for name, value in numbers.items()}
    return {"suite": title, **rounded, "best_classical_name": best}


def _scores(results: Mapping[str, Result], suites: Suites) -> str:
    names = list(results)
    header = ["", *(f"{name} ({results[name].n_dimensions})" for name in names)]
    rows = [
        [f"{key} {suite.title}", *(_score(results[name], (key,)) for name in names)] for key, suite in suites.items()
    ]
    if all(key in suites for key in IN_MEAN):
        rows.append(["**Mean T2 to T9**", *(_score(results[name], IN_MEAN) for name in names)])
    return _table(header, rows)


def _score(result: Result, keys: tuple[str, ...]) -> str:
    low, high = interval(result.mean_draws(keys))
    return f"{result.mean(keys):.1f} ({low:.1f} to {high:.1f})"


def _measures(results: Mapping[str, Result], suites: Suites) -> str:
    names = list(results)
    rows = []
    for key in suites:
        for measure in results[names[0]].measures[key]:
            rows.append([key, measure, *(f"{results[name].measures[key][measure]:.1f}" for name in names)])
    return _table(["", "measure", *names], rows)


def _heat(measured: Measured) -> str:
    rows = []
    for name, ratios in measured.heat.items():
        low, high = interval(bootstrap(Outcome(ratios, measured.photographs, {}, "T10"), 0))
        rows.append([name, f"{ratios.mean():.2f} ({low / 100:.2f} to {high / 100:.2f})"])
    return _table(["method", "mean ratio"], rows)


def _conditions(conditions: tuple[Condition, ...]) -> str:
    rows = [[each.text, each.measured, "met" if each.is_met else "**not met**"] for each in conditions]
    return _table(["condition", "measured", ""], rows)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
