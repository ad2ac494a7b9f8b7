import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from featx_core.measures.similarity import (
    MEASURES,
    chance_level,
    compare_spaces,
    halves,
    linear_cka,
    neighbor_overlap,
    rsa,
    space_of,
)

FUNCTIONS = {"cka": linear_cka, "rsa": rsa, "overlap": neighbor_overlap}


def two_spaces(n_images=40, seed=0):
    """Two spaces of other widths that share a part."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n_images, 5))
    first = np.hstack([shared, rng.normal(size=(n_images, 4))]) @ rng.normal(size=(9, 12))
    return first, shared @ rng.normal(size=(5, 7)) + rng.normal(size=(n_images, 7))


def unbiased_hsic(first, second):
    """Song et al. 2012, equation 5, as it is printed."""
    n = len(first)
    k, l = first @ first.T, second @ second.T  # noqa: E741
    np.fill_diagonal(k, 0)
    np.fill_diagonal(l, 0)
    one = np.ones(n)
    parts = (
        np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)
    )
    return parts / (n * (n - 3))


def test_cka_is_the_published_formula():
    first, second = two_spaces()
    expected = unbiased_hsic(first, second) / np.sqrt(unbiased_hsic(first, first) * unbiased_hsic(second, second))
    assert linear_cka(first, second) == pytest.approx(expected, abs=1e-12)
    assert 0.1 < expected < 0.9


def test_unbiased_hsic_by_hand():
    """HSIC over all quadruples of different images (Song et al. 2012): the U-statistic that CKA is made of."""
    first, second = two_spaces(6)
    k, l = first @ first.T, second @ second.T  # noqa: E741
    total = [k[i, j] * (l[i, j] + l[q, r] - 2 * l[i, q]) for i, j, q, r in itertools.permutations(range(6), 4)]
    assert unbiased_hsic(first, second) == pytest.approx(np.mean(total))


def test_rsa_is_spearmans_correlation_of_the_dissimilarities():
    first, second = two_spaces()
    first[3] = first[4]
    first[5] = first[6]

    def dissimilarities(space):
        unit = space / np.linalg.norm(space, axis=1, keepdims=True)
        return np.round(1 - unit @ unit.T, 12)[np.triu_indices(len(space), 1)]

    assert rsa(first, second) == pytest.approx(spearmanr(dissimilarities(first), dissimilarities(second)).statistic)


def test_overlap_by_hand():
    """On two circles of five, neighbours on the one are the far ones on the other for a step of two."""
    turn = 2 * np.pi * np.arange(5) / 5
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    other = np.column_stack([np.cos(2 * turn), np.sin(2 * turn)])
    assert neighbor_overlap(circle, other, n_neighbors=2) == 0
    assert neighbor_overlap(circle, other, n_neighbors=4) == 1
    moved = circle.copy()
    moved[0] = circle[1] + 0.01 * circle[2]
    assert neighbor_overlap(circle, moved, n_neighbors=1) < 1


@pytest.mark.parametrize("measure", MEASURES)
def test_a_space_is_like_itself_and_the_order_of_two_is_free(measure):
    first, second = two_spaces()
    function = FUNCTIONS[measure]
    assert function(first, first) == pytest.approx(1, abs=1e-12)
    assert function(first, second) == pytest.approx(function(second, first), abs=1e-12)
    assert function(first, second) < 0.9
    order = np.random.default_rng(1).permutation(len(first))
    assert function(first[order], second[order]) == pytest.approx(function(first, second), abs=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
def test_rotation_and_scale_change_nothing(measure):
    first, second = two_spaces()
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(12, 12)))[0]
    function = FUNCTIONS[measure]
    assert function(1e-6 * first @ rotation, second) == pytest.approx(function(first, second), abs=1e-9)
    assert function(first @ rotation, first) == pytest.approx(1, abs=1e-9)


def test_cka_does_not_see_a_shift_but_sees_a_stretch():
    first, second = two_spaces()
    assert linear_cka(first + 100, second) == pytest.approx(linear_cka(first, second), abs=1e-9)
    assert linear_cka(first * np.array([50.0] + [1.0] * 11), first) < 0.9


def test_rsa_sees_only_the_order_of_dissimilarities():
    """Cosines of angles on a quarter circle: any growing map of the angle's dissimilarity keeps their order."""
    angles = np.sort(np.random.default_rng(3).uniform(0, 0.7, 12))
    angles -= angles[0]
    first = np.column_stack([np.cos(angles), np.sin(angles)])
    second = np.column_stack([np.cos(2 * angles), np.sin(2 * angles)])
    assert rsa(first, second) == pytest.approx(1, abs=1e-12)
    assert linear_cka(first, second) < 1 - 1e-4


def test_all_at_once_is_each_by_itself():
    first, second = two_spaces()
    found = compare_spaces(space_of(first), space_of(second))
    assert found == {name: pytest.approx(function(first, second), abs=1e-12) for name, function in FUNCTIONS.items()}


def test_unrelated_spaces_are_at_the_floor():
    """Means over draws are at the floor, whatever the width; and about one in twenty is above the high one."""
    rng = np.random.default_rng(4)
    values, high = [], []
    for _ in range(60):
        first, second = (space_of(rng.normal(size=(40, width))) for width in (8, 200))
        values.append(compare_spaces(first, second))
        high.append(chance_level(first, second))
    for name, floor in {"cka": 0, "rsa": 0, "overlap": 10 / 39}.items():
        drawn = np.array([value[name] for value in values])
        assert abs(drawn.mean() - floor) < 4 * drawn.std() / np.sqrt(60)
        above = np.mean([value[name] > level[name][1] for value, level in zip(values, high, strict=True)])
        assert above < 0.16


def test_the_floor_is_that_of_all_permutations():
    """All 720 orders of six images."""
    first, second = (space_of(space, n_neighbors=2) for space in two_spaces(6))
    drawn = {"cka": [], "rsa": [], "overlap": []}
    for order in itertools.permutations(range(6)):
        order = np.array(order)
        pick = np.ix_(order, order)
        drawn["cka"].append(np.sum(first.products * second.products[pick]))
        drawn["rsa"].append(np.sum(first.ranks * second.ranks[pick]))
        rows = np.argsort(order)[second.neighbors[order]]
        drawn["overlap"].append(np.mean((first.neighbors[:, :, None] == rows[:, None, :]).any(axis=2)))
    levels = chance_level(first, second)
    for name in MEASURES:
        assert levels[name][0] == pytest.approx(np.mean(drawn[name]), abs=1e-12)
    for name in ("cka", "rsa"):
        assert levels[name][1] == pytest.approx(1.6449 * np.std(drawn[name]), rel=1e-9)


def test_copies_of_a_space_stand_far_above_the_floor():
    first, second = (space_of(space) for space in two_spaces())
    found, levels = compare_spaces(first, second), chance_level(first, second)
    assert all(found[name] > levels[name][1] for name in MEASURES)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_cannot_be_compared_is_refused(measure):
    first, second = two_spaces()
    function = FUNCTIONS[measure]
    with pytest.raises(ValueError, match=r"same images. Received: 40 and 39 rows"):
        function(first, second[:39])
    with pytest.raises(ValueError, match=r"at least 4 images. Received: \(3, 12\)"):
        function(first[:3], second[:3])
    with pytest.raises(ValueError, match="finite values only"):
        function(np.where(first > 2, np.inf, first), second)


def test_spaces_where_nothing_differs_are_like_nothing():
    flat = np.ones((10, 3))
    assert linear_cka(flat, two_spaces(10)[0]) == 0
    assert rsa(flat, two_spaces(10)[0]) == 0


def test_halves_share_nothing_and_are_seeded():
    left, right = halves(11)
    assert len(left) == len(right) == 5
    assert not set(left) & set(right)
    np.testing.assert_array_equal(left, halves(11)[0])
