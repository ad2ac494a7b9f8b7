"""UMAP, where umap-learn is installed; and the registry where it is not."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

import featx_core
from featx_core.base.progress import Cancelled
from featx_core.maps.projection import project
from featx_core.maps.registry import PROJECTIONS
from tests.toys.projection_vectors import two_groups


def needs_umap(test):
    is_missing = "umap" not in PROJECTIONS
    return pytest.mark.thorough(pytest.mark.skipif(is_missing, reason="umap-learn is not installed")(test))


def test_the_registry_offers_it_only_when_it_is_installed():
    script = "import sys; sys.modules['umap'] = None; from featx_core.maps.projection import PROJECTIONS; print(*PROJECTIONS)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=Path(featx_core.__file__).parents[1],
        check=True,
    )
    assert done.stdout.split() == ["pca", "tsne"]


@needs_umap
@pytest.mark.parametrize("n_components", [2, 3])
def test_groups_stay_apart_neighbours_stay_near_and_the_seed_decides(n_components):
    vectors = two_groups()
    first, again, other = (project(vectors, "umap", n_components=n_components, seed=seed) for seed in (3, 3, 4))
    places = first.coordinates
    radius = max(np.linalg.norm(group - group.mean(axis=0), axis=1).max() for group in (places[:30], places[30:]))
    assert np.linalg.norm(places[:30].mean(axis=0) - places[30:].mean(axis=0)) > 2 * radius
    assert places.tobytes() == again.coordinates.tobytes()
    assert not np.array_equal(places, other.coordinates)
    k = first.details["n_neighbors"]
    assert first.details["trustworthiness"] == pytest.approx(trustworthiness(vectors, places, n_neighbors=k), abs=1e-6)
    assert first.details["trustworthiness"] > 0.75


@needs_umap
def test_it_tells_how_far_it_is_and_stops_when_it_is_told_to():
    told = []
    project(two_groups(), "umap", n_epochs=200, on_progress=lambda done, total: told.append(done / total))
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == 1

    def stop(done, total):
        if done > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        project(np.random.default_rng(0).normal(size=(600, 20)), "umap", n_epochs=2000, on_progress=stop)


@needs_umap
def test_few_and_equal_images_are_told_of():
    lowered = project(two_groups()[:10], "umap", n_epochs=50)
    assert lowered.details["n_neighbors_used"] == 9
    assert lowered.notes == ["Neighbours were lowered from 15 to 9: the number of other images, 9."]
    copies = np.repeat(two_groups()[:5], [46, 1, 1, 1, 1], axis=0)
    assert np.isfinite(project(copies, "umap", n_epochs=50).coordinates).all()


@needs_umap
@pytest.mark.parametrize(("n_features", "n_components"), [(1, 2), (1, 3), (2, 3)])
def test_fewer_directions_than_axes_give_a_map(n_features, n_components):
    """umap-learn divides each axis of the start by its range, which must not be zero."""
    vectors = np.random.default_rng(0).normal(size=(60, n_features)).astype(np.float32)
    first, again = (project(vectors, "umap", n_components=n_components, n_epochs=50) for _ in range(2))
    assert np.isfinite(first.coordinates).all()
    assert first.coordinates.tobytes() == again.coordinates.tobytes()
    assert first.details["trustworthiness"] > 0.9


@needs_umap
@pytest.mark.parametrize("unit", [1e-25, 1e30])
def test_the_unit_of_the_features_and_their_distance_from_zero_change_little(unit):
    vectors = two_groups().astype(np.float64)
    for changed in (unit * vectors, vectors + 1e4):
        found = project(changed, "umap", n_epochs=50)
        assert np.isfinite(found.coordinates).all()
        first, second = found.coordinates[:30].mean(axis=0), found.coordinates[30:].mean(axis=0)
        assert np.linalg.norm(first - second) > 3
