"""The measured quality of the embedded backbone, a short form of the table in its model card."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURED_V1 = Path(__file__).parent / "embedded_v1.json"

_OPTIONAL = ("untrained", "best_classical", "low", "high")


@dataclass(frozen=True)
class SuiteScore:
    """What one suite gave.

    Attributes:
        suite: What was asked, in a few words.
        embedded: The score of the embedded backbone; larger is better, and so in what follows.
        untrained: Of the same network with random weights, the mean of its seeds.
        best_classical: Of the best descriptor that is no network.
        best_classical_name: Which one that is.
        low: Lower end of the 95 % interval of `embedded`.
        high: Upper end.
    """

    suite: str
    embedded: float
    untrained: float | None
    best_classical: float | None
    best_classical_name: str
    low: float | None
    high: float | None


def read_measured(path: Path = MEASURED_V1) -> tuple[SuiteScore, ...]:
    """Read the table, in its order; empty where there is none that can be read: it is shown, and decides nothing.

    Args:
        path: A JSON list of objects with the fields of `SuiteScore`; null where something was not measured.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return tuple(_score(row) for row in rows)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ()


def _score(row: dict[str, Any]) -> SuiteScore:
    optional: dict[str, Any] = {name: None if row.get(name) is None else float(row[name]) for name in _OPTIONAL}
    name = str(row.get("best_classical_name") or "")
    return SuiteScore(str(row["suite"]), float(row["embedded"]), best_classical_name=name, **optional)
