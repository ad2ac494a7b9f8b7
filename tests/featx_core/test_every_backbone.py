"""All 40 backbones, each built once: against Keras's own way, against its outline, and under heatmaps."""

import gc

import numpy as np
import pytest

from featx_core.backbones import BACKBONES
from featx_core.conditioning import made_up_images
from featx_core.heatmaps import HEATMAPS, FeatureTarget, explain_many, feature_maps
from featx_core.heatmaps.layers import choose_layer
from featx_core.heatmaps.observation import observer
from featx_core.keras_setup import load_keras
from featx_core.methods import Pretrained

QUICK = ("vgg16", "mobilenet_v2", "convnext_tiny")
ALL = [key if key in QUICK else pytest.param(key, marks=pytest.mark.slow) for key in BACKBONES]


@pytest.fixture(scope="module", params=ALL)
def built(request):
    """Build a backbone at a small size, but with a last map of several pixels; all tests of it come one after another."""
    key = request.param
    side = max(64, 2 * BACKBONES[key].minimum_side)
    spec = Pretrained(key, weights="random", image_size=(side, side))
    yield spec, spec.build()
    load_keras().utils.clear_session()
    gc.collect()


def plain_features(extractor, spec, images):
    """The same weights in the model that Keras itself would pool."""
    constructor = getattr(load_keras().applications, BACKBONES[spec.backbone].constructor)
    plain = constructor(include_top=False, weights=None, pooling=spec.pooling, input_shape=(*extractor.image_size, 3))
    plain.set_weights(extractor.network.get_weights())
    return plain.predict(extractor.preprocess(images), verbose=0)


def relative_difference(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def test_random_features_are_sane_and_equal_to_those_of_keras(built):
    spec, extractor = built
    images = made_up_images(np.random.default_rng(99), 4, extractor.image_size)
    features = extractor(images)
    assert features.shape == (4, BACKBONES[spec.backbone].n_features)
    assert 1e-3 < features.std() < 1e3
    assert relative_difference(features[0], features[1]) > 1e-3
    assert relative_difference(features, plain_features(extractor, spec, images)) < 1e-4


def test_the_outline_is_what_is_built(built):
    spec, extractor = built
    outline = spec.outline()
    assert outline.layers == extractor.layers
    assert outline.tap == extractor.tap == len(extractor.layers) - 1
    assert outline.image_size == extractor.image_size == spec.size
    assert outline.feature_shape == extractor.output_shape[1:]
    assert outline.n_parameters == BACKBONES[spec.backbone].n_parameters


def photograph(height=150, width=220):
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(rows / 9 + k) * np.cos(columns / (5 + 4 * k)) for k in range(3)]
    return np.rint(127.5 + 127.5 * np.stack(waves, axis=-1)).astype(np.uint8)


def test_heatmaps_lie_on_the_photograph_and_grad_cam_of_a_feature_is_its_channel(built):
    spec, extractor = built
    image = photograph()
    fitted = extractor.fit_image(image)[np.newaxis]
    strongest = int(np.argmax(extractor(fitted)[0]))
    target = FeatureTarget(strongest)
    maps = {name: rows[0] for name, rows in explain_many([image], extractor, list(HEATMAPS), target=target).items()}
    activations = observer(extractor, choose_layer(extractor, None))(fitted)[0].activations
    for heatmap in maps.values():
        assert heatmap.grid.shape == activations.shape[:2]
        assert heatmap.values.shape == image.shape[:2]
        assert heatmap.grid.max() == 1 or heatmap.note.startswith("Flat")
    if not BACKBONES[spec.backbone].normalizes_after_pooling:
        channel = np.maximum(activations[..., strongest], 0)
        np.testing.assert_allclose(maps["grad_cam"].grid, channel / channel.max(), atol=1e-4)
    assert feature_maps(image, extractor).n_channels == activations.shape[-1]
