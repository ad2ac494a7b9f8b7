import hashlib
import random
import subprocess
import sys

import numpy as np
import pytest

from featx_core.methods import registry as methods
from featx_core.networks.initialization import made_up_images
from featx_core.specs.pretrained import Pretrained

FEATURES = """
import hashlib, numpy as np
from featx_core.networks.initialization import made_up_images
from featx_core import Pretrained, build
extractor = build(Pretrained("mobilenet_v3_small", weights="random", seed=5, image_size=(64, 64)))
print(hashlib.sha256(extractor(made_up_images(np.random.default_rng(99), 2, (64, 64))).tobytes()).hexdigest())
"""


def features_of(seed):
    extractor = methods.build(Pretrained("mobilenet_v3_small", weights="random", seed=seed, image_size=(64, 64)))
    return hashlib.sha256(extractor(made_up_images(np.random.default_rng(99), 2, (64, 64))).tobytes()).hexdigest()


@pytest.mark.thorough
@pytest.mark.slow
def test_a_seed_gives_the_same_features_bit_for_bit_in_two_processes():
    elsewhere = subprocess.run([sys.executable, "-c", FEATURES], capture_output=True, text=True, check=True).stdout
    assert features_of(5) == elsewhere.split()[-1]
    assert features_of(5) != features_of(6)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["embedded_v1", pytest.param("mobilenet_v3_small", marks=pytest.mark.thorough)])
def test_random_weights_leave_the_random_state_of_the_process_alone(key):
    spec = Pretrained(key, weights="random", image_size=(64, 64))
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    methods.build(spec)
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


@pytest.mark.slow
@pytest.mark.thorough
def test_training_settings_are_put_back_after_calibration():
    network = methods.build(Pretrained("mobilenet_v3_large", weights="random", image_size=(64, 64))).network
    momenta = {layer.momentum for layer in network.layers if hasattr(layer, "momentum")}
    assert 0.0 not in momenta


def test_made_up_pictures_are_seeded_and_varied():
    images = made_up_images(np.random.default_rng(1), 4, (40, 50))
    again = made_up_images(np.random.default_rng(1), 4, (40, 50))
    assert images.shape == (4, 40, 50, 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, again)
    assert images.std(axis=(1, 2)).min() > 20
