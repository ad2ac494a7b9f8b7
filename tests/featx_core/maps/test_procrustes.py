import numpy as np
import pytest

from featx_core.maps.procrustes import align_map, align_points
from featx_core.maps.projection import Projection


def a_map(coordinates, rows=None):
    coordinates = np.asarray(coordinates, np.float32)
    rows = np.arange(len(coordinates)) if rows is None else np.array(rows)
    return Projection(coordinates, rows, "pca", {}, {"notes": []})


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("mirror", [1, -1])
def test_a_turned_mirrored_scaled_and_shifted_map_comes_back(n_components, mirror):
    rng = np.random.default_rng(0)
    fixed = rng.normal(size=(20, n_components))
    rotation = np.linalg.qr(rng.normal(size=(n_components, n_components)))[0]
    rotation[0] *= mirror
    moving = 7 * fixed @ rotation + 100
    placed = align_map(a_map(moving), a_map(fixed))
    np.testing.assert_allclose(placed.coordinates, fixed, atol=1e-4)
    assert placed.coordinates.dtype == np.float32


def test_only_shared_images_decide_and_all_are_moved():
    rng = np.random.default_rng(1)
    fixed = rng.normal(size=(10, 2))
    moving = a_map(np.vstack([2 * fixed[4:], [[50.0, 60.0]]]), rows=[4, 5, 6, 7, 8, 9, 12])
    placed = align_map(moving, a_map(fixed))
    np.testing.assert_allclose(placed.coordinates[:-1], fixed[4:], atol=1e-5)
    np.testing.assert_allclose(placed.coordinates[-1], [25, 30], atol=1e-4)
    assert moving.coordinates[-1].tolist() == [50, 60]


def test_no_other_rotation_lies_nearer():
    rng = np.random.default_rng(2)
    source, target = rng.normal(size=(2, 30, 2))
    best = np.sum((align_points(source, source, target) - target) ** 2)
    for angle in np.linspace(0, 2 * np.pi, 25):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for scale in (0.02, 0.1, 0.3, 1):
            other = (source - source.mean(0)) @ turn * scale + target.mean(0)
            assert np.sum((other - target) ** 2) >= best - 1e-9


def test_a_single_place_is_shifted():
    placed = align_points(np.ones((3, 2)), np.ones((3, 2)), np.array([[0.0, 0], [2, 2], [4, 4]]))
    assert placed.tolist() == [[2, 2]] * 3


def test_maps_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"must be 2-D or both 3-D\. Received: 2-D and 3-D"):
        align_map(a_map(np.zeros((3, 2))), a_map(np.zeros((3, 3))))
    with pytest.raises(ValueError, match=r"share at least 2 images. Received: 1"):
        align_map(a_map(np.zeros((2, 2)), rows=[0, 1]), a_map(np.zeros((2, 2)), rows=[1, 2]))
