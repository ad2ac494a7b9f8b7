"""The repulsion on a grid against sums over all pairs, and the whole gradient against its formula."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from featx_core.maps import repulsion
from featx_core.maps.compat import attract
from featx_core.maps.repulsion import Repulsion


def places(width, n_points=600):
    rng = np.random.default_rng(0)
    centres = rng.uniform(-width / 2, width / 2, (12, 2))
    return centres[rng.integers(0, 12, n_points)] + rng.normal(size=(n_points, 2)) * width / 25


def by_pairs(points):
    ways = points[:, None] - points
    near = 1 / (1 + np.einsum("ijk,ijk->ij", ways, ways))
    return np.einsum("ijk,ij->ik", ways, near**2), near.sum() - len(points)


@pytest.mark.parametrize("width", [1e-3, 5, 40, 120])
def test_forces_are_those_of_all_pairs(width):
    points = places(width)
    forces, total = by_pairs(points)
    found = Repulsion()(points)
    assert np.linalg.norm(found.forces - forces) < 0.03 * np.linalg.norm(forces)
    assert found.total == pytest.approx(total, rel=2e-3)


def test_two_points_push_each_other_apart():
    found = Repulsion()(np.array([[0.0, 0.0], [3.0, 4.0]]))
    np.testing.assert_allclose(found.forces, np.array([[-3, -4], [3, 4]]) / 26**2, rtol=0.05)


def test_a_map_that_is_too_wide_gets_a_coarser_grid(monkeypatch):
    monkeypatch.setattr(repulsion, "MAX_SIDE", 96)
    points = places(100)
    forces, _ = by_pairs(points)
    found = Repulsion()(points).forces
    assert 0.03 < np.linalg.norm(found - forces) / np.linalg.norm(forces) < 0.5


def test_a_grid_that_was_used_before_changes_nothing():
    used = Repulsion()
    for width in (100, 5, 40):
        used(places(width))
    assert used(places(40)).forces.tobytes() == Repulsion()(places(40)).forces.tobytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_attraction_is_that_of_the_formula(threads):
    points = places(5, 40)
    rng = np.random.default_rng(1)
    joint = rng.random((40, 40)) * (1 - np.eye(40))
    joint = (joint + joint.T) / (joint + joint.T).sum()
    ways = points[:, None] - points
    near = 1 / (1 + np.einsum("ijk,ijk->ij", ways, ways))
    forces = np.zeros_like(points)
    total, divergence = attract(csr_matrix(joint), points, forces, threads, is_measured=True)
    np.testing.assert_allclose(forces, np.einsum("ijk,ij->ik", ways, joint * near), rtol=1e-9, atol=1e-12)
    kept = joint > 0
    assert total == pytest.approx(1)
    assert divergence == pytest.approx(float((joint[kept] * np.log(joint[kept] / near[kept])).sum()))
