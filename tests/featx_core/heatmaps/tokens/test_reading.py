"""What is read of layers of attention, on a transformer whose attention is known, and who is refused."""

import numpy as np
import pytest

from featx_core.heatmaps.attention.kinds import has_attention
from featx_core.heatmaps.explain import explain_many
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.tokens.reading import explain_by_attention, read_attention
from featx_core.measures.softmax import softmax
from tests.toys.attention_toys import N_PATCHES, SIDE, tiny_transformer
from tests.toys.heatmap_toys import ToyExtractor, pointwise, sequential

METHOD = HEATMAPS["attention_rollout"]


@pytest.fixture(scope="module")
def wants():
    return np.random.default_rng(0).normal(size=(2, N_PATCHES + 1, N_PATCHES + 1)) * 2


@pytest.fixture(scope="module")
def extractor(wants):
    return ToyExtractor(tiny_transformer(wants))


def photograph(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


def test_each_block_tells_what_it_attends_to(extractor, wants):
    read = read_attention(extractor.model, np.zeros((2, SIDE, SIDE, 3), np.float32))
    assert [matrices.shape for matrices in read] == [(2, 5, 5)] * 2
    for matrices, scores in zip(read, wants, strict=True):
        np.testing.assert_allclose(matrices[0], softmax(scores), atol=1e-6)
        np.testing.assert_allclose(matrices[1], softmax(scores), atol=1e-6)


def test_the_network_is_left_as_it_was(extractor):
    batch = np.random.default_rng(1).random((1, SIDE, SIDE, 3), np.float32)
    before = np.asarray(extractor.model(batch))
    attention = extractor.network.get_layer("attention_0")
    read_attention(extractor.model, batch)
    assert "_compute_attention" not in vars(attention)
    np.testing.assert_array_equal(np.asarray(extractor.model(batch)), before)


def test_the_map_is_that_of_the_product_worked_out_by_hand(extractor, wants):
    (found,) = explain_many([photograph()], extractor, ["attention_rollout"])["attention_rollout"]
    first, second = ((softmax(scores) + np.eye(5)) / 2 for scores in wants)
    expected = (second @ first)[0, 1:].reshape(2, 2)
    assert (found.low, found.high) == pytest.approx((expected.min(), expected.max()), abs=1e-6)
    np.testing.assert_allclose(found.grid, (expected - expected.min()) / np.ptp(expected), atol=1e-5)
    assert (found.title, found.layer) == ("attention rollout", "2 layers of attention")


def test_it_lies_on_the_image_where_the_patches_do():
    """All attend to the last patch: the lower right quarter is bright."""
    wants = np.zeros((1, 5, 5))
    wants[:, :, 4] = 9
    (found,) = explain_by_attention([photograph()], ToyExtractor(tiny_transformer(wants)), METHOD)
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    assert (row >= 4, column >= 4) == (True, True)
    assert found.grid[1, 1] == 1
    assert found.grid[0].max() == found.grid[1, 0] == 0


def test_several_images_of_several_passes_and_their_progress(extractor):
    told = []
    found = explain_by_attention(
        [photograph(seed) for seed in range(5)], extractor, METHOD, lambda done, total: told.append((done, total))
    )
    assert len(found) == 5
    assert told == [(0, 5), (4, 5), (5, 5)]


def test_even_attention_is_said():
    network = tiny_transformer(np.zeros((1, 4, 4)), has_class_token=False)
    (found,) = explain_by_attention([photograph()], ToyExtractor(network), METHOD)
    assert not found.grid.any()
    assert found.note == "Flat: attention is spread evenly over this image."


def test_networks_without_attention_are_refused_in_one_sentence():
    extractor = ToyExtractor(sequential(pointwise(np.eye(3))))
    assert not has_attention(extractor.layers)
    with pytest.raises(HeatmapError, match=r"^Attention rollout needs a transformer .* this network is none\.$"):
        explain_many([photograph()], extractor, ["attention_rollout"])


def test_features_before_the_first_block_are_refused(extractor):
    early = ToyExtractor(extractor.network, tap=1)
    assert has_attention(early.layers)
    with pytest.raises(HeatmapError, match=r"before the first block with attention\. Tap a later layer"):
        explain_by_attention([photograph()], early, METHOD)
