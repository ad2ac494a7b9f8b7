"""Attention rollout, against products worked out by hand."""

import numpy as np
import pytest

from featx_core.heatmaps.attention.rollout import attention_rollout


def test_one_block_is_half_its_attention_and_half_what_is_passed_on():
    attention = np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0], [0.1, 0.1, 0.8]])
    np.testing.assert_allclose(attention_rollout([attention], (1, 2)), [[0.25, 0.15]])  # of the class token, row 0


def test_two_blocks_are_multiplied_the_later_one_first():
    """The class token reads patch 1 in the second block, and patch 1 has read patch 2 in the first one."""
    first = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 0, 1.0]])
    second = np.array([[0, 1.0, 0], [0, 1.0, 0], [0, 0, 1.0]])
    # (second + I) / 2 has the row (.5, .5, 0); of (first + I) / 2 those rows are (1, 0, 0) and (0, .5, .5)
    np.testing.assert_allclose(attention_rollout([first, second], (1, 2)), [[0.25, 0.25]])
    np.testing.assert_allclose(attention_rollout([second, first], (1, 2)), [[0.5, 0.0]])


def test_even_attention_of_many_blocks_gives_every_patch_the_same():
    """With (J / n + I) / 2 in each of k blocks, off the diagonal 1 / n (1 - 2**-k) is left."""
    n_tokens, n_blocks = 7, 3
    even = np.full((n_tokens, n_tokens), 1 / n_tokens)
    rolled = attention_rollout([even] * n_blocks, (2, 3))
    np.testing.assert_allclose(rolled, np.full((2, 3), (1 - 2**-n_blocks) / n_tokens))


def test_without_a_class_token_it_is_the_mean_over_all_patches():
    attention = np.array([[1.0, 0], [1.0, 0]])
    np.testing.assert_allclose(attention_rollout([attention], (1, 2)), [[0.75, 0.25]])


def test_a_pooling_is_read_at_its_query():
    attention, pooling = np.array([[1.0, 0], [1.0, 0]]), np.array([[0.1, 0.9]])
    # (A + I) / 2 is [[1, 0], [.5, .5]]
    np.testing.assert_allclose(attention_rollout([attention, pooling], (1, 2)), [[0.55, 0.45]])


def test_inputs_stay_as_they_are():
    attention = np.full((3, 3), 1 / 3, np.float32)
    attention_rollout([attention], (1, 2))
    np.testing.assert_array_equal(attention, np.full((3, 3), 1 / 3, np.float32))


@pytest.mark.parametrize("attention", [[], [np.eye(3)]])
def test_too_few_tokens_are_refused(attention):
    with pytest.raises(ValueError, match="at least 4 tokens"):
        attention_rollout(attention, (2, 2))
