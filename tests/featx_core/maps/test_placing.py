"""New rows on an old map: PCA exactly, t-SNE and UMAP near their true neighbours, all others unmoved."""

import dataclasses

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from featx_core.maps import placing
from featx_core.maps.placing import place
from featx_core.maps.projection import Projection, project
from featx_core.maps.registry import PROJECTIONS
from featx_core.maps.trust import measure_trust

FACTOR = 4
"""How many times nearer to its true neighbours a held-out digit must be placed than at random."""


def digits(n_rows):
    return load_digits().data[:n_rows].astype(np.float32)


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize(("shift", "size"), [(0.0, 1.0), (1e4, 1.0), (0.0, 1e-12)])
def test_pca_places_as_scikit_learn_transforms(n_components, shift, size):
    vectors = (np.random.default_rng(0).normal(size=(80, 10)) * np.arange(1, 11) + shift) * size
    base = project(vectors[:60], "pca", n_components=n_components)
    found = place(base, vectors, 60)
    model = PCA(n_components, svd_solver="full").fit(vectors[:60])
    expected = model.transform(vectors[60:])
    expected *= np.sign((model.transform(vectors[:60]) * base.coordinates).sum(axis=0))
    np.testing.assert_allclose(found.coordinates[60:], expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    np.testing.assert_array_equal(found.coordinates[:60], base.coordinates)
    assert found.details["is_placed"].tolist() == [0] * 60 + [1] * 20
    assert "20 images that came later, in a ring, were placed on this map" in found.notes[-1]


@pytest.mark.parametrize(
    ("name", "n_components", "passes"),
    [
        pytest.param("tsne", 2, {"n_iter": 100}, marks=pytest.mark.slow),
        pytest.param("tsne", 3, {"n_iter": 100}, marks=pytest.mark.slow),
        pytest.param("umap", 2, {"n_epochs": 100}, marks=pytest.mark.thorough),  # half a minute to compile
    ],
)
def test_held_out_digits_are_placed_near_their_true_neighbours(name, n_components, passes):
    vectors, n_base = digits(300), 240
    base = project(vectors[:n_base], name, n_components=n_components, **passes)
    found = place(base, vectors, n_base)
    np.testing.assert_array_equal(found.coordinates[:n_base], base.coordinates)
    apart = np.linalg.norm(vectors[n_base:, None] - vectors[None, :n_base], axis=2)
    nearest = np.argsort(apart, axis=1)[:, :5]

    def to_neighbors(places):
        return np.median(np.linalg.norm(places[:, None] - base.coordinates[nearest], axis=2))

    shuffled = np.random.default_rng(0).permutation(base.coordinates)[: len(vectors) - n_base]
    assert FACTOR * to_neighbors(found.coordinates[n_base:]) < to_neighbors(shuffled)


def test_the_measures_of_trust_are_of_all_rows_and_the_map_is_stored():
    vectors = np.random.default_rng(1).normal(size=(50, 5)).astype(np.float32)
    found = place(project(vectors[:40], "pca"), vectors, 40)
    expected = measure_trust(vectors, found.coordinates)
    assert found.details["trustworthiness"] == expected.trustworthiness
    again = Projection.from_bytes(found.to_bytes())
    np.testing.assert_array_equal(again.details["is_placed"], found.details["is_placed"])
    assert again.notes == found.notes


def test_new_rows_that_are_not_finite_are_left_out_and_counted():
    vectors = np.random.default_rng(2).normal(size=(12, 4)).astype(np.float32)
    vectors[[3, 10]] = np.nan
    found = place(project(vectors[:9], "pca"), vectors, 9)
    assert found.rows.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 11]
    assert "1 of the later ones were left out" in found.notes[-1]


def test_maps_of_other_rows_and_of_other_kinds_are_refused(monkeypatch):
    vectors = np.random.default_rng(3).normal(size=(12, 4)).astype(np.float32)
    base = project(vectors[:9], "pca")
    with pytest.raises(ValueError, match="`n_base` must be the number of rows"):
        place(base, vectors, 5)
    monkeypatch.setattr(placing, "PROJECTIONS", {"pca": dataclasses.replace(PROJECTIONS["pca"], placer=None)})
    with pytest.raises(ValueError, match="places no new images"):
        place(base, vectors, 9)
