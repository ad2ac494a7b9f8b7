import numpy as np
import pytest

from featx_core.measures.geometry import geometry_of
from featx_core.measures.neighbors import cosine_dissimilarities, effective_dimension
from featx_core.measures.similarity import space_from, space_of

VECTORS = np.random.default_rng(0).normal(size=(40, 12)) * np.arange(1, 13) + 3
SOME = np.array([0, 3, 4, 11, 17, 20, 21, 30, 39])


@pytest.fixture(scope="module")
def geometry():
    return geometry_of(VECTORS)


def test_all_rows_are_itself(geometry):
    assert geometry.part(np.arange(40)) is geometry


def test_a_part_is_that_of_the_rows_alone(geometry):
    np.testing.assert_allclose(geometry.part(SOME).apart, cosine_dissimilarities(VECTORS[SOME]), atol=1e-14)
    found, expected = space_from(geometry.part(SOME), 3), space_of(VECTORS[SOME], n_neighbors=3)
    np.testing.assert_allclose(found.products, expected.products, atol=1e-14)
    np.testing.assert_array_equal(found.ranks, expected.ranks)
    np.testing.assert_array_equal(found.neighbors, expected.neighbors)


@pytest.mark.parametrize("rows", [np.arange(40), SOME], ids=["all", "some"])
def test_the_effective_dimension_is_that_of_the_features(geometry, rows):
    assert geometry.part(rows).effective_dimension == pytest.approx(effective_dimension(VECTORS[rows]), rel=1e-12)


def test_images_that_are_all_alike_have_no_dimension():
    assert geometry_of(np.ones((5, 3))).effective_dimension == 0
