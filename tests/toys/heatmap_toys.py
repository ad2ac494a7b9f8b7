"""Networks small enough to work out by hand, as real extractors."""

import numpy as np

from featx_core.images.preprocessing import RGB, Preprocessing
from featx_core.networks.extractor import Extractor, pool


class ToyExtractor(Extractor):
    """An extractor around any network, which receives RGB from 0 to 1. Counts how often the network is fed."""

    def __init__(self, network, *, tap=None, fit="stretch", classes=None):
        tap = len(network.layers) - 1 if tap is None else tap
        output = network.layers[tap].output
        output = pool(output, "avg") if len(output.shape) == 4 else output
        preprocessing = Preprocessing("unit", "RGB, 0 to 1", RGB, lambda images: images.astype(np.float32) / 255)
        super().__init__(None, network, output, tap=tap, preprocessing=preprocessing, fit=fit, classes=classes)
        self.n_passes = 0

    def preprocess(self, images):
        self.n_passes += 1
        return super().preprocess(images)


def sequential(*layers, shape=(8, 8, 3)):
    """Build a flat functional network from layers in a row."""
    import keras

    inputs = outputs = keras.Input(shape)
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def pointwise(kernel, bias=None, **options):
    """A 1 x 1 convolution with the given matrix `(n_in, n_out)`."""
    import keras

    kernel = np.asarray(kernel, np.float32)
    bias = np.zeros(kernel.shape[1]) if bias is None else np.asarray(bias, np.float32)
    return _weighted(
        keras.layers.Conv2D(kernel.shape[1], 1, **options), (None, None, kernel.shape[0]), kernel[None, None], bias
    )


def dense(kernel, bias=None, **options):
    import keras

    kernel = np.asarray(kernel, np.float32)
    bias = np.zeros(kernel.shape[1]) if bias is None else np.asarray(bias, np.float32)
    return _weighted(keras.layers.Dense(kernel.shape[1], **options), (kernel.shape[0],), kernel, bias)


def _weighted(layer, shape, *weights):
    layer.build((None, *shape))
    layer.set_weights(weights)
    return layer
