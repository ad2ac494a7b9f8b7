"""EfficientNet-Lite against an independent run of the same weights, and what its networks look like.

The numbers below come from efficientnet-lite-pytorch 0.1.0 on torch 2.13.0 (CPU). Shapes alone would prove nothing: with
tensors read without their strides, another epsilon, symmetric padding, a ReLU without its limit, or the mean and deviation of
ImageNet for preprocessing, every shape is right and every number wrong.
"""

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

import featx_core as fx
from featx_core.architecture.layers import list_layers
from featx_core.backbones.registry import BACKBONES
from featx_core.networks.efficientnet_lite import arrays_from_torch, build
from featx_core.networks.installed import read_installed
from featx_core.networks.named_arrays import assign
from tests.toys.files.whole_number_pictures import whole_number_pictures
from tests.toys.thorough import first_of

CHANNELS = {
    "efficientnet_lite0": [142, 245, 593, 661, 848, 989],
    "efficientnet_lite1": [189, 353, 445, 600, 605, 806],
    "efficientnet_lite2": [121, 467, 485, 601, 692, 930],
}
FEATURES = {
    "efficientnet_lite0": [
        [2.155278, 4.235168, 2.064791, 3.087239, 2.251005, 3.894267],
        [2.592845, 3.189971, 2.275153, 3.717592, 3.739043, 3.838774],
    ],
    "efficientnet_lite1": [
        [2.853221, 4.255547, 2.470442, 3.125064, 2.614199, 4.049059],
        [4.486986, 3.232397, 3.552979, 2.943698, 3.306696, 2.881549],
    ],
    "efficientnet_lite2": [
        [3.761729, 1.932733, 2.431548, 2.359054, 2.072048, 2.511890],
        [1.818849, 1.800920, 3.099408, 2.489084, 3.165258, 1.822407],
    ],
}
CLASSES = [0, 500, 506, 999]
LOGITS = {
    "efficientnet_lite0": [[0.819628, -0.182558, 12.832582, -0.216327], [1.611999, 1.069966, 8.966991, -0.190971]],
    "efficientnet_lite1": [[0.126451, 0.436574, 10.479446, -2.210268], [0.969062, 1.549812, 9.047617, 0.421578]],
    "efficientnet_lite2": [[0.181762, -0.950401, 9.654099, -2.036862], [-0.494841, -0.371629, 5.953368, -0.110999]],
}
LITE = list(CHANNELS)


@pytest.mark.slow
@pytest.mark.parametrize("key", first_of(LITE))
def test_features_and_logits_are_those_of_an_independent_run(key):
    extractor = fx.build(fx.Pretrained(key, classifier=True, layer="top_activation"))
    pictures = whole_number_pictures(BACKBONES[key].side)
    np.testing.assert_allclose(extractor(pictures)[:, CHANNELS[key]], FEATURES[key], atol=1e-4)
    logits, _ = extractor.submodel([len(extractor.layers) - 1])(extractor.preprocess(pictures), training=False)
    np.testing.assert_allclose(np.asarray(logits)[:, CLASSES], LOGITS[key], atol=1e-4)


@pytest.mark.slow
def test_photographs_are_named():
    extractor = fx.build(fx.Pretrained("efficientnet_lite0", classifier=True, pooling=None))
    photographs = [extractor.fit_image(load_sample_image(name)) for name in ("china.jpg", "flower.jpg")]
    strongest = extractor(np.stack(photographs)).argmax(axis=1)
    assert [extractor.classes[i] for i in strongest] == ["palace", "daisy"]


@pytest.mark.parametrize("key", LITE)
def test_stages_run_from_the_input_to_the_last_map(key):
    outline = fx.outline(fx.Pretrained(key))
    side = BACKBONES[key].side
    stages = {layer.stage: layer for layer in outline.layers if layer.stage}
    assert [layer.name for layer in stages.values()] == [
        "block2a_expand_activation",
        "block3a_expand_activation",
        "block4a_expand_activation",
        "block6a_expand_activation",
        "top_activation",
    ]
    assert [layer.output_shape[0] for layer in stages.values()] == [-(-side // 2**i) for i in range(1, 6)]
    assert outline.tap == stages["stage5"].index


def test_depth_and_width_grow_but_not_those_of_stem_and_head():
    names = {key: [layer.name for layer in fx.outline(fx.Pretrained(key)).layers] for key in LITE}
    n_blocks = {key: sum(name.endswith("_project_conv") for name in found) for key, found in names.items()}
    assert n_blocks == {"efficientnet_lite0": 16, "efficientnet_lite1": 21, "efficientnet_lite2": 21}
    for key in LITE:
        shapes = {layer.name: layer.output_shape[-1] for layer in fx.outline(fx.Pretrained(key)).layers}
        assert (shapes["stem_conv"], shapes["top_conv"]) == (32, 1280)
        assert "block1b_dwconv" not in names[key]
        assert "block7b_dwconv" not in names[key]
    assert shapes["block4a_project_conv"] == 88  # 80 filters, a tenth more, to a multiple of eight


def test_weights_of_another_network_of_the_family_do_not_fit():
    arrays = arrays_from_torch("EfficientNet-Lite0", read_installed(BACKBONES["efficientnet_lite0"]))
    with pytest.raises(ValueError, match=r"`arrays` must fit the network: \d+ of \d+ differ"):
        assign(build("EfficientNet-Lite1", (32, 32)), arrays)


@pytest.mark.slow
def test_layers_are_named_as_those_of_efficientnet_in_keras():
    ours = {layer.name for layer in list_layers(build("EfficientNet-Lite0", (64, 64), classifier=True))}
    theirs = {
        layer.name for layer in fx.outline(fx.Pretrained("efficientnet_b0", classifier=True, pooling=None)).layers
    }
    assert ours < theirs
