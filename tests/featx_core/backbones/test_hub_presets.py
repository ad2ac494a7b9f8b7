"""The rows of KerasHub: facts that agree with each other, and with KerasHub where it is installed."""

import pytest

from featx_core.backbones.families import FAMILIES, KERAS_HUB
from featx_core.backbones.hub_presets import HUB_PRESETS, has_keras_hub
from featx_core.backbones.registry import BACKBONES, check_image_size
from featx_core.images.preprocessing import PREPROCESSING

ROWS = {key: row for key, row in BACKBONES.items() if row.origin == KERAS_HUB}


def test_each_row_has_its_preset_and_each_preset_its_row():
    assert {row.title for row in ROWS.values()} == set(HUB_PRESETS)
    assert all(row.preset is None for key, row in BACKBONES.items() if key not in ROWS)


@pytest.mark.parametrize("key", ROWS)
def test_facts_agree(key):
    row, preset = ROWS[key], ROWS[key].preset
    assert row.trained == "preset"
    assert not row.has_classifier
    assert row.preprocessing in PREPROCESSING
    assert FAMILIES[row.family].paper.split("arXiv:")[1]
    assert preset.config.get("patch_size", 32) == preset.patch_size
    assert row.side % preset.patch_size == 0
    assert preset.handle.split("/")[2] == "keras"
    assert row.download_bytes == preset.download_bytes >= 0.95 * 4 * row.n_parameters
    assert preset.license


def test_sizes_are_whole_patches():
    row = BACKBONES["dinov2_small"]
    check_image_size(row, (518, 518))
    with pytest.raises(ValueError, match=r"multiple of 14, such as 238 x 238 or 252 x 252. Received: 240 x 240"):
        check_image_size(row, (240, 240))
    with pytest.raises(ValueError, match="takes square images"):
        check_image_size(row, (224, 238))
    with pytest.raises(ValueError, match=r"ViT-B/16 takes images of 224 x 224 only. Received: 240 x 240"):
        check_image_size(BACKBONES["vit_base"], (240, 240))


@pytest.mark.skipif(not has_keras_hub(), reason="needs KerasHub")
@pytest.mark.parametrize("key", ROWS)
def test_keras_hub_keeps_its_weights_there(key):
    import keras_hub

    preset = ROWS[key].preset
    known = getattr(keras_hub.models, preset.within or preset.class_name).presets[preset.name]
    assert known["kaggle_handle"] == f"kaggle://{preset.handle}"
    assert preset.download_bytes == pytest.approx(4 * known["metadata"]["params"], rel=0.01)


@pytest.mark.parametrize(
    "key", [key for key, row in ROWS.items() if row.preset.class_name in ("ViTBackbone", "DeiTBackbone")]
)
def test_parameters_are_those_that_the_architecture_has(key):
    """Counted by hand: patches, first tokens, positions; in each block two normalizations, attention, two dense layers."""
    row, config = ROWS[key], ROWS[key].preset.config
    width, inner = config["hidden_dim"], config.get("mlp_dim") or config["intermediate_dim"]
    n_first = 2 if row.family == "deit" else 1
    n_tokens = (row.side // config["patch_size"]) ** 2 + n_first
    ends = (3 * config["patch_size"] ** 2 + 1) * width + (n_first + n_tokens) * width + 2 * width
    block = 4 * width + 4 * (width + 1) * width + (width + 1) * inner + (inner + 1) * width
    assert row.n_parameters == ends + config["num_layers"] * block
