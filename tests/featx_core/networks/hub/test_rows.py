"""Every row of KerasHub, built as it is offered: facts, features, taps, engines."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.explain import explain_many
from featx_core.heatmaps.targets import OwnFeaturesTarget
from featx_core.networks.engines import openvino_engine
from featx_core.networks.hub.graph import made_from
from featx_core.networks.initialization import made_up_images
from tests.toys.backbone_checks import photograph
from tests.toys.hub.networks import run

pytest.importorskip("keras_hub", reason="needs KerasHub, see CONTRIBUTING.md")
pytestmark = [pytest.mark.slow, pytest.mark.thorough]

ROWS = [key for key, row in fx.BACKBONES.items() if row.preset]
SMALL = ["dinov2_small", "dinov3_small"]


@pytest.mark.parametrize("key", ROWS)
def test_features_are_those_of_keras_hub_and_the_facts_are_what_is_built(key):
    row, spec = fx.BACKBONES[key], fx.Pretrained(key, weights="random")
    outline, extractor = fx.outline(spec), fx.build(spec)
    assert extractor.network.count_params() == row.n_parameters
    assert outline.layers == extractor.layers
    assert outline.feature_shape == extractor.output_shape[1:] == (row.n_features,)
    pixels = made_up_images(np.random.default_rng(0), 2, row.image_size)
    features = extractor(pixels)
    assert 1e-2 < features.std() < 1e2
    made = made_from(extractor.network)
    batch = extractor.preprocess(pixels)
    theirs = run(made, batch)
    if theirs.ndim == 4:
        np.testing.assert_allclose(features, theirs.mean(axis=(1, 2)), rtol=1e-4, atol=1e-5)
    if theirs.ndim == 3:
        n_patches = outline.map_shape[0] * outline.map_shape[1]
        np.testing.assert_allclose(features, theirs[:, -n_patches:].mean(axis=1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", ["dinov2_small", "dinov3_small", "swin_tiny", "deit_tiny", "hgnetv2_b4"])
def test_preprocessing_is_that_of_keras_hubs_converter(key):
    """Its converter with the mean and the deviation that the authors state, on an image that has the right size already."""
    import keras_hub

    row = fx.BACKBONES[key]
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    converter = keras_hub.layers.ImageConverter(row.image_size, list(1 / 255 / deviation), list(-mean / deviation))
    pixels = made_up_images(np.random.default_rng(0), 1, row.image_size)
    ours = fx.Pretrained(key, weights="random").picture_input.preprocessing(pixels)
    np.testing.assert_allclose(ours, np.asarray(converter(pixels.astype(np.float32))), atol=1e-5)


@pytest.mark.parametrize("key", SMALL)
def test_tokens_are_taps_with_heatmaps(key):
    for layer in ("class_token", "stage6"):
        pooling = None if layer == "class_token" else "avg"
        extractor = fx.build(fx.Pretrained(key, weights="random", layer=layer, pooling=pooling))
        found = explain_many([photograph()], extractor, ["eigen_cam", "grad_cam"], target=OwnFeaturesTarget())
        for (heatmap,) in found.values():
            assert heatmap.grid.max() == 1
            assert ("patches_11" if layer == "class_token" else "patches_6") in heatmap.layer


@pytest.mark.parametrize("key", SMALL)
@pytest.mark.skipif(not openvino_engine.is_available(), reason="needs OpenVINO")
def test_openvino_agrees_in_float32(key):
    extractor = fx.build(fx.Pretrained(key, weights="random"))
    pixels = made_up_images(np.random.default_rng(0), 2, extractor.image_size)
    graph = openvino_engine.convert(extractor.engines._tensorflow.graph())
    exact = openvino_engine.OpenVinoEngine(graph, "float32")(extractor.preprocess(pixels))
    assert openvino_engine.disagreement(exact, extractor(pixels)) < 1e-5
