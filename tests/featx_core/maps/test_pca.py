import numpy as np
import pytest

from featx_core.maps import pca as pca_module
from featx_core.maps.projection import project
from tests.toys.projection_vectors import FAST, random_vectors


def by_svd(vectors, n_components):
    centered = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    left, singular, right = np.linalg.svd(centered, full_matrices=False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    return (left * singular * signs)[:, :n_components], singular**2 / np.sum(singular**2)


@pytest.mark.parametrize("shape", [(40, 12), (200, 12), (12, 40)])
@pytest.mark.parametrize("n_components", [2, 3])
def test_pca_is_the_singular_value_decomposition(shape, n_components):
    vectors = random_vectors(*shape) * np.linspace(5, 1, shape[1], dtype=np.float32)
    expected, shares = by_svd(vectors, n_components)
    result = project(vectors, "pca", n_components=n_components)
    np.testing.assert_allclose(result.coordinates, expected, atol=1e-4)
    n_reported = len(result.details["explained_variance"])
    assert n_reported == min(20, shape[0] - 1, shape[1])
    np.testing.assert_allclose(result.details["explained_variance"], shares[:n_reported], rtol=1e-5)


@pytest.mark.parametrize("block", [7, 100_000])
def test_pca_in_blocks_is_the_decomposition(monkeypatch, block):
    monkeypatch.setattr(pca_module, "BLOCK", block)
    for shape in ((40, 12), (12, 40)):
        vectors = random_vectors(*shape) * np.linspace(5, 1, shape[1], dtype=np.float32)
        np.testing.assert_allclose(project(vectors, "pca").coordinates, by_svd(vectors, 2)[0], atol=1e-5)


def test_where_the_exact_solver_takes_long_pca_is_seeded_and_close_and_says_so(monkeypatch):
    vectors = random_vectors(60, 80)
    vectors[:, :3] *= [40, 30, 20]
    assert project(vectors, "pca").details["is_exact"]
    monkeypatch.setattr(pca_module, "EXACT_OPERATIONS", 1e5)
    first, again = (project(vectors, "pca", n_components=3, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.coordinates, again.coordinates)
    expected, shares = by_svd(vectors, 3)
    np.testing.assert_allclose(first.coordinates, expected, atol=0.02)
    assert not first.details["is_exact"]
    assert first.axis_titles[0] == f"PC1 (about {100 * shares[0]:.3g} % of variance)"


@pytest.mark.parametrize("shape", [(2_000, 1_280), (20_000, 512), (500, 40_000)])
def test_usual_sizes_are_solved_exactly(shape):
    """Sizes that take less than two seconds on one thread: the rule is about multiplications, and quick to ask."""
    n_rows, n_features = shape
    side = min(shape)
    assert n_rows * n_features * side + pca_module.EIGEN_OPERATIONS * side**3 <= pca_module.EXACT_OPERATIONS


@pytest.mark.parametrize("is_exact", [True, False])
@pytest.mark.parametrize("shape", [(60, 12), (30, 90)])
def test_pca_of_features_far_from_zero_is_that_around_zero(monkeypatch, shape, is_exact):
    """What float32 keeps of the features at 10 000 is projected as it is: with the digits that are left."""
    monkeypatch.setattr(pca_module, "EXACT_OPERATIONS", 1e11 if is_exact else 1)
    far = random_vectors(*shape) * np.linspace(3, 1, shape[1], dtype=np.float32) + np.float32(1e4)
    near = far.astype(np.float64) - 1e4
    found = project(far, "pca")
    np.testing.assert_allclose(found.coordinates, by_svd(near, 2)[0], atol=1e-5 if is_exact else 0.05)
    shares = by_svd(near, 2)[1][:2]
    np.testing.assert_allclose(found.details["explained_variance"][:2], shares, rtol=1e-7 if is_exact else 1e-2)
    expected = project(near.astype(np.float32), "pca")
    assert found.details["neighbors_kept"] == expected.details["neighbors_kept"]
    assert found.details["trustworthiness"] == pytest.approx(expected.details["trustworthiness"], abs=1e-9)


def test_double_precision_is_used_to_its_end():
    vectors = random_vectors(30, 6).astype(np.float64)
    np.testing.assert_allclose(
        project(vectors + 1e7, "pca").coordinates, project(vectors, "pca").coordinates, atol=1e-6
    )


@pytest.mark.parametrize("unit", [1e-25, 1e-18, 1e30, 1e37])
def test_pca_does_not_depend_on_the_unit(unit):
    vectors = random_vectors(20, 6).astype(np.float64)
    scaled = project(vectors * unit, "pca")
    np.testing.assert_allclose(scaled.coordinates / unit, project(vectors, "pca").coordinates, rtol=1e-4, atol=1e-5)
    assert scaled.details["trustworthiness"] == pytest.approx(project(vectors, "pca").details["trustworthiness"])


def test_pca_of_two_images_has_one_component_and_says_so():
    result = project(np.array([[0.0, 0, 0], [0, 2, 0]]), "pca", n_components=3)
    np.testing.assert_allclose(result.coordinates, [[-1, 0, 0], [1, 0, 0]], atol=1e-7)
    assert result.details["explained_variance"] == pytest.approx([1])
    assert "only 1 principal component;" in result.notes[0]
    assert result.details["trustworthiness"] is None


@pytest.mark.parametrize("value", [0.0, 3.7, -1e-20])
def test_pca_of_identical_images_is_zero_and_says_so(value):
    result = project(np.full((50, 8), value), "pca")
    np.testing.assert_array_equal(result.coordinates, np.zeros((50, 2)))
    assert result.notes == ["All points coincide: these images have identical features."]
    assert result.details["explained_variance"] == []
    assert result.axis_titles == ("PC1 (0 % of variance)", "PC2 (0 % of variance)")


@pytest.mark.slow
def test_axes_are_titled_with_their_share_or_without_unit():
    vectors = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1], [0, 0]])
    assert project(vectors, "pca").axis_titles == ("PC1 (80 % of variance)", "PC2 (20 % of variance)")
    assert project(vectors, "tsne", **FAST).axis_titles == ("t-SNE 1 (no unit)", "t-SNE 2 (no unit)")
