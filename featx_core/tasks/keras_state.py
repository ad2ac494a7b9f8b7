"""The state of Keras in the worker: loaded once, aside, and reset before every job."""

from __future__ import annotations

from typing import Any

from featx_core.base import loading
from featx_core.base.keras_setup import load_keras
from featx_core.base.tensorflow_compat import forget_gradients
from featx_core.networks.engines import openvino_engine
from featx_core.networks.engines.gpu import find_gpu


def warm_up() -> None:
    """Import what runs kept networks, before TensorFlow begins to be imported beside it."""
    if openvino_engine.is_available():
        openvino_engine.load_openvino()


def load() -> dict[str, Any]:
    """Import Keras and run a tiny network, so that the first job does not pay for it.

    Returns:
        What the server should know of this process: `gpu_has_bfloat16`.
    """
    keras = load_keras()
    import numpy as np
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)
    network = keras.Sequential([keras.layers.Input((32, 32, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()])
    tf.function(network)(np.zeros((1, 32, 32, 3), np.float32))
    _reset()
    gpu = find_gpu()
    return {"gpu_has_bfloat16": gpu is not None and gpu.has_bfloat16}


def reset() -> None:
    """Undo what a job may have set for the whole process: number formats, and the state of random generators.

    To seed it, TensorFlow forgets how it runs every network: the next batch of each pays for that, MobileNetV2 with 0.3 s,
    more than for 16 images. In exchange, what it remembers of networks that are gone is let go of. Does nothing before all is
    loaded: no job can have set anything.
    """
    if not loading.is_pending():
        _reset()


def _reset() -> None:
    keras = load_keras()
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.utils.set_random_seed(0)
    forget_gradients()
