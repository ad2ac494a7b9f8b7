"""A network so small that converting it takes a moment, and one that OpenVINO cannot convert."""

import numpy as np

from featx_core.base.keras_setup import load_keras
from featx_core.networks.engines.gpu import Gpu

GPU = Gpu("a GPU of the test", has_bfloat16=True)


def tiny_model(seed=0, *, bias=0.25):
    """A convolution, ReLU and average: 12 x 12 pixels to 4 features."""
    keras = load_keras()
    inputs = keras.layers.Input((12, 12, 3))
    kernel = np.random.default_rng(seed).standard_normal((3, 3, 3, 4)).astype(np.float32)
    convolution = keras.layers.Conv2D(4, 3, activation="relu")
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(convolution(inputs)))
    convolution.set_weights([kernel, np.full(4, bias, np.float32)])
    return model


def by_hand(model, batch):
    """What `tiny_model` gives, in numpy alone."""
    kernel, bias = model.get_weights()
    windows = np.lib.stride_tricks.sliding_window_view(batch, (3, 3), axis=(1, 2))
    return np.maximum(np.einsum("nhwcij,ijck->nhwk", windows, kernel) + bias, 0).mean(axis=(1, 2))


def strange_model():
    """Holds a TensorFlow operation that OpenVINO does not know."""
    keras = load_keras()

    @keras.saving.register_keras_serializable("featx_tests")
    class Strange(keras.layers.Layer):
        def call(self, images):
            import tensorflow as tf

            return tf.cast(tf.strings.length(tf.strings.as_string(images)), tf.float32)

    inputs = keras.layers.Input((12, 12, 3))
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(Strange()(inputs)))


def batch_of(n_images, seed=0):
    return np.random.default_rng(seed).standard_normal((n_images, 12, 12, 3)).astype(np.float32)
