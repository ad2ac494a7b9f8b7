"""The network of the embedded backbone: fully convolutional, 256 features, 1.1 million parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

SIDE = 112  # pixels
MIN_SIDE = 48
STEM_WIDTH = 32
STAGE_WIDTHS = (48, 96, 192)
N_FEATURES = 256


def build(image_size: tuple[int, int] | None = (SIDE, SIDE), *, is_folded: bool = True) -> keras.Model:
    """Make the network as Keras initialises it.

    Every convolution is followed by a ReLU, those of a residual block (He et al. 2015, arXiv:1512.03385) by the sum
    first. Padding is symmetric and written out, so that a strided convolution is centred on its cell.

    Args:
        image_size: Height and width of the input, each from 48 pixels, or None for any.
        is_folded: Whether each batch normalization is part of the convolution before it, as in the weights that ship.
            Training needs them apart.

    Returns:
        A flat functional model from `(n_images, height, width, 3)`, RGB 0 to 255, to the last feature map,
        `(n_images, height / 16, width / 16, 256)`.
    """
    import keras  # whatever its backend is: training may run on another one than the app

    image = keras.Input((*(image_size or (None, None)), 3), name="image")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(image)
    x = _convolution(x, STEM_WIDTH, 5, "stem", strides=2, is_folded=is_folded)
    for number, width in enumerate(STAGE_WIDTHS, start=2):  # the stem is the first stage
        name = f"stage{number}"
        x = _convolution(x, width, 3, f"{name}_down", strides=2, is_folded=is_folded)
        y = _convolution(x, width, 3, f"{name}_first", is_folded=is_folded)
        y = _convolution(y, width, 3, f"{name}_second", is_folded=is_folded, has_activation=False)
        x = keras.layers.ReLU(name=f"{name}_out")(keras.layers.Add(name=f"{name}_add")([x, y]))
    features = _convolution(x, N_FEATURES, 1, "features", is_folded=is_folded)
    return keras.Model(image, features, name="embedded")


def _convolution(
    x: keras.KerasTensor,
    n_filters: int,
    kernel_size: int,
    name: str,
    *,
    is_folded: bool,
    strides: int = 1,
    has_activation: bool = True,
) -> keras.KerasTensor:
    """Convolve with padding, normalise (unless folded) and rectify."""
    from keras import layers

    if kernel_size > 1:
        x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        n_filters, kernel_size, strides=strides, use_bias=is_folded, kernel_initializer="he_normal", name=f"{name}_conv"
    )(x)
    if not is_folded:
        x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if has_activation else x
