"""A transformer small enough to work out by hand: four patches, a class token, and attention that is known."""

import numpy as np

from featx_core.architecture.patches import note_patches

SIDE, PATCH, N_CHANNELS = 8, 4, 5
N_PATCHES = (SIDE // PATCH) ** 2


def tiny_transformer(wants, *, has_class_token=True):
    """Build a network whose tokens attend as they are told, whatever the image.

    A token's query is `wants` of its position, its key is its position: channels 0 to 4 hold the position of a token alone.

    Args:
        wants: For each block `(n_tokens, n_tokens)`: the scores before the softmax.
        has_class_token: Whether the first token is a class token.
    """
    import keras

    n_first = int(has_class_token)
    n_tokens = N_PATCHES + n_first
    images = keras.Input((SIDE, SIDE, 3))
    patches = keras.layers.Reshape((N_PATCHES, N_CHANNELS))(
        keras.layers.Conv2D(N_CHANNELS, PATCH, PATCH, kernel_initializer="zeros", name="embedding")(images)
    )
    if has_class_token:
        patches = keras.layers.ZeroPadding1D((1, 0))(patches)
    tokens = Positions()(patches)
    for number, scores in enumerate(wants):
        attention = keras.layers.MultiHeadAttention(1, N_CHANNELS, use_bias=False, name=f"attention_{number}")
        read = attention(tokens, tokens)
        _tell(attention, np.asarray(scores, np.float32), n_tokens)
        tokens = keras.layers.Add()([tokens, read])
    if has_class_token:
        tokens = keras.layers.Cropping1D((1, 0))(tokens)
    spread = keras.layers.Reshape((SIDE // PATCH, SIDE // PATCH, N_CHANNELS), name="patches")
    note_patches(spread, PATCH)
    return keras.Model(images, spread(tokens))


def Positions():  # noqa: N802
    """A layer that adds to each token the unit vector of its position."""
    import keras

    class Positions(keras.layers.Layer):
        def call(self, tokens):
            return tokens + keras.ops.eye(tokens.shape[1], N_CHANNELS)[None]

        def compute_output_shape(self, shape):
            return shape

    return Positions()


def _tell(attention, scores, n_tokens):
    """Of positions as tokens the scores are `query_kernel @ key_kernel.T / sqrt(n_channels)`; nothing is read from them."""
    query = np.zeros((N_CHANNELS, 1, N_CHANNELS), np.float32)
    query[:n_tokens, 0, :n_tokens] = scores * np.sqrt(N_CHANNELS)
    key = np.eye(N_CHANNELS, dtype=np.float32)[:, None]
    zeros = np.zeros((N_CHANNELS, 1, N_CHANNELS), np.float32)
    attention.set_weights([query, key, zeros, zeros.transpose(1, 2, 0)])
