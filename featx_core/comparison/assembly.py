"""From scores to a comparison: tables, tests and the verdict. Quick, so that scores can be kept one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from featx_core.base.wording import counted
from featx_core.comparison.panel import Panel
from featx_core.comparison.tables import CHANCE, COLORS, Comparison, Facts, table_of
from featx_core.comparison.verdicts import (
    Difference,
    above_chance,
    baseline_sentence,
    find_differences,
    too_little,
    verdict_sentence,
)
from featx_core.images.duplicates import count_duplicates
from featx_core.measures.similarity import MEASURES

NO_LABELS = (
    "Without labels there is no ranking: which space is better depends on what you want to tell apart. To get labels, "
    "name folders after them, or label images that you select on the map."
)
ONE_LABEL = "Scores by label need at least two labels with at least two different images each, and five images in all."
Score = Mapping[str, Any]


def assemble(
    scores: Mapping[str, Score],
    pairs: Mapping[tuple[str, str], Score],
    panel: Panel,
    *,
    facts: Mapping[str, Facts] | None = None,
    colors: Score | None = None,
    notes: tuple[str, ...] = (),
) -> Comparison:
    """Put scores together into tables and a verdict.

    Args:
        scores: What `score_extractor` gave for each extractor, by its name.
        pairs: What `score_pair` gave for each two of them, by their names in alphabetical order.
        panel: What they were measured on.
        facts: What is known of the extractors besides.
        colors: What `score_extractor` gave for the colour histograms, or None.
        notes: Sentences to begin the notes with.
    """
    has_labels = panel.has_labels
    order = sorted(scores, key=lambda name: (-scores[name]["probe"]["value"] if has_labels else 0, name))
    rows = [_row(name, scores[name], (facts or {}).get(name, Facts())) for name in order]
    if colors is not None:
        rows.append(_row(COLORS, colors, Facts()) | {"kind": "baseline"})
    if has_labels:
        rows.append(_chance_row(panel))
    tests, verdict, has_verdict = _judge(scores, colors, panel)
    n_groups, n_duplicates = count_duplicates(panel.groups)
    counts = {
        "n_images": len(panel.rows),
        "noun": panel.noun,
        "n_probed": len(panel.probed),
        "n_labels": len(panel.label_names),
        "n_duplicate_groups": n_groups,
        "n_duplicates": n_duplicates,
        "has_labels": has_labels,
        "has_verdict": has_verdict,
    }
    return Comparison(
        table_of("table", rows, has_labels=has_labels),
        table_of("similarity", _similarity_rows(scores, pairs), has_labels=has_labels),
        table_of("tests", tests, has_labels=has_labels),
        verdict,
        (*notes, *panel.notes, *_notes(scores, panel.noun)),
        counts,
    )


def _row(name: str, score: Score, facts: Facts) -> dict[str, Any]:
    row = {"extractor": name, "kind": "extractor", **dataclasses.asdict(facts)}
    row |= {key: score[key] for key in ("n_features", "effective_dimension", "hubness", "silhouette", "nmi")}
    for probe in ("knn", "probe"):
        if score[probe] is not None:
            row |= {
                probe: score[probe]["value"],
                f"{probe}_low": score[probe]["low"],
                f"{probe}_high": score[probe]["high"],
            }
    return row


def _chance_row(panel: Panel) -> dict[str, Any]:
    share = _chance(panel)
    scale = {"knn": share, "probe": share, "silhouette": 0.0, "nmi": 0.0}
    return {"extractor": CHANCE, "kind": "baseline", "badge": "always the most frequent label", **scale}


def _chance(panel: Panel) -> float:
    return float(np.bincount(panel.codes).max() / len(panel.codes))


def _similarity_rows(scores: Mapping[str, Score], pairs: Mapping[tuple[str, str], Score]) -> list[dict[str, Any]]:
    rows = []
    for name in sorted(scores):
        halves = scores[name]["halves"]
        own = {measure: 1.0 if halves else None for measure in MEASURES}
        for measure in MEASURES if halves else ():
            own |= dict.fromkeys((f"{measure}_half_1", f"{measure}_half_2"), halves[measure])
        rows.append({"first": name, "second": name, **own})
    for (first, second), score in sorted(pairs.items()):
        row: dict[str, Any] = {"first": first, "second": second}
        for measure, values in score.items():
            row |= {measure: values["value"], f"{measure}_floor": values["floor"]}
            row |= {f"{measure}_floor_high": values["floor_high"]}
            row |= {f"{measure}_half_{i + 1}": value for i, value in enumerate(values["halves"] or ())}
        rows.append(row)
    return rows


def _judge(scores: Mapping[str, Score], colors: Score | None, panel: Panel) -> tuple[list[dict[str, Any]], str, bool]:
    """The rows of the tests, the verdict, and whether there is one."""
    if not panel.has_labels:
        return [], ONE_LABEL if panel.has_any_label else NO_LABELS, False
    problem = too_little(panel.codes, panel.probed_groups, panel.noun)
    if problem:
        return [], problem, False
    groups = panel.probed_groups
    correct = {name: np.asarray(score["probe"]["correct"]) for name, score in scores.items()}
    values = {name: float(score["probe"]["value"]) for name, score in scores.items()}
    families = {"extractors": find_differences(correct, groups)}
    n_effective = {name: float(score["probe"]["n_effective"]) for name, score in scores.items()}
    families[CHANCE] = above_chance(values, n_effective, _chance(panel), CHANCE)
    if colors is not None:
        families[COLORS] = find_differences(correct, groups, against=(COLORS, np.asarray(colors["probe"]["correct"])))
    sentences = [verdict_sentence(values, families["extractors"], len(panel.probed), panel.noun)]
    sentences += _baseline_sentences(values, families)
    tests = [{"family": family, **dataclasses.asdict(each)} for family, found in families.items() for each in found]
    return tests, " ".join(filter(None, sentences)), True


def _baseline_sentences(values: Mapping[str, float], families: Mapping[str, list[Difference]]) -> list[str]:
    """Who does not beat chance; of those who do, who does not beat the colours."""
    won = {family: {each.first for each in families.get(family, ()) if each.is_real} for family in (CHANCE, COLORS)}
    sentences = [baseline_sentence(values, {name: name in won[CHANCE] for name in values}, CHANCE)]
    left = {name: value for name, value in values.items() if name in won[CHANCE]}
    if COLORS in families and left:
        beaten = {name: name in won[COLORS] for name in left}
        sentences.append(baseline_sentence(left, beaten, f"a {COLORS}", is_all=len(left) == len(values)))
    return sentences


def _notes(scores: Mapping[str, Score], noun: str) -> list[str]:
    return [
        f"{name}: the features of {counted(score['n_not_finite'], noun)} are not finite. "
        "They were taken as the mean of the others."
        for name, score in sorted(scores.items())
        if score["n_not_finite"]
    ]
