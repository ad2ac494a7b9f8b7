"""Extractors trained on the labels they would be scored by: scored on other images, or left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from featx_core.base.wording import counted
from featx_core.comparison.differences import Answers, Difference
from featx_core.comparison.subset import Subset
from featx_core.comparison.verdicts import joined, listed
from featx_core.measures.probes import probe_interval

Score = Mapping[str, Any]


def find_unseen(subset: Subset, seen: Mapping[str, Collection[str] | None]) -> dict[str, np.ndarray]:
    """Return which labelled images each extractor did not learn from.

    Args:
        subset: The images.
        seen: For extractors that learned from labels, the keys of the images whose labels they learned from; None: any may be
            among them.

    Returns:
        For each extractor that learned from labels of this subset, bool `(n_probed,)`: images in groups without any image
        that it learned from.
    """
    found = {}
    for name, keys in seen.items():
        is_seen = np.array([keys is None or key in keys for key in subset.keys], bool)
        unseen = ~np.isin(subset.probed_groups, subset.groups[is_seen])
        if not unseen.all():
            found[name] = unseen
    return found


def restrict(score: Score, unseen: np.ndarray, subset: Subset) -> dict[str, Any]:
    """Take scores by label on the images that an extractor did not learn from; silhouette and NMI have none.

    Args:
        score: As `score_extractor` gave it.
        unseen: Which labelled images those are, bool `(n_probed,)`.
        subset: The images.
    """
    restricted: dict[str, Any] = {**score, "silhouette": None, "nmi": None, "n_scored": int(unseen.sum())}
    codes, groups = subset.codes[unseen], subset.probed_groups[unseen]
    for probe in ("knn", "probe"):
        right = np.asarray(score[probe]["correct"])[unseen]
        interval = probe_interval(right, codes, groups, is_linear=probe == "probe") if len(right) else None
        restricted[probe] = None if interval is None else {**score[probe], **interval._asdict()}
    return restricted


def unseen_notes(unseen: Mapping[str, np.ndarray], noun: str) -> list[str]:
    """Say of each extractor that learned from labels what it was scored on."""
    return [
        f"{listed([name])} was trained on these labels. {_scored_on(unseen[name], noun)}" for name in sorted(unseen)
    ]


def unseen_sentences(answers: Answers, differences: Sequence[Difference], noun: str) -> list[str]:
    """Say how extractors that learned from labels do on the images that they did not learn from.

    Args:
        answers: Of all extractors.
        differences: Between them, as `find_differences` gave them.
        noun: What to call one of the images.
    """
    learned = set(answers.usable)
    sentences = []
    for name in sorted(learned):
        others = [row for row in differences if name in (row.first, row.second)]
        alone = [row for row in others if {row.first, row.second} - {name} - learned]
        sentences.append(_against(name, alone, "were not used in its training", noun))
        both = [row for row in others if row not in alone and row.first == name]
        sentences += [_against(name, [row], "were used in neither training", noun) for row in both]
    return [sentence for sentence in sentences if sentence]


def left_out_sentences(answers: Answers, noun: str) -> list[str]:
    """Say which extractors that learned from labels have too few other images for a verdict."""
    return [
        _left_out(name, len(answers.rows(name)), noun) for name in sorted(answers.usable) if not answers.is_enough(name)
    ]


def _scored_on(unseen: np.ndarray, noun: str) -> str:
    n_images = int(unseen.sum())
    if not n_images:
        return f"It has no scores by label: no {noun} is known to be absent from its training."
    return f"Its scores by label are on {counted(n_images, noun)} not used in its training."


def _left_out(name: str, n_images: int, noun: str) -> str:
    only = f"only {counted(n_images, noun)} {'was' if n_images == 1 else 'were'} not used in its training"
    known = only if n_images else f"no {noun} is known to be absent from its training"
    return f"{listed([name])} is left out of the verdict: it was trained on these labels, and {known}."


def _against(name: str, rows: Sequence[Difference], whom: str, noun: str) -> str:
    """Say what an extractor beats, what beats it, and what does not differ significantly; empty without any."""
    beaten = [row.second for row in rows if row.is_real and row.first == name]
    beaten_by = [row.first for row in rows if row.is_real and row.second == name]
    level = [row.second if row.first == name else row.first for row in rows if not row.is_real]
    claims = [f"is {word} than {listed(names)}" for word, names in (("better", beaten), ("worse", beaten_by)) if names]
    if level:
        claims.append(f"does not differ significantly from {listed(level)}")
    return f"On {counted(rows[0].n_images, noun)} that {whom}, {listed([name])} {joined(claims)}." if claims else ""
