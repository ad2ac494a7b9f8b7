"""Which differences between extractors are real, and how to say so in words."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from featx_core.base.wording import counted
from featx_core.measures.intervals import Z, wilson
from featx_core.measures.paired_tests import difference_interval, holm, paired_test

ALPHA = 0.05
"""How often a verdict may name a difference where there is none, over all pairs together."""

MIN_GROUPS = 20
"""Different images with labels, below which there is no verdict."""

MIN_GROUPS_A_LABEL = 5
"""Different images that at least two labels must have for a verdict."""


@dataclass(frozen=True)
class Difference:
    """How much better one extractor is than another, by the linear probe.

    Attributes:
        first: The one with the higher score (by name where they are equal).
        second: The other.
        difference: Of their shares of right answers, 0 or more.
        low: Where its 95 % interval begins.
        high: Where it ends.
        p: Of the paired test, by itself.
        p_corrected: Corrected for the number of pairs (Holm).
        is_real: Whether the corrected one is below 0.05.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    p_corrected: float
    is_real: bool


def find_differences(
    correct: Mapping[str, np.ndarray], groups: np.ndarray, *, against: tuple[str, np.ndarray] | None = None
) -> list[Difference]:
    """Test each pair of extractors on the same images.

    Args:
        correct: For each extractor, which images its probe got right, 0 or 1, `(n_images,)`.
        groups: The group of each image, `(n_images,)`: images of one group count as one.
        against: The name and the right answers of a baseline. Each extractor is then tested against it alone, and comes
            first in its pair.

    Returns:
        One entry a pair, in the order of the names.
    """
    if against is not None:
        pairs = [(name, against[0]) for name in sorted(correct)]
        correct = {**correct, against[0]: against[1]}
        return _tested(correct, groups, pairs)
    return _tested(correct, groups, [_ranked(pair, correct) for pair in itertools.combinations(sorted(correct), 2)])


def above_chance(
    scores: Mapping[str, float], n_effective: Mapping[str, float], chance: float, name: str
) -> list[Difference]:
    """Test whether each extractor does better than always giving the most frequent label.

    Args:
        scores: The share of right answers of each extractor.
        n_effective: How many independent answers each share is worth.
        chance: The share of the most frequent label.
        name: What to call it.
    """
    from scipy.stats import norm

    names = sorted(scores)
    errors = {each: float(np.sqrt(chance * (1 - chance) / n_effective[each])) for each in names}
    p_values = [float(norm.sf((scores[each] - chance) / errors[each])) for each in names]
    found = []
    for each, p, corrected in zip(names, p_values, holm(p_values), strict=True):
        low, high = wilson(scores[each], n_effective[each])
        difference = scores[each] - chance
        found.append(Difference(each, name, difference, low - chance, high - chance, p, corrected, corrected < ALPHA))
    return found


def _ranked(pair: tuple[str, str], correct: Mapping[str, np.ndarray]) -> tuple[str, str]:
    """The better of two first; by name where they are equal."""
    first, second = sorted(pair, key=lambda name: (-float(np.sum(correct[name])), name))
    return first, second


def _tested(
    correct: Mapping[str, np.ndarray], groups: np.ndarray, pairs: Sequence[tuple[str, str]]
) -> list[Difference]:
    p_values = [paired_test(correct[first] - correct[second], groups) for first, second in pairs]
    return [
        Difference(
            first,
            second,
            *difference_interval(correct[first] - correct[second], groups),
            p,
            corrected,
            corrected < ALPHA and float(np.sum(correct[first])) > float(np.sum(correct[second])),
        )
        for (first, second), p, corrected in zip(pairs, p_values, holm(p_values), strict=True)
    ]


def too_little(codes: np.ndarray, groups: np.ndarray, noun: str = "image") -> str | None:
    """Say that there is too little data for a verdict; None when there is enough.

    Args:
        codes: The label of each image, `(n_images,)`.
        groups: The group of each image, `(n_images,)`.
        noun: What to call one of them.
    """
    n_groups = len(np.unique(groups))
    sizes = sorted((len(np.unique(groups[codes == code])) for code in np.unique(codes)), reverse=True)
    if n_groups >= MIN_GROUPS and len(sizes) > 1 and sizes[1] >= MIN_GROUPS_A_LABEL:
        return None
    return (
        f"Too little data for a verdict: {counted(n_groups, f'different {noun}')} of {counted(len(sizes), 'label')}. "
        f"It takes at least {MIN_GROUPS}, and {MIN_GROUPS_A_LABEL} each of two labels."
    )


def verdict_sentence(
    scores: Mapping[str, float], differences: Sequence[Difference], n_images: int, noun: str = "image"
) -> str:
    """Say which extractors are really better, and between which there is no real difference.

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
        return f"There is no real difference between {_list(order)} {with_images}. {_smallest(differences)}".rstrip()
    for n_top in range(1, len(order)):
        top, rest = order[:n_top], order[n_top:]
        if all((a, b) in better for a in top for b in rest):
            return _clean(top, rest, better, with_images)
    return _mixed(order, better, with_images)


def baseline_sentence(
    scores: Mapping[str, float], beaten: Mapping[str, bool], baseline: str, *, is_all: bool = True
) -> str:
    """Say which extractors are not better than a baseline; empty when all are.

    Args:
        scores: The share of right answers of each extractor.
        beaten: For each extractor whether it is really better than the baseline.
        baseline: What to call it, such as "chance".
        is_all: Whether these are all extractors.
    """
    weak = [name for name in sorted(scores, key=lambda name: (-scores[name], name)) if not beaten[name]]
    if not weak:
        return ""
    if is_all and len(weak) == len(scores) > 1:
        return f"None of them does better than {baseline}."
    return f"{_list(weak)} {'does' if len(weak) == 1 else 'do'} no better than {baseline}."


def _clean(top: list[str], rest: list[str], better: set[tuple[str, str]], with_images: str) -> str:
    others = _list(rest) if len(rest) == 1 else "the rest"
    if len(top) == 1:
        return f"{_list(top)} is better than {others} {with_images}."
    inside = [pair for pair in sorted(better) if set(pair) <= set(top)]
    among = " ".join(f"Among them, {_list([first])} is better than {_list([second])}." for first, second in inside)
    between = "between them there is no real difference" if not among else "not all of them differ"
    return f"{_list(top)} are better than {others}; {between} {with_images}. {among}".rstrip()


def _mixed(order: list[str], better: set[tuple[str, str]], with_images: str) -> str:
    """No group stands clear of all others: say what each beats, and who may be the best."""
    wins = {name: [other for other in order if (name, other) in better] for name in order}
    by_loser: dict[tuple[str, ...], list[str]] = {}
    for name in order:
        if wins[name]:
            by_loser.setdefault(tuple(wins[name]), []).append(name)
    claims = [
        f"{_list(winners)} {'is' if len(winners) == 1 else 'are'} better than {_list(list(losers))}"
        for losers, winners in by_loser.items()
    ]
    level = [name for name in order if (order[0], name) not in better]
    tail = (
        f" {_list(order[:1])} scores highest, with no real difference to {_list(level[1:])}." if len(level) > 1 else ""
    )
    return f"{'; '.join(claims)} {with_images}.{tail}"


def _smallest(differences: Sequence[Difference]) -> str:
    """Say how large a difference must be to show with so many images."""
    spreads = [(row.high - row.low) / (2 * Z) for row in differences if row.high > row.low]
    if not spreads:
        return ""
    needed = 100 * _quantile(len(differences)) * float(np.median(spreads))
    return f"A difference below about {max(1, round(needed))} percentage points would not show."


def _quantile(n_pairs: int) -> float:
    from scipy.stats import norm

    return float(norm.isf(ALPHA / 2 / n_pairs))


def _list(names: Sequence[str]) -> str:
    names = [f"“{name}”" if "," in name else name for name in names]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
