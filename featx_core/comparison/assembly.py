"""From scores to a comparison: tables, tests and the verdict. Fast, so that scores can be cached one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from featx_core.base.wording import counted
from featx_core.comparison.differences import Answers, Difference, above_chance, find_differences, too_little
from featx_core.comparison.subset import Subset
from featx_core.comparison.tables import CHANCE, COLORS, Comparison, Facts, table_of
from featx_core.comparison.unseen import find_unseen, left_out_sentences, restrict, unseen_notes, unseen_sentences
from featx_core.comparison.verdicts import baseline_sentence, listed, verdict_sentence
from featx_core.images.duplicates import count_duplicates
from featx_core.measures.similarity import MEASURES

NO_LABELS = (
    "Without labels there is no ranking: which space is better depends on what you want to distinguish. To add "
    "labels, name folders after them, or label images that you select on the map."
)
ONE_LABEL = "Scores by label need at least two labels with two different images each, and five images in total."
Score = Mapping[str, Any]


def assemble(
    scores: Mapping[str, Score],
    pairs: Mapping[tuple[str, str], Score],
    subset: Subset,
    *,
    facts: Mapping[str, Facts] | None = None,
    colors: Score | None = None,
    notes: tuple[str, ...] = (),
    seen: Mapping[str, Collection[str] | None] | None = None,
) -> Comparison:
    """Put scores together into tables and a verdict.

    Args:
        scores: What `score_extractor` gave for each extractor, by its name.
        pairs: What `score_pair` gave for each two of them, by their names in alphabetical order.
        subset: What they were measured on.
        facts: What is known of the extractors besides.
        colors: What `score_extractor` gave for the colour histograms, or None.
        notes: Sentences to begin the notes with.
        seen: For extractors that learned from labels, the keys of the images whose labels they learned from; None for an
            extractor where any may be among them.
    """
    has_labels = subset.has_labels
    unseen = find_unseen(subset, seen or {}) if has_labels else {}
    rows = _rows(scores, unseen, subset, facts or {})
    if colors is not None:
        rows.append(_row(COLORS, colors, Facts()) | {"kind": "baseline"})
    if has_labels:
        rows.append(_chance_row(subset))
    tests, verdict, has_verdict = _judge(scores, colors, unseen, subset)
    notes = (*notes, *subset.notes, *unseen_notes(unseen, subset.noun), *_notes(scores, subset.noun))
    return Comparison(
        table_of("table", rows, has_labels=has_labels),
        table_of("similarity", _similarity_rows(scores, pairs), has_labels=has_labels),
        table_of("tests", tests, has_labels=has_labels),
        verdict,
        notes,
        _counts(subset) | {"has_verdict": has_verdict},
    )


def _counts(subset: Subset) -> dict[str, Any]:
    n_groups, n_duplicates = count_duplicates(subset.groups)
    return {
        "n_images": len(subset.rows),
        "noun": subset.noun,
        "n_probed": len(subset.probed),
        "n_labels": len(subset.label_names),
        "n_duplicate_groups": n_groups,
        "n_duplicates": n_duplicates,
        "has_labels": subset.has_labels,
    }


def _rows(
    scores: Mapping[str, Score], unseen: Mapping[str, np.ndarray], subset: Subset, facts: Mapping[str, Facts]
) -> list[dict[str, Any]]:
    """One row an extractor, the best first; those that learned from labels come last, as they are scored on other images."""
    usable = {
        name: restrict(score, unseen[name], subset) if name in unseen else {**score, "n_scored": len(subset.probed)}
        for name, score in scores.items()
    }

    def place(name: str) -> tuple[bool, float, str]:
        probe = usable[name]["probe"]
        return name in unseen, 0 if probe is None else -probe["value"], name

    return [
        _row(name, usable[name], facts.get(name, Facts())) | {"saw_labels": name in unseen}
        for name in sorted(usable, key=place)
    ]


def _row(name: str, score: Score, facts: Facts) -> dict[str, Any]:
    row = {"extractor": name, "kind": "extractor", "saw_labels": False, **dataclasses.asdict(facts)}
    row |= {key: score[key] for key in ("n_features", "effective_dimension", "hubness", "silhouette", "nmi")}
    row["n_scored"] = score.get("n_scored")
    for probe in ("knn", "probe"):
        if score[probe] is not None:
            row |= {
                probe: score[probe]["value"],
                f"{probe}_low": score[probe]["low"],
                f"{probe}_high": score[probe]["high"],
            }
    return row


def _chance_row(subset: Subset) -> dict[str, Any]:
    share = float(np.bincount(subset.codes).max() / len(subset.codes))
    scale = {"knn": share, "probe": share, "silhouette": 0.0, "nmi": 0.0}
    badge = "always predict the most frequent label"
    return {"extractor": CHANCE, "kind": "baseline", "saw_labels": False, "badge": badge, **scale}


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


def _judge(
    scores: Mapping[str, Score], colors: Score | None, unseen: Mapping[str, np.ndarray], subset: Subset
) -> tuple[list[dict[str, Any]], str, bool]:
    """The rows of the tests, the verdict, and whether there is one."""
    if not subset.has_labels:
        return [], ONE_LABEL if subset.has_any_label else NO_LABELS, False
    problem = too_little(subset.codes, subset.probed_groups, subset.noun)
    if problem:
        return [], problem, False
    answers = _answers(scores, unseen, subset)
    families = {"extractors": find_differences(answers), CHANCE: above_chance(answers, CHANCE)}
    if colors is not None:
        families[COLORS] = find_differences(_answers({**scores, COLORS: colors}, unseen, subset), against=COLORS)
    blind = {name: float(score["probe"]["value"]) for name, score in scores.items() if name not in unseen}
    between = [row for row in families["extractors"] if {row.first, row.second} <= set(blind)]
    judged = {row.first: float(answers.correct(row.first)[answers.rows(row.first)].mean()) for row in families[CHANCE]}
    sentences = [
        verdict_sentence(blind, between, len(subset.probed), subset.noun),
        *unseen_sentences(answers, families["extractors"], subset.noun),
        *_baseline_sentences(judged, families),
    ]
    if judged and not any(sentences):
        sentences = [f"{listed(list(judged))} does better than {CHANCE}."]
    sentences += left_out_sentences(answers, subset.noun)
    tests = [{"family": family, **dataclasses.asdict(each)} for family, found in families.items() for each in found]
    return tests, " ".join(filter(None, sentences)), bool(judged)


def _answers(scores: Mapping[str, Score], unseen: Mapping[str, np.ndarray], subset: Subset) -> Answers:
    predicted = {name: np.asarray(score["probe"]["predicted"]) for name, score in scores.items()}
    return Answers(subset.codes, subset.probed_groups, subset.folds, predicted, unseen)


def _baseline_sentences(values: Mapping[str, float], families: Mapping[str, Sequence[Difference]]) -> list[str]:
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
        f"{name}: the features of {counted(score['n_not_finite'], noun)} are not finite. They were replaced with the "
        "mean of the others."
        for name, score in sorted(scores.items())
        if score["n_not_finite"]
    ]
