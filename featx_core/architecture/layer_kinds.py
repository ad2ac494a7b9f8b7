"""The kinds of layers: their parameters, output shapes and parameter counts, without Keras."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from featx_core.architecture.layer_parameters import Parameter
from featx_core.base.wording import spaced

Shape = tuple[int, ...]
Values = Mapping[str, Any]

ACTIVATIONS = (
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "tanh",
    "sigmoid",
    "softplus",
    "softmax",
)

FILTERS = Parameter("filters", "Filters", "count", 32, 1, 2048, help="Number of filters.")
KERNEL = Parameter("kernel_size", "Kernel", "pair", (3, 3), 1, 31, help="Height and width of the kernel, in pixels.")
STRIDES = Parameter("strides", "Stride", "pair", (1, 1), 1, 16, help="Step of the kernel, in pixels.")
PADDING = Parameter(
    "padding",
    "Padding",
    "choice",
    "valid",
    choices=("valid", "same"),
    help="valid: no padding. same: zero padding that keeps the size (divided by the stride).",
)
DILATION = Parameter("dilation_rate", "Dilation", "pair", (1, 1), 1, 16, help="Spacing between the kernel's elements.")
MULTIPLIER = Parameter(
    "depth_multiplier", "Depth multiplier", "count", 1, 1, 32, help=("Number of filters for each input channel.")
)
ACTIVATION = Parameter(
    "activation", "Activation", "choice", "linear", choices=ACTIVATIONS, help=("Function applied to the output.")
)
BIAS = Parameter("use_bias", "Bias", "flag", default=True, help="Add a learned constant to each output channel.")
POOL = Parameter("pool_size", "Window", "pair", (2, 2), 1, 64, help="Height and width of the pooling window.")
POOL_STRIDES = Parameter(
    "strides",
    "Stride",
    "pair",
    None,
    1,
    64,
    follows="pool_size",
    help="Step of the window, in pixels; usually its size.",
)
MOMENTUM = Parameter("momentum", "Momentum", "share", 0.99, 0, 0.9999, help="Momentum of the moving statistics.")
EPSILON = Parameter("epsilon", "Epsilon", "share", 0.001, 1e-7, 1, help="Small constant that avoids division by zero.")
RATE = Parameter("rate", "Rate", "share", 0.5, 0, 0.95, help="Share of values set to 0 during training.")
UNITS = Parameter("units", "Units", "count", 128, 1, 8192, help="Number of outputs.")


@dataclass(frozen=True)
class LayerKind:
    """One kind of layer. Its key in `LAYER_KINDS` is the name of the Keras layer.

    Attributes:
        sentence: What it does.
        parameters: What can be set.
        measure: From the shape of one input and the values to the shape of one output and the number of parameters.
            Raises ValueError with half a sentence where the layer does not fit.
        words: The values that matter, in a few words.
    """

    sentence: str
    parameters: tuple[Parameter, ...]
    measure: Callable[[Shape, Values], tuple[Shape, int]]
    words: Callable[[Values], str]


def _convolution(shape: Shape, values: Values) -> tuple[Shape, int]:
    height, width, n_channels = _slid(shape, values)
    filters = values["filters"]
    n_weights = math.prod(values["kernel_size"]) * n_channels * filters
    return (height, width, filters), n_weights + filters * values["use_bias"]


def _depthwise(shape: Shape, values: Values) -> tuple[Shape, int]:
    height, width, n_channels = _slid_evenly(shape, values)
    n_outputs = n_channels * values["depth_multiplier"]
    return (height, width, n_outputs), (math.prod(values["kernel_size"]) + values["use_bias"]) * n_outputs


def _separable(shape: Shape, values: Values) -> tuple[Shape, int]:
    height, width, n_channels = _slid_evenly(shape, values)
    n_between, filters = n_channels * values["depth_multiplier"], values["filters"]
    n_weights = math.prod(values["kernel_size"]) * n_between + n_between * filters
    return (height, width, filters), n_weights + filters * values["use_bias"]


def _pooling(shape: Shape, values: Values) -> tuple[Shape, int]:
    sides = _window_places(shape, values["pool_size"], values, "window")
    return (*sides, shape[2]), 0


def _normalization(shape: Shape, values: Values) -> tuple[Shape, int]:
    return shape, 4 * shape[-1]


def _unchanged(shape: Shape, values: Values) -> tuple[Shape, int]:
    return shape, 0


def _flattened(shape: Shape, values: Values) -> tuple[Shape, int]:
    return (math.prod(shape),), 0


def _averaged(shape: Shape, values: Values) -> tuple[Shape, int]:
    return (_map_of(shape)[2],), 0


def _dense(shape: Shape, values: Values) -> tuple[Shape, int]:
    units = values["units"]
    return (*shape[:-1], units), (shape[-1] + values["use_bias"]) * units


def _slid(shape: Shape, values: Values) -> tuple[int, int, int]:
    """Slide a kernel over a map: its number of positions, down and across, and the channels of the input."""
    if max(values["strides"]) > 1 and max(values["dilation_rate"]) > 1:
        raise ValueError("a stride above 1 cannot be combined with a dilation above 1; set one of them to 1")
    dilation = values["dilation_rate"]
    height, width = _window_places(shape, values["kernel_size"], values, "kernel", dilation)
    return height, width, shape[2]


def _slid_evenly(shape: Shape, values: Values) -> tuple[int, int, int]:
    if len(set(values["strides"])) > 1:
        raise ValueError(f"its stride must be the same vertically and horizontally; it is {_by(values['strides'])}")
    return _slid(shape, values)


def _window_places(
    shape: Shape, window: tuple[int, int], values: Values, noun: str, dilation: tuple[int, int] = (1, 1)
) -> tuple[int, int]:
    sides, strides = _map_of(shape)[:2], values["strides"]
    if values["padding"] == "same":
        return math.ceil(sides[0] / strides[0]), math.ceil(sides[1] / strides[1])
    spans = tuple((side - 1) * rate + 1 for side, rate in zip(window, dilation, strict=True))
    if any(span > side for span, side in zip(spans, sides, strict=True)):
        spread = f", spread over {_by(spans)} by its dilation," if spans != window else ""
        raise ValueError(f"a {_by(window)} {noun}{spread} does not fit into {_by(sides)}")
    return (sides[0] - spans[0]) // strides[0] + 1, (sides[1] - spans[1]) // strides[1] + 1


def _map_of(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ValueError(
            f"it needs an input with height and width, but receives {spaced(shape[-1])} values in a vector"
        )
    return shape


def _by(sides: tuple[int, ...]) -> str:
    return " x ".join(map(str, sides))


def _filter_words(values: Values) -> str:
    return _listed(f"{values['filters']} of {_by(values['kernel_size'])}", values)


def _depthwise_words(values: Values) -> str:
    times = f"{values['depth_multiplier']} a channel, " if values["depth_multiplier"] > 1 else ""
    return _listed(f"{times}{_by(values['kernel_size'])}", values)


def _pooling_words(values: Values) -> str:
    stride = "" if values["strides"] == values["pool_size"] else f", stride {_side(values['strides'])}"
    return f"{_by(values['pool_size'])}{stride}{', same' if values['padding'] == 'same' else ''}"


def _listed(first: str, values: Values) -> str:
    """Add whatever differs from the default layer after the most important values."""
    words = [first]
    for name, word in (("strides", "stride"), ("dilation_rate", "dilation")):
        if max(values.get(name, (1, 1))) > 1:
            words.append(f"{word} {_side(values[name])}")
    words += ["same"] if values.get("padding") == "same" else []
    words += [values["activation"]] if values["activation"] != "linear" else []
    words += [] if values["use_bias"] else ["no bias"]
    return ", ".join(words)


def _side(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else _by(pair)


def _no_words(values: Values) -> str:
    return ""


_POOLING = (POOL, POOL_STRIDES, PADDING)

LAYER_KINDS: Mapping[str, LayerKind] = MappingProxyType(
    {
        "Conv2D": LayerKind(
            "2-D convolution: each filter gives one output channel.",
            (FILTERS, KERNEL, STRIDES, PADDING, DILATION, ACTIVATION, BIAS),
            _convolution,
            _filter_words,
        ),
        "DepthwiseConv2D": LayerKind(
            "Depthwise convolution: filters each channel separately.",
            (KERNEL, STRIDES, PADDING, MULTIPLIER, DILATION, ACTIVATION, BIAS),
            _depthwise,
            _depthwise_words,
        ),
        "SeparableConv2D": LayerKind(
            "Depthwise, then pointwise convolution: a cheaper Conv2D.",
            (FILTERS, KERNEL, STRIDES, PADDING, MULTIPLIER, DILATION, ACTIVATION, BIAS),
            _separable,
            _filter_words,
        ),
        "MaxPooling2D": LayerKind("Maximum of each window.", _POOLING, _pooling, _pooling_words),
        "AveragePooling2D": LayerKind("Mean of each window.", _POOLING, _pooling, _pooling_words),
        "BatchNormalization": LayerKind(
            "Normalizes each channel to mean 0 and standard deviation 1.",
            (MOMENTUM, EPSILON),
            _normalization,
            _no_words,
        ),
        "Activation": LayerKind(
            "Applies a function to each value.",
            (Parameter("activation", "Function", "choice", "relu", choices=ACTIVATIONS),),
            _unchanged,
            lambda values: values["activation"],
        ),
        "Dropout": LayerKind(
            "Sets random values to 0, during training only.", (RATE,), _unchanged, lambda values: f"{values['rate']:g}"
        ),
        "Flatten": LayerKind("Flattens all values into one vector.", (), _flattened, _no_words),
        "GlobalAveragePooling2D": LayerKind("Mean of each channel over all positions.", (), _averaged, _no_words),
        "GlobalMaxPooling2D": LayerKind("Maximum of each channel over all positions.", (), _averaged, _no_words),
        "Dense": LayerKind(
            "Fully connected: each output is a weighted sum of all inputs.",
            (UNITS, ACTIVATION, BIAS),
            _dense,
            lambda values: _listed(str(values["units"]), values),
        ),
    }
)
