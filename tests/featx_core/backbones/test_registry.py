import random
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest

from featx_core.backbones.registry import BACKBONES, MAX_SIDE, check_image_size, find_backbone
from featx_core.backbones.weights_kinds import WEIGHTS_KINDS
from featx_core.base.keras_setup import load_keras, without_weights
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.origins import ORIGINS, build_network

LIGHT = (
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "efficientnet_b0",
    "resnet50",
    "convnext_tiny",
    "vgg16",
    "xception",
)
APPLICATIONS = {key: row for key, row in BACKBONES.items() if row.origin == "download"}
LITE = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
THOROUGH = (pytest.mark.slow, pytest.mark.thorough)
HUB = [key for key, row in BACKBONES.items() if row.preset]

MOSTLY_THOROUGH = [key if key in LIGHT else pytest.param(key, marks=THOROUGH) for key in APPLICATIONS]


def outline_of(row, size, **options):
    with without_weights():
        return build_network(row, size, **options)


def asked_for(row, *, include_top):
    """What Keras itself would download: name, address and hash. Its layers are made, but not put together: that takes long."""
    from keras.src.utils import file_utils

    class Asked(Exception):  # noqa: N818 - not an error here
        pass

    def get_file(fname=None, origin=None, file_hash=None, **_):
        raise Asked(fname, origin, file_hash)

    def hand_on(layer, inputs, *_, **__):
        return inputs[0] if isinstance(inputs, list) else inputs

    keras = load_keras()
    constructor = getattr(keras.applications, row.title)
    with (
        mock.patch.object(file_utils, "get_file", get_file),
        mock.patch.object(keras.layers.Layer, "__call__", hand_on),
        pytest.raises(Asked) as asked,
    ):
        constructor(weights="imagenet", include_top=include_top, input_shape=(*row.image_size, 3))
    return asked.value.args


def test_there_is_a_row_for_every_constructor_of_keras():
    applications = load_keras().applications
    theirs = {name for name in dir(applications) if name[0].isupper()}
    assert {row.title for row in APPLICATIONS.values()} == theirs
    assert len(APPLICATIONS) == 40
    assert set(BACKBONES) - set(APPLICATIONS) == {"embedded_v1", *LITE, *HUB}


@pytest.mark.slow
@pytest.mark.parametrize("key", [*MOSTLY_THOROUGH, *LITE, "embedded_v1"])
def test_facts_are_those_of_the_smallest_network_that_is_made(key):
    row = BACKBONES[key]
    network = outline_of(row, (row.minimum_side, row.minimum_side))
    assert network.count_params() == row.n_parameters
    assert network.output.shape[1] >= 1
    assert network.output.shape[-1] == row.n_features
    assert row.preprocessing in PREPROCESSING
    assert row.reference.split("arXiv:")[1]
    assert row.download_bytes == (4 * row.n_parameters if key in APPLICATIONS else 0)
    assert row.has_classifier == (row.trained == "imagenet")
    assert row.origin in ORIGINS
    assert (row.files is None) == (row.origin != "download")
    assert (row.installed_file is None) == (row.origin != "installed package")
    assert set(row.weights_kinds) < set(WEIGHTS_KINDS)


@pytest.mark.parametrize("key", APPLICATIONS)
def test_keras_makes_no_smaller_network(key):
    row = BACKBONES[key]
    with pytest.raises(ValueError, match=r"at least|must"):
        outline_of(row, (row.minimum_side - 1, row.minimum_side - 1))


@pytest.mark.slow
@pytest.mark.parametrize("key", [*MOSTLY_THOROUGH, *LITE])
def test_the_classifier_has_a_thousand_logits(key):
    row = BACKBONES[key]
    network = outline_of(row, row.image_size, classifier=True)
    assert network.count_params() == row.n_parameters_with_top
    assert network.output.shape == (None, 1000)
    last = network.layers[-1]
    assert getattr(last, "activation", None) in (None, load_keras().activations.linear)


@pytest.mark.parametrize("key", MOSTLY_THOROUGH)
def test_weights_are_those_that_keras_would_download(key):
    row = BACKBONES[key]
    for include_top, file in ((False, row.files.without_top), (True, row.files.with_top)):
        assert (file.name, file.url, file.hash) == asked_for(row, include_top=include_top)


@pytest.mark.parametrize("key", BACKBONES)
def test_sizes_are_checked_in_plain_words(key):
    row = BACKBONES[key]
    check_image_size(row, row.image_size)
    with pytest.raises(ValueError, match=f"{row.title} needs images of at least {row.minimum_side} x"):
        check_image_size(row, (row.minimum_side - 1, 300))
    with pytest.raises(ValueError, match=r"at most 1024 x 1024. Received: 2000 x 300"):
        check_image_size(row, (2000, 300))
    assert row.side <= MAX_SIDE


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no backbone 'mobilnet_v2'. Did you mean 'mobilenet_v2'.*xception"):
        find_backbone("mobilnet_v2")


def test_larger_inputs_get_smaller_batches():
    row = BACKBONES["vgg16"]
    assert row.batch_size_at((224, 224)) == row.batch_size
    assert row.batch_size_at((32, 32)) == row.batch_size
    assert row.batch_size_at((448, 448)) == row.batch_size // 4
    assert BACKBONES["efficientnet_b7"].batch_size_at((1024, 1024)) == 1


@pytest.mark.slow
def test_building_leaves_the_random_state_of_the_process_alone():
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    build_network(BACKBONES["mobilenet_v3_small"], (32, 32))
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_the_table_is_read_without_keras():
    code = (
        "import sys; from featx_core import BACKBONES as b; assert len(b) == 59; sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
