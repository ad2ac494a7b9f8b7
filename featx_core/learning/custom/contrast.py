"""Contrastive training without labels: two augmented views of an image should be similar, and unlike all others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.augmentation.copies import random_layers
from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from featx_core.images.preprocessing import Preprocessing
    from featx_core.learning.batches import Batch

VIEWS = (
    ("horizontal_flip", 0.5),
    ("shift", 0.15),
    ("zoom", 0.3),
    ("contrast", 0.4),
    ("brightness", 0.2),
    ("color_jitter", 0.4),
)
"""What makes two views of one image: what is left out of it moves, its light and colours change, its content stays."""

TEMPERATURE = 0.1
PROJECTION_UNITS = 128
_NOT_COUNTED = -1e9


class Views:
    """Batches of two random views of each image: the first views of all, then the second ones in the same order.

    Args:
        images: uint8 RGB `(n_images, height, width, 3)`. Not modified.
        preprocessing: What the network expects.
        batch_size: Images of one batch, about: batches are of nearly equal length, so that none has a single image.
        seed: Of the order and the views.
    """

    def __init__(self, images: np.ndarray, preprocessing: Preprocessing, *, batch_size: int, seed: int) -> None:
        import tensorflow as tf

        self._images, self._preprocessing, self._seed = images, preprocessing, seed
        self._n_batches = max(1, round(len(images) / batch_size))
        layers = [random_layers(VIEWS, (seed + view) % 2**31) for view in (0, 1)]
        self._view = tf.function(
            lambda batch: tf.concat([layer(batch, training=True) for layer in layers], axis=0), autograph=False
        )

    def __len__(self) -> int:
        """Count the batches of one epoch."""
        return self._n_batches

    def epoch(self, number: int) -> Iterator[Batch]:
        """Return the batches of one epoch. The views go on from those before: they repeat from a fresh start."""
        order = np.random.default_rng([self._seed, number]).permutation(len(self._images))
        for rows in np.array_split(order, self._n_batches):
            both = self._view(self._images[rows].astype(np.float32)).numpy()
            yield self._preprocessing(both), np.zeros((len(both), 1), np.float32)


def contrast_model(network: keras.Model, pooled: keras.KerasTensor, learning_rate: float) -> keras.Model:
    """Add a small projection to a network, and compile it for contrastive learning."""
    keras = load_keras()
    hidden = keras.layers.Dense(PROJECTION_UNITS, activation="relu")(pooled)
    model = keras.Model(network.input, keras.layers.Dense(PROJECTION_UNITS)(hidden))
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer=optimizer, loss=_loss, metrics=[matched], jit_compile=False)
    return model


def decoupled_loss(projections: tf.Tensor, temperature: float = TEMPERATURE) -> tf.Tensor:
    """Return the loss of each view.

    Args:
        projections: float32 `(2 * n_images, n_values)`, of any length: the first views of all images, then the second ones.
        temperature: Divides the cosines.

    Returns:
        float32 `(2 * n_images,)`: minus the cosine with the other view over the temperature, plus the logarithm of the sum
        over the views of all other images of the exponential of their cosine over the temperature.

    Reference:
        Yeh et al. 2021, Decoupled Contrastive Learning, arXiv:2110.06848, equation 6: the pair itself is left out of the
        sum, which lets small batches learn. In SimCLR (arXiv:2002.05709) it is part of it.
    """
    import tensorflow as tf

    similarities, partner = _similarities(projections)
    scaled = similarities / temperature
    n_views = tf.shape(projections)[0]
    pair = tf.eye(n_views) + tf.one_hot(partner, n_views)
    others = tf.where(pair > 0, _NOT_COUNTED, scaled)
    return tf.reduce_logsumexp(others, axis=1) - tf.gather(scaled, partner, batch_dims=1)


def matched_views(projections: tf.Tensor) -> tf.Tensor:
    """Say for each view whether the other view of its image is the most alike of all: float32 `(2 * n_images,)`, 0 or 1."""
    import tensorflow as tf

    similarities, partner = _similarities(projections)
    without_itself = similarities + _NOT_COUNTED * tf.eye(tf.shape(projections)[0])
    nearest = tf.argmax(without_itself, axis=1, output_type=tf.int32)
    return tf.cast(tf.equal(nearest, partner), tf.float32)


def _similarities(projections: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the cosines of all views with each other, and for each view the place of the other one of its image."""
    import tensorflow as tf

    directions = tf.math.l2_normalize(projections, axis=1)
    n_views = tf.shape(projections)[0]
    return directions @ tf.transpose(directions), (tf.range(n_views) + n_views // 2) % n_views


def _loss(unused: Any, projections: tf.Tensor) -> tf.Tensor:
    return decoupled_loss(projections)


def matched(unused: Any, projections: tf.Tensor) -> tf.Tensor:
    """`matched_views` as a metric of Keras, whose name the curves show."""
    return matched_views(projections)
