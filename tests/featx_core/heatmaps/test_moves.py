"""What layers do to the places of a map, against gradients through real Keras layers."""

import numpy as np
import pytest

from featx_core.expressions.layer import expression_layer
from featx_core.heatmaps.moves import middle_of, move, padded_before
from featx_core.networks.leans import note_leans

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

LAYERS = {
    "convolution": lambda: keras.layers.Conv2D(2, (3, 5), 2, padding="same"),
    "valid": lambda: keras.layers.Conv2D(2, (4, 3), (2, 3)),
    "dilated": lambda: keras.layers.Conv2D(2, 3, dilation_rate=(2, 3), padding="same"),
    "pointwise": lambda: keras.layers.Conv2D(2, 1, 3, padding="same"),
    "depthwise": lambda: keras.layers.DepthwiseConv2D(3, 2, padding="same"),
    "separable": lambda: keras.layers.SeparableConv2D(2, 5, 2, padding="same"),
    "average": lambda: keras.layers.AveragePooling2D((3, 2), 2, padding="same"),
    "average, valid": lambda: keras.layers.AveragePooling2D(3, 2),
    "zeros": lambda: keras.layers.ZeroPadding2D(((0, 1), (3, 2))),
    "cropped": lambda: keras.layers.Cropping2D(((1, 2), (4, 0))),
    "repeated": lambda: keras.layers.UpSampling2D((2, 3), interpolation="bilinear"),
    "expression": lambda: expression_layer("pool(blur(x, 0.5), 3)"),
    "activation": lambda: keras.layers.ReLU(),
}


def centres_by_gradient(layer, shape):
    """For each cell inside, the middle of the gradient of its sum with respect to the input: float `(n, 4)`."""
    inputs = tf.Variable(tf.ones((1, *shape)))
    with tf.GradientTape(persistent=True) as tape:
        outputs = layer(inputs)
        cells = [(i, j, tf.reduce_sum(outputs[0, i, j])) for i in (3, 4) for j in (3, 4)]
    for i, j, cell in cells:
        gradient = tape.gradient(cell, inputs).numpy()[0].sum(axis=-1)
        rows, columns = gradient.sum(axis=1), gradient.sum(axis=0)
        yield i, j, rows @ np.arange(len(rows)) / rows.sum(), columns @ np.arange(len(columns)) / columns.sum()


@pytest.mark.parametrize("shape", [(20, 30, 2), (21, 31, 2), (22, 29, 2)])
@pytest.mark.parametrize("name", LAYERS)
def test_each_cell_looks_where_its_gradient_lies(name, shape):
    layer = LAYERS[name]()
    layer.build((None, *shape))
    for weight in layer.weights:
        weight.assign(np.ones(weight.shape))
    after = tuple(layer.compute_output_shape((None, *shape))[1:])
    (down, every_down), (across, every_across) = move(layer, shape, after)
    for i, j, row, column in centres_by_gradient(layer, shape):
        assert down + i * every_down == pytest.approx(row, abs=1e-4)
        assert across + j * every_across == pytest.approx(column, abs=1e-4)


@pytest.mark.parametrize("make", [keras.layers.Conv2D, keras.layers.SeparableConv2D])
def test_a_kernel_that_leans_moves_its_cell(make):
    layer = make(1, 3, padding="same", use_bias=False)
    layer.build((None, 9, 9, 1))
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    kernel[2, 0] = 1
    layer.set_weights([kernel, *([np.ones((1, 1, 1, 1))] * (len(layer.weights) - 1))])
    assert move(layer, (9, 9, 1), (9, 9, 1)) == ((1, 1), (-1, 1))


@pytest.mark.parametrize("fill", [0.0, np.nan, 1e30])
def test_a_kernel_without_weights_that_can_be_compared_looks_from_its_middle(fill):
    assert middle_of(np.full((3, 5, 2, 2), fill, np.float32)) == (1, 2)


def test_same_padding_by_hand():
    """TensorFlow's formula: 224 halved by 3 takes one zero after, 225 one before and one after, 5 by 4 takes 1 and 2."""
    assert [padded_before(224, 3, 2, 1), padded_before(225, 3, 2, 1), padded_before(5, 4, 1, 1)] == [0, 1, 1]
    assert padded_before(10, 1, 3, 1) == 0


def test_what_has_no_places_or_an_unknown_size_has_no_move():
    assert move(keras.layers.Reshape((4, 6, 2)), (6, 4, 2), (4, 6, 2)) is None
    assert move(keras.layers.Conv2DTranspose(2, 3, 2), (6, 4, 2), (13, 9, 2)) is None
    assert move(expression_layer("fft_magnitude(x)"), (8, 8, 3), (8, 8, 3)) is None


def test_what_was_measured_of_a_layer_comes_on_top_of_its_kernel():
    network = keras.Sequential(
        [keras.Input((9, 9, 1)), keras.layers.Conv2D(1, 3, 2, name="a", kernel_initializer="ones")]
    )
    assert move(network.layers[0], (9, 9, 1), (4, 4, 1)) == ((1.0, 2), (1.0, 2))
    note_leans(network, {"a": (0.5, -0.25)})
    assert move(network.layers[0], (9, 9, 1), (4, 4, 1)) == ((1.5, 2), (0.75, 2))
