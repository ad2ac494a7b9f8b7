import numpy as np
import pytest
from scipy.stats import skew

from featx_core.measures.neighbors import (
    ROWS_AT_ONCE,
    Neighbor,
    cosine_dissimilarities,
    effective_dimension,
    hubness,
    movers,
    nearest,
    neighbor_rows,
    neighbors_shared,
)

FAN = np.array([[1.0, 0.0], [0.9, 0.1], [0.5, 0.5], [0.0, 3.0]])
"""Four directions: 0, 6, 45 and 90 degrees."""


def test_cosine_needs_no_length_and_no_division_by_zero():
    vectors = np.array([[3e30, 4e30], [-3.0, -4.0], [0.0, 0.0], [4e-30, -3e-30]])
    expected = [[0, 2, 1, 1], [2, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]]
    np.testing.assert_allclose(cosine_dissimilarities(vectors), expected, atol=1e-12)
    np.testing.assert_allclose(cosine_dissimilarities(vectors, vectors[:3]), np.array(expected)[:, :3], atol=1e-12)
    np.testing.assert_array_equal(cosine_dissimilarities(np.zeros((2, 3))), 1)


def test_nearest_by_hand():
    assert [neighbor.row for neighbor in nearest(FAN, 0)] == [1, 2, 3]
    assert nearest(FAN, 3, n_neighbors=1) == [Neighbor(2, pytest.approx(2**-0.5))]
    assert [neighbor.row for neighbor in nearest(FAN, 0, groups=[7, 7, 1, 2])] == [2, 3]
    with pytest.raises(ValueError, match=r"`row` must be 0 to 3. Received: 4"):
        nearest(FAN, 4)


@pytest.mark.parametrize("tied", [False, True])
def test_neighbours_of_all_agree_with_those_of_each(tied):
    """Also where many images are equally near."""
    rng = np.random.default_rng(0)
    vectors = rng.integers(0, 2, size=(30, 3)) if tied else rng.normal(size=(30, 5))
    groups = np.arange(30) // 2
    rows = neighbor_rows(vectors, 6, groups=groups)
    assert rows.tolist() == [
        [each.row for each in nearest(vectors, i, n_neighbors=6, groups=groups)] for i in range(30)
    ]
    assert neighbor_rows(FAN, 10).tolist() == [[1, 2, 3], [0, 2, 3], [1, 0, 3], [2, 1, 0]]


def test_the_images_that_moved_come_first():
    first = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1], [0.2, 1]])
    second = first.copy()
    second[0] = [0.05, 1]
    found = movers(first, second, n_neighbors=2)
    assert found[0].row == 0
    assert (found[0].kept, found[0].first, set(found[0].second)) == (0, (1, 2), {3, 4})
    assert [mover.kept for mover in found] == sorted(mover.kept for mover in found)
    assert [mover.row for mover in movers(first, second, n_neighbors=2, limit=1)] == [0]
    assert all(mover.kept == 1 for mover in movers(first, 3 * first, n_neighbors=2))
    with pytest.raises(ValueError, match=r"same images. Received: 6 and 5 rows"):
        movers(first, second[:5])


def test_sharing_needs_as_many_neighbours():
    with pytest.raises(ValueError, match=r"the same number of neighbours. Received: \(3, 2\) and \(3, 1\)"):
        neighbors_shared(np.zeros((3, 2), int), np.zeros((3, 1), int))


def test_hubness_is_the_skewness_of_how_often_a_row_is_a_neighbour():
    """One image in the middle of others that lie at right angles is everyone's nearest."""
    with_hub = np.vstack([np.eye(30), np.ones(30)])
    counts = np.bincount(neighbor_rows(with_hub, 1).ravel(), minlength=31)
    assert counts[30] == 30
    assert hubness(with_hub, n_neighbors=1) == pytest.approx(skew(counts))
    assert hubness(with_hub, n_neighbors=1) > 4
    assert hubness(FAN, n_neighbors=3) == 0


def test_effective_dimension_counts_directions():
    rng = np.random.default_rng(2)
    cross = np.vstack([np.eye(6), -np.eye(6)])
    assert effective_dimension(cross) == pytest.approx(6)
    assert effective_dimension(cross @ np.linalg.qr(rng.normal(size=(6, 6)))[0] + 5) == pytest.approx(6)
    assert effective_dimension(1e-20 * cross) == pytest.approx(6)
    variances = np.array([4.0, 1.0])
    points = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) * np.sqrt(variances)
    assert effective_dimension(points) == pytest.approx(variances.sum() ** 2 / (variances**2).sum())
    assert effective_dimension(np.ones((5, 3))) == 0
    wide = rng.normal(size=(5, 50))
    values = np.linalg.eigvalsh(np.cov(wide.T))
    assert effective_dimension(wide) == pytest.approx(values.sum() ** 2 / (values**2).sum())


@pytest.mark.parametrize(("shift", "scale"), [(0, 1), (0, 1e-30), (0, 1e30), (50, 1)])
def test_the_nearest_among_many_rows_are_those_of_all_cosines_at_once(shift, scale):
    vectors = np.random.default_rng(8).normal(size=(ROWS_AT_ONCE + 700, 12)).astype(np.float32)
    vectors = ((vectors + np.float32(shift)) * np.float32(scale)).astype(np.float32)
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1)
    for row in (0, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, len(vectors) - 1):
        cosines = exact @ exact[row] / (lengths * lengths[row])
        cosines[row] = -np.inf
        found = nearest(vectors, row, n_neighbors=15)
        assert [each.row for each in found] == np.argsort(-cosines)[:15].tolist()
        np.testing.assert_allclose([each.similarity for each in found], np.sort(cosines)[::-1][:15], atol=1e-12)


def test_equal_rows_among_many_come_in_their_order_and_groups_are_left_out():
    vectors = np.random.default_rng(9).normal(size=(ROWS_AT_ONCE + 50, 300)).astype(np.float32)
    copies = [7, 900, ROWS_AT_ONCE + 3, ROWS_AT_ONCE + 40]
    vectors[copies] = vectors[7]
    assert [each.row for each in nearest(vectors, 900, n_neighbors=3)] == [7, ROWS_AT_ONCE + 3, ROWS_AT_ONCE + 40]
    groups = np.arange(len(vectors))
    groups[copies] = 7
    apart = cosine_dissimilarities(vectors, vectors[900:901])[:, 0]
    expected = [row for row in np.argsort(apart, kind="stable").tolist() if row not in copies][:5]
    assert [each.row for each in nearest(vectors, 900, n_neighbors=5, groups=groups)] == expected
