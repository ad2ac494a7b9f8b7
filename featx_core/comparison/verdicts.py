"""Verdicts in words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from featx_core.base.wording import counted
from featx_core.comparison.differences import ALPHA, Difference
from featx_core.measures.intervals import Z

_FIRST = re.compile(r".*? with [\d\s]+ \w+\.(?= |$)", re.DOTALL)
"""The first sentence, which ends with the number of images."""


def verdict_sentence(
    scores: Mapping[str, float], differences: Sequence[Difference], n_images: int, noun: str = "image"
) -> str:
    """Say which extractors are significantly better, and which do not differ significantly.

    Args:
        scores: The share of right answers of each extractor.
        differences: As `find_differences` gave them for those extractors.
        n_images: On how many images.
        noun: What to call one of them.
    """
    order = sorted(scores, key=lambda name: (-scores[name], name))
    if len(order) < 2:
        return ""
    better = {(row.first, row.second) for row in differences if row.is_real}
    with_images = f"with {counted(n_images, noun)}"
    if not better:
        return f"There is no significant difference between {listed(order)} {with_images}. {_smallest(differences)}".rstrip()
    for n_top in range(1, len(order)):
        top, rest = order[:n_top], order[n_top:]
        if all((a, b) in better for a in top for b in rest):
            return _clean(top, rest, better, with_images)
    return _mixed(order, better, with_images)


def headline(verdict: str) -> tuple[str, str]:
    """Part the first sentence of a verdict, which is its headline, from the rest. Names may hold sentences, too.

    >>> headline("A. b is better than C with 50 images. C does no better than chance.")
    ('A. b is better than C with 50 images.', 'C does no better than chance.')
    >>> headline("Too little data.")
    ('Too little data.', '')
    """
    said = _FIRST.match(verdict)
    end = said.end() if said else verdict.find(". ") + 1 or len(verdict)
    return verdict[:end], verdict[end:].lstrip()


def baseline_sentence(
    scores: Mapping[str, float], beaten: Mapping[str, bool], baseline: str, *, is_all: bool = True
) -> str:
    """Say which extractors are not better than a baseline; empty when all are.

    Args:
        scores: The share of right answers of each extractor.
        beaten: For each extractor whether it is significantly better than the baseline.
        baseline: What to call it, such as "chance".
        is_all: Whether these are all extractors.
    """
    weak = [name for name in sorted(scores, key=lambda name: (-scores[name], name)) if not beaten[name]]
    if not weak:
        return ""
    if is_all and len(weak) == len(scores) > 1:
        return f"None of them is significantly better than {baseline}."
    return f"{listed(weak)} {'does' if len(weak) == 1 else 'do'} no better than {baseline}."


def measured_sentence(rows: Sequence[Mapping[Any, Any]]) -> str:
    r"""Say by what the verdict was measured, with the best extractor beside the baselines.

    Args:
        rows: Of the table of a comparison with labels.

    >>> table = [
    ...     {"extractor": "A", "kind": "extractor", "saw_labels": False, "probe": 0.9, "knn": 0.5},
    ...     {"extractor": "colour histogram", "kind": "baseline", "saw_labels": False, "probe": 0.7, "knn": 0.6},
    ...     {"extractor": "chance", "kind": "baseline", "saw_labels": False, "probe": 0.25, "knn": 0.25},
    ... ]
    >>> print(measured_sentence(table).replace(". ", ".\n"))
    Accuracy of a linear probe: A 90 %, colour histogram 70 %, chance 25 %.
    By its k-NN the colour histogram is above A: 60 % to 50 %.
    """
    scored = [row for row in rows if row["kind"] == "extractor" and not math.isnan(row["probe"])]
    unseen = [row for row in scored if not row["saw_labels"]] or scored
    if not unseen:
        return ""
    best = max(unseen, key=lambda row: row["probe"])
    baselines = [row for row in rows if row["kind"] == "baseline" and not math.isnan(row["probe"])]
    listed_scores = ", ".join(f"{row['extractor']} {100 * row['probe']:.0f} %" for row in (best, *baselines))
    above = [row for row in baselines if row["knn"] > best["knn"]]
    caution = " ".join(
        f"By its k-NN the {row['extractor']} is above {best['extractor']}: "
        f"{100 * row['knn']:.0f} % to {100 * best['knn']:.0f} %."
        for row in above
    )
    return f"Accuracy of a linear probe: {listed_scores}. {caution}".rstrip()


def _clean(top: list[str], rest: list[str], better: set[tuple[str, str]], with_images: str) -> str:
    others = listed(rest) if len(rest) == 1 else "the rest"
    if len(top) == 1:
        return f"{listed(top)} is better than {others} {with_images}."
    inside = [pair for pair in sorted(better) if set(pair) <= set(top)]
    among = " ".join(f"Among them, {listed([first])} is better than {listed([second])}." for first, second in inside)
    between = (
        "there is no significant difference between them" if not among else ("not all of them differ significantly")
    )
    return f"{listed(top)} are better than {others}; {between} {with_images}. {among}".rstrip()


def _mixed(order: list[str], better: set[tuple[str, str]], with_images: str) -> str:
    """No group stands clear of all others: say what each beats, and who may be the best."""
    wins = {name: [other for other in order if (name, other) in better] for name in order}
    by_loser: dict[tuple[str, ...], list[str]] = {}
    for name in order:
        if wins[name]:
            by_loser.setdefault(tuple(wins[name]), []).append(name)
    claims = [
        f"{listed(winners)} {'is' if len(winners) == 1 else 'are'} better than {listed(list(losers))}"
        for losers, winners in by_loser.items()
    ]
    level = [name for name in order if (order[0], name) not in better]
    tail = (
        f" {listed(order[:1])} scores highest, but not significantly higher than {listed(level[1:])}."
        if len(level) > 1
        else ""
    )
    return f"{'; '.join(claims)} {with_images}.{tail}"


def _smallest(differences: Sequence[Difference]) -> str:
    """Say how large a difference must be to show with so many images."""
    spreads = [(row.high - row.low) / (2 * Z) for row in differences if row.high > row.low]
    if not spreads:
        return ""
    needed = 100 * _quantile(len(differences)) * float(np.median(spreads))
    return f"Differences below about {max(1, round(needed))} percentage points would not be detected."


def _quantile(n_pairs: int) -> float:
    from scipy.stats import norm

    return float(norm.isf(ALPHA / 2 / n_pairs))


def listed(names: Sequence[str]) -> str:
    """Write names as a sentence does: "A, B and C". A name with a comma is quoted."""
    return joined([f"“{name}”" if "," in name else name for name in names])


def joined(words: Sequence[str]) -> str:
    """Join words with commas and an "and"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
