"""Features that lie far from zero, or are very large or small: every measure against the same in extended precision."""

import numpy as np
import pytest
from scipy.stats import rankdata

from featx_core.comparison.scores import score_extractor
from featx_core.comparison.subset import choose_subset
from featx_core.measures.neighbors import (
    cosine_dissimilarities,
    effective_dimension,
    hubness,
    nearest,
    neighbor_rows,
    occurrence_skewness,
)
from featx_core.measures.probes import knn_accuracy, linear_probe
from featx_core.measures.similarity import linear_cka, neighbor_overlap, rsa
from featx_core.robustness.effects import _distances

N_IMAGES = 60
CODES = np.arange(N_IMAGES) % 3
PLACES = {"at zero": (0, 1), "far": (1e4, 1), "farther": (1e6, 10), "large": (0, 1e30), "small": (0, 1e-30)}


def draw(place, n_features=8, seed=0):
    """Features of three labels in float32, around an offset, in a unit."""
    offset, unit = PLACES[place]
    rng = np.random.default_rng(seed)
    means = 1.2 * np.random.default_rng(99).normal(size=(3, n_features))
    return (offset + unit * (means[CODES] + rng.normal(size=(N_IMAGES, n_features)))).astype(np.float32)


def exact(vectors):
    """Cosine dissimilarities in extended precision, from differences."""
    long = vectors.astype(np.longdouble)
    unit = long / np.sqrt((long**2).sum(axis=1, keepdims=True))
    return ((unit[:, None] - unit[None]) ** 2).sum(axis=2) / 2


def near(vectors):
    """The same features moved to zero and to a unit of 1; float64 holds them without loss."""
    moved = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    return moved / np.abs(moved).max()


each_place = pytest.mark.parametrize("place", PLACES)


@each_place
def test_dissimilarities_keep_their_digits(place):
    vectors = draw(place)
    expected = exact(vectors)
    apart = ~np.eye(N_IMAGES, dtype=bool)
    np.testing.assert_allclose(cosine_dissimilarities(vectors)[apart], expected[apart].astype(float), rtol=1e-6)
    between = cosine_dissimilarities(vectors[:20], vectors[20:])
    np.testing.assert_allclose(between, expected[:20, 20:].astype(float), rtol=1e-6)
    np.testing.assert_allclose(_distances(vectors), np.sqrt(2 * expected).astype(float), rtol=1e-6, atol=1e-12)


@each_place
def test_neighbours_are_those_of_the_exact_cosines(place):
    vectors = draw(place)
    expected = np.argsort(exact(vectors) + 9 * np.eye(N_IMAGES), axis=1)
    np.testing.assert_array_equal(neighbor_rows(vectors, 7), expected[:, :7])
    assert [neighbor.row for neighbor in nearest(vectors, 5, n_neighbors=7)] == expected[5, :7].tolist()
    assert hubness(vectors) == pytest.approx(occurrence_skewness(expected[:, :10]))
    others = neighbor_rows(near(vectors))
    shared = [len(set(row) & set(other)) / 10 for row, other in zip(expected[:, :10], others, strict=True)]
    assert neighbor_overlap(vectors, near(vectors)) == pytest.approx(np.mean(shared))


@each_place
def test_votes_are_those_of_the_exact_cosines(place):
    vectors = draw(place)
    votes = np.eye(3)[CODES[np.argsort(exact(vectors) + 9 * np.eye(N_IMAGES), axis=1)[:, :5]]].sum(axis=1)
    best = votes == votes.max(axis=1, keepdims=True)
    expected = best[np.arange(N_IMAGES), CODES] / best.sum(axis=1)
    np.testing.assert_allclose(knn_accuracy(vectors, CODES).correct, expected)


@each_place
def test_ranks_of_dissimilarities_are_the_exact_ones(place):
    vectors, other = draw(place), draw("at zero", seed=1)
    upper = np.triu_indices(N_IMAGES, 1)
    ranks = [rankdata(exact(space)[upper].astype(float)) for space in (vectors, other)]
    assert rsa(vectors, other) == pytest.approx(np.corrcoef(*ranks)[0, 1], abs=1e-6)


@each_place
def test_what_does_not_depend_on_the_place_of_zero_is_the_same_there(place):
    vectors = draw(place)
    moved, other = near(vectors), draw("at zero", seed=1)
    assert linear_cka(vectors, other) == pytest.approx(linear_cka(moved, other), abs=1e-9)
    assert effective_dimension(vectors) == pytest.approx(effective_dimension(moved), rel=1e-9)
    np.testing.assert_array_equal(linear_probe(vectors, CODES).correct, linear_probe(moved, CODES).correct)
    assert 0.4 < linear_probe(vectors, CODES).interval.value < 1


@each_place
def test_silhouette_and_clusters_are_those_of_the_exact_cosines(place):
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score, silhouette_score

    vectors = draw(place)
    subset = choose_subset([f"{row:064x}" for row in range(N_IMAGES)], [str(code) for code in CODES], None)
    found = score_extractor(vectors, subset)
    expected = silhouette_score(exact(vectors).astype(float) * (1 - np.eye(N_IMAGES)), CODES, metric="precomputed")
    assert found["silhouette"] == pytest.approx(expected, abs=1e-6)
    long = vectors.astype(np.longdouble)
    unit = long / np.sqrt((long**2).sum(axis=1, keepdims=True))
    unit = (unit - unit.mean(axis=0)) / np.abs(unit - unit.mean(axis=0)).max()
    clusters = KMeans(3, n_init=20, random_state=1).fit_predict(unit.astype(float))
    assert found["nmi"] == pytest.approx(normalized_mutual_info_score(CODES, clusters), abs=0.1)
