"""The arithmetic of rows, against Keras and by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx_core.architecture.layer_kinds import LAYER_KINDS
from featx_core.architecture.layer_parameters import Parameter
from featx_core.architecture.layers import list_layers
from featx_core.architecture.presets import PRESETS
from featx_core.architecture.rows import describe_row, layer, measure_rows, row_values
from featx_core.base.keras_setup import load_keras, without_weights
from featx_core.methods import registry as methods
from featx_core.networks.sequential import build_network
from featx_core.specs.custom_sequential import CustomSequential

SIDES = [(9, 7), (8, 8)]
WINDOWS = [(1, 1), (2, 3), (3, 3), (5, 4)]


def measured(row, shape):
    return measure_rows([row], shape)[0]


def by_keras(row, shape):
    with without_weights():
        network = build_network([row], shape)
        return tuple(network.output.shape[1:]), network.count_params()


def sliding_rows():
    """Every padding with strides, dilations and windows, for every kind of layer that slides a window."""
    for window, padding in itertools.product(WINDOWS, ("valid", "same")):
        for kind in ("MaxPooling2D", "AveragePooling2D"):
            for strides in (None, 1, (2, 3)):
                yield layer(kind, pool_size=window, strides=strides, padding=padding)
        for strides, dilation in ((1, 1), (2, 1), (1, 2), (1, (2, 1))):
            common = {"kernel_size": window, "padding": padding, "strides": strides, "dilation_rate": dilation}
            yield layer("Conv2D", filters=5, use_bias=padding == "same", **common)
            yield layer("DepthwiseConv2D", depth_multiplier=2, use_bias=padding == "same", **common)
            yield layer("SeparableConv2D", filters=5, depth_multiplier=2, use_bias=padding == "same", **common)
        yield layer("Conv2D", filters=2, kernel_size=window, padding=padding, strides=(3, 2))


def other_rows():
    kinds = ("BatchNormalization", "Activation", "Dropout", "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D")
    yield from map(layer, kinds)
    yield layer("Dense", units=7)
    yield layer("Dense", units=7, use_bias=False)


@pytest.mark.slow
@pytest.mark.parametrize("sides", SIDES)
def test_shapes_and_parameters_of_windows_are_those_of_keras(sides):
    n_impossible = 0
    for row in sliding_rows():
        ours = measured(row, (*sides, 3))
        if ours.problem:
            n_impossible += 1
            with pytest.raises(ValueError, match=r"."):
                by_keras(row, (*sides, 3))
        else:
            assert (ours.output_shape, ours.n_parameters) == by_keras(row, (*sides, 3)), row
    assert n_impossible == sum(
        measured(row, (*sides, 3)).problem.endswith(f"into {sides[0]} x {sides[1]}") for row in sliding_rows()
    )


@pytest.mark.parametrize("row", list(other_rows()), ids=lambda row: row[0])
def test_shapes_and_parameters_of_other_layers_are_those_of_keras(row):
    for shape in ((6, 4, 3), (12,)):
        ours = measured(row, shape)
        if ours.problem:
            assert row[0].startswith("Global")
            assert shape == (12,)
        else:
            assert (ours.output_shape, ours.n_parameters) == by_keras(row, shape)


def test_every_kind_is_compared_with_keras():
    assert {row[0] for row in (*sliding_rows(), *other_rows())} == set(LAYER_KINDS)


def values_of(parameter: Parameter):
    if parameter.form == "pair":
        return st.integers(1, 4) | st.tuples(st.integers(1, 4), st.integers(1, 4))
    if parameter.form == "count":
        return st.integers(1, 9)
    if parameter.form == "share":
        return st.floats(max(parameter.minimum, 0.01), parameter.maximum)
    return st.booleans() if parameter.form == "flag" else st.sampled_from(parameter.choices)


rows = st.sampled_from(list(LAYER_KINDS)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {parameter.name: values_of(parameter) for parameter in LAYER_KINDS[kind].parameters}
    ).map(lambda values: layer(kind, **values))
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(rows, min_size=1, max_size=5), st.tuples(st.integers(8, 24), st.integers(8, 24)))
def test_any_network_that_we_allow_is_built_and_run_by_keras(network, image_size):
    import tensorflow as tf

    facts = measure_rows(network, (*image_size, 3))
    good = list(itertools.takewhile(lambda row: row.output_shape is not None, facts))
    assert all(row.output_shape is None and not row.problem for row in facts[len(good) + 1 :])
    if not good:
        return
    model = build_network(network[: len(good)], (*image_size, 3))
    assert [tuple(each.output.shape[1:]) for each in model.layers[1:]] == [row.output_shape for row in good]
    assert [each.count_params() for each in model.layers[1:]] == [row.n_parameters for row in good]
    given = tf.zeros((2, *image_size, 3))
    assert tuple(tf.function(model, autograph=False)(given).shape) == (2, *good[-1].output_shape)


@pytest.mark.parametrize("name", PRESETS)
def test_the_outline_of_a_preset_is_what_keras_lists(name):
    preset = PRESETS[name]
    spec = CustomSequential(preset.layers, image_size=preset.image_size, color=preset.color)
    with without_weights():
        assert methods.outline(spec).layers == list_layers(build_network(spec.layers, spec.input_shape))


@pytest.mark.parametrize(
    ("name", "n_features", "n_parameters"),
    [
        ("tutorial", 30_752, 3 * 3 * 3 * 32 + 32),
        ("lenet", 84, 156 + 2416 + 48_120 + 10_164),
        ("small_vgg", 128, 896 + 9248 + 18_496 + 36_928 + 73_856 + 147_584),
        ("random_features", 2 * 2 * 256, 7 * 7 * 3 * 256 + 256),
    ],
)
def test_presets_worked_out_by_hand(name, n_features, n_parameters):
    preset = PRESETS[name]
    outline = methods.outline(CustomSequential(preset.layers, image_size=preset.image_size, color=preset.color))
    assert (outline.feature_shape, outline.n_parameters) == ((n_features,), n_parameters)


@pytest.mark.parametrize(
    ("row", "shape", "said"),
    [
        (layer("Conv2D", kernel_size=7), (5, 5, 8), "a 7 x 7 kernel does not fit into 5 x 5"),
        (layer("Conv2D", kernel_size=(1, 6)), (5, 5, 8), "a 1 x 6 kernel does not fit into 5 x 5"),
        (
            layer("Conv2D", kernel_size=3, dilation_rate=4),
            (8, 8, 1),
            "a 3 x 3 kernel, spread over 9 x 9 by its dilation, does not fit into 8 x 8",
        ),
        (layer("MaxPooling2D"), (1, 1, 64), "a 2 x 2 window does not fit into 1 x 1"),
        (layer("Conv2D"), (128,), "it needs an input with height and width, but receives 128 values in a vector"),
        (
            layer("GlobalMaxPooling2D"),
            (9,),
            "it needs an input with height and width, but receives 9 values in a vector",
        ),
        (
            layer("Conv2D", strides=2, dilation_rate=2),
            (32, 32, 3),
            "a stride above 1 cannot be combined with a dilation above 1; set one of them to 1",
        ),
        (
            layer("DepthwiseConv2D", strides=(1, 2)),
            (32, 32, 3),
            "its stride must be the same vertically and horizontally; it is 1 x 2",
        ),
        (
            layer("Dense", units=8192),
            (30_752,),
            "with it the network has 251 928 576 parameters; the limit is 150 000 000",
        ),
        (
            layer("Conv2D", filters=2048, kernel_size=1),
            (512, 512, 3),
            "it gives 536 870 912 values per image; the limit is 16 777 216",
        ),
    ],
)
def test_an_impossible_row_says_why(row, shape, said):
    assert measured(row, shape).problem == said
    assert measured(row, shape).output_shape is None


def test_rows_behind_an_impossible_one_say_nothing():
    facts = measure_rows([layer("Flatten"), layer("Conv2D"), layer("Flatten")], (8, 8, 3))
    assert facts[0].output_shape == (192,)
    assert [bool(row.problem) for row in facts] == [False, True, False]
    assert [row.output_shape for row in facts[1:]] == [None, None]


def test_parameters_count_over_all_rows():
    network = [layer("Flatten"), *[layer("Dense", units=8192)] * 4]
    facts = measure_rows(network, (16, 16, 3))
    assert [row.problem != "" for row in facts] == [False, False, False, False, True]
    assert facts[4].problem.startswith(f"with it the network has {(768 + 1 + 3 * 8193) * 8192:,}".replace(",", " "))


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_a_layer_with_nothing_said_has_all_its_values(kind):
    row = layer(kind)
    assert list(row_values(row)) == [parameter.name for parameter in LAYER_KINDS[kind].parameters]
    assert all(value is not None for value in row_values(row).values())
    assert layer(kind, **row_values(row)) == row
    assert describe_row(row) == describe_row(layer(kind, **row_values(row)))


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_our_defaults_are_allowed_and_named_as_in_keras(kind):
    config = getattr(load_keras().layers, kind)(**row_values(layer(kind))).get_config()
    for name, value in row_values(layer(kind)).items():
        assert config[name] == value or math.isclose(np.max(config[name]), np.max(value)), name


def test_equal_layers_are_equal_rows():
    assert layer("Conv2D", kernel_size=3) == layer("Conv2D", kernel_size=(3, 3), strides=1)
    assert layer("Dropout", rate=0) == layer("Dropout", rate=0.0)
    assert repr(layer("Dropout", rate=0)) == repr(layer("Dropout", rate=0.0))
    assert layer("MaxPooling2D", pool_size=3) != layer("MaxPooling2D", pool_size=3, strides=2)


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("Conv3D", {}, r"There is no layer 'Conv3D'. The layers are: Conv2D, "),
        ("Conv2D", {"filter": 3}, r"Conv2D has no `filter`. Its parameters are: filters, kernel_size"),
        ("Flatten", {"units": 3}, r"Flatten has no `units`. Its parameters are: none"),
        ("Conv2D", {"filters": 0}, r"Conv2D: `filters` must be a whole number from 1 to 2048. Received: 0"),
        ("Conv2D", {"filters": True}, r"`filters` must be a whole number"),
        ("Conv2D", {"filters": 2.5}, r"`filters` must be a whole number"),
        ("Conv2D", {"kernel_size": (3, 3, 3)}, r"`kernel_size` must be a whole number or two.*1 to 31"),
        ("Conv2D", {"kernel_size": 32}, r"1 to 31. Received: 32"),
        ("Conv2D", {"padding": "full"}, r"`padding` must be one of valid, same. Received: 'full'"),
        ("Conv2D", {"use_bias": 1}, r"`use_bias` must be True or False. Received: 1"),
        ("Dropout", {"rate": 1}, r"`rate` must be a number from 0 to 0.95. Received: 1"),
        ("Dropout", {"rate": float("nan")}, r"`rate` must be a number from 0 to 0.95. Received: nan"),
        ("Activation", {"activation": []}, r"`activation` must be one of linear, relu"),
    ],
)
def test_a_wrong_layer_is_named(kind, values, said):
    with pytest.raises(ValueError, match=said):
        layer(kind, **values)
