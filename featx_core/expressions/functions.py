"""The functions and operators of the language, one row each."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from featx_core.expressions import image_functions, numbers, shapes
from featx_core.expressions.backends import Array, Backend
from featx_core.expressions.function import Function, Parameter
from featx_core.expressions.hog import hog, hog_shape
from featx_core.expressions.nodes import COMPARISONS, NEGATIVE, POWER
from featx_core.expressions.shapes import Shape

EACH = "Element-wise"
ROW = "The whole row"
PICTURE = "Images and feature maps"


def _plain(name: str) -> Callable[[Backend, Array], Array]:
    return lambda backend, values: getattr(backend.ops, name)(values)


def _operator(function: Callable[[Any, Any], Any]) -> Callable[[Backend, Array, Array], Array]:
    return lambda backend, left, right: function(left, right)


def _comparison(function: Callable[[Any, Any], Any]) -> Callable[[Backend, Array, Array], Array]:
    return lambda backend, left, right: numbers.truth(backend, function(left, right), left)


def _each(*values: Shape) -> Shape:
    return shapes.together(values)


def _extreme(*values: Shape) -> Shape:
    return shapes.one_number(values[0]) if len(values) == 1 else shapes.together(values)


OPERATORS: Mapping[str, Callable[..., Array]] = MappingProxyType(
    {
        "+": _operator(operator.add),
        "-": _operator(operator.sub),
        "*": _operator(operator.mul),
        "/": _operator(operator.truediv),
        NEGATIVE: lambda backend, values: -values,
        POWER: numbers.power,
        **{
            symbol: _comparison(function)
            for symbol, function in zip(
                COMPARISONS,
                (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
                strict=True,
            )
        },
    }
)
"""What the operators compute. All work number by number."""

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "abs": Function("abs(x)", "The absolute value.", EACH, shapes.same, _plain("abs")),
        "exp": Function(
            "exp(x)", "The exponential of x.", EACH, shapes.same, _plain("exp"), "Infinite above about 88 (float32)."
        ),
        "log": Function(
            "log(x)",
            "The natural logarithm.",
            EACH,
            shapes.same,
            _plain("log"),
            "Minus infinity at 0, NaN below: `log(1 + abs(x))` is safe.",
        ),
        "sqrt": Function("sqrt(x)", "The square root.", EACH, shapes.same, _plain("sqrt"), "NaN below 0."),
        "sign": Function("sign(x)", "-1, 0 or 1.", EACH, shapes.same, _plain("sign"), "Has no gradient."),
        "floor": Function(
            "floor(x)", "Rounds down to a whole number.", EACH, shapes.same, _plain("floor"), "Has no gradient."
        ),
        "sin": Function("sin(x)", "The sine, x in radians.", EACH, shapes.same, _plain("sin")),
        "cos": Function("cos(x)", "The cosine, x in radians.", EACH, shapes.same, _plain("cos")),
        "tanh": Function("tanh(x)", "The hyperbolic tangent: maps x to -1..1.", EACH, shapes.same, _plain("tanh")),
        "sigmoid": Function("sigmoid(x)", "The logistic function: maps x to 0..1.", EACH, shapes.same, numbers.sigmoid),
        "relu": Function("relu(x)", "max(x, 0).", EACH, shapes.same, numbers.relu),
        "clip": Function(
            "clip(x, low, high)",
            "Limits x to a range.",
            EACH,
            _each,
            numbers.clip,
            "If low is above high, the result is high.",
            "numpy.clip",
            n_values=(3, 3),
        ),
        "where": Function(
            "where(condition, a, b)",
            "a where the condition is true, else b.",
            EACH,
            _each,
            numbers.where,
            "Both are computed everywhere; a comparison such as x > 0.5 gives 1 or 0.",
            n_values=(3, 3),
        ),
        "min": Function(
            "min(x)",
            "The minimum of the row. min(a, b): the element-wise minimum.",
            ROW,
            _extreme,
            numbers.smallest,
            n_values=(1, 2),
        ),
        "max": Function(
            "max(x)",
            "The maximum of the row. max(a, b): the element-wise maximum.",
            ROW,
            _extreme,
            numbers.largest,
            n_values=(1, 2),
        ),
        "mean": Function("mean(x)", "The mean of the row.", ROW, shapes.one_number, numbers.mean),
        "sum": Function("sum(x)", "The sum of the row.", ROW, shapes.one_number, numbers.total),
        "std": Function(
            "std(x)",
            "The standard deviation of the row.",
            ROW,
            shapes.one_number,
            numbers.deviation,
            "The population standard deviation: divided by n, not n - 1.",
            "numpy.std",
        ),
        "norm": Function(
            "norm(x)",
            "The L2 norm of the row.",
            ROW,
            shapes.one_number,
            numbers.norm,
            "x / norm(x) divides by 0 on a row of zeros; normalize(x) does not.",
            "The square root of the sum of squares.",
        ),
        "standardize": Function(
            "standardize(x)",
            "Scales each row to mean 0 and standard deviation 1.",
            ROW,
            shapes.whole_row,
            numbers.standardize,
            "Computed per row, not per column over all images. A constant row becomes 0.",
        ),
        "normalize": Function(
            "normalize(x)",
            "Scales each row to L2 norm 1.",
            ROW,
            shapes.whole_row,
            numbers.normalize,
            "A row of zeros is unchanged.",
            "sklearn.preprocessing.normalize",
        ),
        "rescale": Function(
            "rescale(x)",
            "Scales each row linearly to 0..1.",
            ROW,
            shapes.whole_row,
            numbers.rescale,
            "One extreme value compresses all others. A constant row becomes 0.",
        ),
        "softmax": Function(
            "softmax(x)",
            "Positive values that sum to 1 in each row.",
            ROW,
            shapes.whole_row,
            numbers.softmax,
            "",
            "exp(x) / sum(exp(x))",
        ),
        "histogram": Function(
            "histogram(x, bins)",
            "The share of values in each of equal bins over 0..1, per channel.",
            ROW,
            shapes.binned,
            numbers.histogram,
            "Values outside 0..1 count in the outermost bins: rescale(x) first. Has no gradient.",
            "Swain & Ballard, Color Indexing, IJCV 1991; here for each channel separately.",
            parameter=Parameter("bins", 2, 256, 16),
        ),
        "flatten": Function("flatten(x)", "Flattens the row into one vector.", ROW, shapes.flat, numbers.flatten),
        "pick": Function(
            "pick(x, number)",
            "One channel of a map, or one value of a vector, counted from 0.",
            ROW,
            shapes.picked,
            numbers.pick,
            parameter=Parameter("number", 0, 1e6),
        ),
        "grayscale": Function(
            "grayscale(x)",
            "The luma of each pixel, one channel.",
            PICTURE,
            shapes.one_channel,
            image_functions.grayscale,
            "",
            "ITU-R BT.601: 0.299 red + 0.587 green + 0.114 blue.",
        ),
        "sobel": Function(
            "sobel(x)",
            "The edge strength at each pixel, per channel.",
            PICTURE,
            shapes.spatial,
            image_functions.sobel,
            "Not divided by 8: a step from 0 to 1 gives 4.",
            "The magnitude of the two gradients of scipy.ndimage.sobel.",
        ),
        "laplacian": Function(
            "laplacian(x)",
            "The difference between each pixel and its four neighbours.",
            PICTURE,
            shapes.spatial,
            image_functions.laplacian,
            "Noise is amplified: blur(x, 1) first.",
            "scipy.ndimage.laplace",
        ),
        "blur": Function(
            "blur(x, sigma)",
            "A Gaussian blur with a standard deviation of sigma pixels.",
            PICTURE,
            shapes.filtered,
            image_functions.blur,
            "Mirrored at the borders, truncated at 4 sigma.",
            "scipy.ndimage.gaussian_filter",
            parameter=Parameter("sigma", 0.3, 32, 1, is_whole=False),
        ),
        "fft_magnitude": Function(
            "fft_magnitude(x)",
            "The magnitude of each spatial frequency, the lowest in the centre.",
            PICTURE,
            shapes.spatial,
            image_functions.fft_magnitude,
            "The centre dominates: log(1e-3 + fft_magnitude(x)) shows more.",
            "The magnitude of numpy.fft.fft2, shifted, divided by the number of pixels.",
        ),
        "pool": Function(
            "pool(x, k)",
            "The mean of each square of k x k pixels.",
            PICTURE,
            shapes.pooled,
            image_functions.pool,
            "Remaining pixels at the right and bottom are dropped.",
            "Keras AveragePooling2D with padding valid",
            parameter=Parameter("k", 1, 512, 2),
        ),
        "hog": Function(
            "hog(x)",
            "Histograms of oriented gradients: cells of 8 x 8 pixels, 9 directions, blocks of 2 x 2 cells.",
            PICTURE,
            hog_shape,
            hog,
            "Robust to shifts of a few pixels, not to rotation.",
            "Dalal & Triggs, CVPR 2005; without the Gaussian window over a block.",
        ),
        "channel_mean": Function(
            "channel_mean(x)", "The mean of each channel.", PICTURE, shapes.channels, image_functions.channel_mean
        ),
        "channel_max": Function(
            "channel_max(x)",
            "Maximum of each channel over all positions.",
            PICTURE,
            shapes.channels,
            image_functions.channel_max,
        ),
    }
)
"""All functions, by the name that they are called by. All work on each row by itself, never across images."""

CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": 3.141592653589793})
"""Names of numbers."""
