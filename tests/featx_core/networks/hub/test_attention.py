"""What is read of the attention of KerasHub's networks, against the scores that its own layers give."""

import numpy as np
import pytest

from featx_core.architecture.layers import list_layers
from featx_core.heatmaps.attention.kinds import has_attention
from featx_core.heatmaps.tokens.reading import read_attention
from featx_core.networks.hub.graph import build, made_from
from tests.toys.hub.networks import CONFIGS, SIDE, fill, images, row

pytest.importorskip("keras_hub", reason="needs KerasHub, see CONTRIBUTING.md")

N_TOKENS = {"SigLIPVisionEncoder": 16, "CLIPVisionEncoder": 17, "ViTBackbone": 17, "DINOV2Backbone": 19}
ATTENTION = {"SigLIPVisionEncoder": "self_attn", "CLIPVisionEncoder": "attention", "ViTBackbone": "mha"}


def network_of(name):
    return fill(build(row(name), (SIDE, SIDE)))


def layers_of(made, name):
    if name == "DINOV2Backbone":
        return [(block.norm1, block.attention.attention) for block in made.encoder.layers]
    blocks = made.layers[-1].encoder_layers if name == "ViTBackbone" else made.encoder_layers
    norms = {"SigLIPVisionEncoder": "layer_norm1"}.get(name, "layer_norm_1")
    return [(getattr(block, norms), getattr(block, ATTENTION[name])) for block in blocks]


@pytest.mark.parametrize("name", N_TOKENS)
def test_it_is_what_the_layer_itself_gives_when_asked_for_scores(name):
    """Of the first block, whose input is what the network makes of an image before it."""
    import keras

    network = network_of(name)
    read = read_attention(network, images())
    normalization, attention = layers_of(made_from(network), name)[0]
    assert [found.shape for found in read][:3] == [(2, N_TOKENS[name], N_TOKENS[name])] * 3
    np.testing.assert_allclose([found.sum(axis=-1) for found in read[:3]], 1, atol=1e-5)
    first = next(layer for layer in network.layers if _holds(layer, attention))
    tokens = keras.Model(network.input, first.input)(images(), training=False)
    _, scores = attention(*[normalization(tokens)] * 2, return_attention_scores=True)
    np.testing.assert_allclose(read[0], np.asarray(scores).mean(axis=1), atol=1e-5)
    assert has_attention(list_layers(network))


def _holds(layer, part):
    return any(part is found for found in layer._flatten_layers(include_self=True, recursive=True))


def test_of_deit_it_is_what_its_encoder_gives():
    network = network_of("DeiTBackbone")
    embedding, encoder = made_from(network).layers[1:3]
    _, _, scores = encoder(embedding(images()), return_attention_scores=True)
    read = read_attention(network, images())
    np.testing.assert_allclose(read, [np.asarray(found).mean(axis=1) for found in scores], atol=1e-5)


def test_of_dinov3_it_is_what_its_queries_and_keys_give(monkeypatch):
    """It gives no scores: what it hands to the product of queries and keys is noted here."""
    from keras import ops

    network, handed = network_of("DINOV3Backbone"), []
    product = ops.nn.dot_product_attention

    def noting(query, key, *others, scale, **options):
        handed.append(np.einsum("bqhd,bkhd->bhqk", np.asarray(query), np.asarray(key)) * scale)
        return product(query, key, *others, scale=scale, **options)

    monkeypatch.setattr(ops.nn, "dot_product_attention", noting)
    read = read_attention(network, images())
    monkeypatch.undo()
    shares = [np.exp(found - found.max(axis=-1, keepdims=True)) for found in handed]
    expected = [(found / found.sum(axis=-1, keepdims=True)).mean(axis=1) for found in shares]
    assert len(read) == 3
    np.testing.assert_allclose(read, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["SwinTransformerBackbone", "HGNetV2Backbone"])
def test_windows_and_convolutions_are_no_attention_over_the_whole_image(name):
    assert name in CONFIGS
    assert not has_attention(list_layers(build(row(name), (SIDE, SIDE))))
