"""Effect sizes: by hand, and beside scikit-learn's area under the curve."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from featx_core.measures.effect_sizes import feature_effects


def test_one_feature_by_hand():
    vectors = np.array([[2.0], [4.0], [0.0], [1.0], [2.0]])
    (found,) = feature_effects(vectors, np.array([True, True, False, False, False]))
    # means 3 and 1, variances 2 and 1, pooled (1 * 2 + 2 * 1) / 3 = 4 / 3
    assert found.effect == pytest.approx(2 / math.sqrt(4 / 3))
    assert (found.inside, found.outside) == (3, 1)
    assert found.auc == pytest.approx(5.5 / 6)  # of six pairs all but a tie


def test_the_planted_feature_comes_first_and_areas_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    vectors, inside = rng.normal(size=(300, 20)).astype(np.float32), rng.random(300) < 0.3
    vectors[inside, 7] += 3
    vectors[inside, 11] -= 1.5
    found = feature_effects(vectors, inside, limit=5)
    assert [each.feature for each in found[:2]] == [7, 11]
    assert found[0].effect == pytest.approx(3, abs=0.4)
    assert found[1].effect < 0
    for each in found:
        assert each.auc == pytest.approx(roc_auc_score(inside, vectors[:, each.feature]))
    assert len(found) == 5


def test_constant_features_differ_without_end_or_not_at_all():
    inside = np.array([True, True, False, False])
    vectors = np.array([[0.1, 0.3, 5.0]] * 2 + [[0.1, 0.7, 6.0]] * 2) + 1e6
    vectors[3, 2] += 1
    found = feature_effects(vectors, inside)
    assert [each.feature for each in found] == [1, 2]
    assert found[0].effect == -math.inf
    assert found[0].auc == 0


@pytest.mark.parametrize("inside", [[True, False, False], [True, True, False]])
def test_one_image_is_too_few(inside):
    with pytest.raises(ValueError, match="at least 2 images"):
        feature_effects(np.zeros((3, 2)), np.array(inside))
