from __future__ import annotations

import json

import numpy as np
import pytest

from research.embedded_v1.evaluation.report import markdown, shortened
from research.embedded_v1.evaluation.results import Result
from research.embedded_v1.evaluation.tasks import Suite
from research.embedded_v1.evaluation.thresholds import IN_MEAN, Measured, best_classical, check

SUITES = {key: Suite(f"suite {key}", ()) for key in ("T1", *IN_MEAN)}


def _result(score: float, spread: float = 0.5, **others: float) -> Result:
    noise = np.random.default_rng(0).normal(scale=spread, size=200)
    scores = dict.fromkeys(SUITES, score) | others
    return Result(scores, {k: v + noise for k, v in scores.items()}, {k: {"5-NN": v} for k, v in scores.items()}, 256)


def _measured(network: Result | None = None, **others) -> Measured:
    results = {
        "embedded": network or _result(70),
        "untrained twin": _result(60),
        "pixels": _result(40, T1=96.0),
        "HOG": _result(64, T1=74.0),
    }
    heat = {"embedded": 2.0, "untrained twin": 1.5, "centred Gaussian": 1.8, **others.pop("heat", {})}
    facts = {"n_bytes": 2_300_000, "milliseconds": 4.0} | others
    return Measured(results, {name: np.array([value]) for name, value in heat.items()}, np.zeros(1, int), **facts)


def test_all_conditions_can_be_met() -> None:
    assert all(each.is_met for each in check(_measured()))


def test_the_best_classical_descriptor_is_that_of_the_mean_and_no_network() -> None:
    assert best_classical(_measured().results) == "HOG"


@pytest.mark.parametrize(
    ("measured", "number"),
    [
        (_measured(_result(68.9, T1=70.0)), 0),  # 4.9 above HOG
        (_measured(_result(70.0, T1=68.9)), 3),
        (_measured(_result(72.0, T8=58.9)), 2),
        (_measured(heat={"embedded": 1.94}), 4),
        (_measured(heat={"centred Gaussian": 2.01}), 4),
        (_measured(n_bytes=4_000_001), 5),
        (_measured(n_bytes=None), 5),
        (_measured(milliseconds=10.1), 6),
        (_measured(milliseconds=None), 6),
    ],
)
def test_each_condition_can_fail_alone(measured: Measured, number: int) -> None:
    assert [i for i, each in enumerate(check(measured)) if not each.is_met] == [number]


def test_too_near_the_twin_fails() -> None:
    assert not check(_measured(_result(67.9)))[1].is_met


def test_an_interval_with_0_fails() -> None:
    network = _result(70)
    wide = {key: value + np.random.default_rng(1).normal(scale=20, size=200) for key, value in network.draws.items()}
    first = check(_measured(Result(network.scores, wide, network.measures, 256)))[0]
    assert not first.is_met
    assert first.measured.startswith("+6.0 above HOG (-")


def test_the_table_holds_every_suite_descriptor_and_condition() -> None:
    measured = _measured()
    table = markdown(measured, measured.results, check(measured), SUITES)
    assert all(f"| {key} suite {key} |" in table for key in SUITES)
    assert "| **Mean T2 to T9** | 70.0 (" in table
    assert "HOG (256)" in table
    assert "| centred Gaussian | 1.80 (1.80 to 1.80) |" in table
    assert table.count("| met |") == 7


def test_the_app_reads_what_is_written_for_it() -> None:
    rows = json.loads(json.dumps(shortened(_measured(), SUITES)))
    first, mean = rows[0], rows[-1]
    assert (first["suite"], first["embedded"], first["untrained"]) == ("suite T1", 70, 60)
    assert (first["best_classical"], first["best_classical_name"]) == (96, "pixels")
    assert (mean["embedded"], mean["best_classical_name"]) == (70, "HOG")
    assert mean["low"] < 70 < mean["high"]
