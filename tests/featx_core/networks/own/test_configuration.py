"""Configurations that name what is not allowed are refused with the part by name, before anything is built."""

import json
import re
from pathlib import Path

import pytest

from featx_core.base.keras_setup import without_weights
from featx_core.networks.own.allowed import LAYERS, OPERATIONS
from featx_core.networks.own.configuration import MAX_CONFIG_BYTES, read_config
from featx_core.networks.own.container import open_container
from featx_core.networks.own.errors import ModelFileError
from tests.toys.files.model_files import an_input, functional, packed, part, small_parts


def refusal(config):
    with pytest.raises(ModelFileError) as caught:
        open_container(packed(config))
    return str(caught.value)


def model_with(*parts, **more):
    return functional(an_input(), *parts, **more)


def sequential(name, *layers):
    module = {"module": "keras", "class_name": "Sequential", "registered_name": None}
    return {**module, "config": {"name": name, "layers": list(layers)}, "name": name, "inbound_nodes": []}


@pytest.fixture
def canary(tmp_path):
    """A file that appears if code of a configuration is run."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists()


def code_for(path):
    import base64
    import marshal

    source = f"lambda x: open({str(path)!r}, 'w') and x"
    return base64.b64encode(marshal.dumps(eval(source).__code__)).decode()


def hostile(path):
    """Parts that run code in Keras, with the words that name them."""
    code = {"code": code_for(path), "defaults": None, "closure": None}
    lambda_ = {"class_name": "__lambda__", "config": {"value": code["code"], **code}}
    function = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    dense = part("Dense", "d", "image", units=2)
    return {
        "a Lambda layer": (part("Lambda", "l", "image", function=lambda_), "uses a Lambda layer, which can run code"),
        "a function as code": (part("Activation", "a", "image", activation=lambda_), "holds a function as code"),
        "a reference": (part("Activation", "a", "image", activation=function), "refers to a function of your code"),
        "a TFSMLayer": (
            part("TFSMLayer", "t", "image", filepath=str(path.parent), call_endpoint="serve"),
            "uses a TFSMLayer, which loads and runs another program",
        ),
        "a module of PyTorch": (part("TorchModuleWrapper", "t", "image", module="gASV"), "a module of PyTorch"),
        "a class of somebody": (part("Mine", "m", "image", module="mine.layers"), "the class `Mine`, which is no part"),
        "a class of the system": (part("Dense", "m", "image", module="subprocess"), "the class `Dense`, which is no"),
        "a registered class": (part("Dense", "m", "image", registered="mine>Dense"), "the class `Dense`, which is no"),
        "keras in its name": (part("Dense", "m", "image", module="kerasevil.layers"), "which is no part of Keras"),
        "no module": ({**dense, "module": None}, "the class `Dense`, which is no part of Keras"),
        "a part that reads files": (part("StringLookup", "s", "image"), "uses `StringLookup` of Keras, which featx"),
        "a loop": (part("Map", "m", "image", module="keras.src.ops.core"), "uses `Map` of Keras"),
        "an operation's helper": (part("Add", "m", "image", module="keras.src.ops.numpy.x"), "uses `Add` of Keras"),
        "an activation as code": (
            part("Conv2D", "c", "image", activation={"value": [code["code"], None, None]}),
            "holds a function as code",
        ),
        "a number for a name": ({**dense, "class_name": 7}, "names a class by something that is no name"),
        "a learned initializer": (
            part("Dense", "d", "image", units=2, kernel_initializer={**function, "class_name": "function"}),
            "refers to a function of your code",
        ),
    }


@pytest.mark.parametrize("kind", hostile(Path("nowhere")))
@pytest.mark.parametrize("is_nested", [False, True])
def test_parts_that_could_run_code_are_named(kind, is_nested, canary):
    wrong, words = hostile(canary)[kind]
    config = model_with(sequential("inner", an_input(), wrong) if is_nested else wrong)
    assert re.search(re.escape(words), refusal(config))


def test_every_refusal_says_what_to_do(canary):
    for wrong, _ in hostile(canary).values():
        assert refusal(model_with(wrong)).endswith(("save the model again.", "no name, and save the model again."))


def test_how_it_was_trained_is_left_out_whatever_that_names():
    training = {"loss": {"module": "builtins", "class_name": "function", "config": "mine", "registered_name": "mine"}}
    inner = {**sequential("inner", an_input()), "compile_config": training}
    config = read_config(json.dumps(functional(*small_parts(), inner, compile_config=training)).encode())
    assert "compile_config" not in json.dumps(config)
    assert "mine" not in json.dumps(config)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (part("Dense", "wide", "image", units=10**9), "`units` of 1000000000 in layer `wide`"),
        (part("Conv2D", "wide", "image", filters=70_000, kernel_size=3), "`filters` of 70000 in layer `wide`"),
        (part("Conv2D", "c", "image", filters=1, kernel_size=[1, 10**6]), "`kernel_size` of [1, 1000000]"),
        (part("UpSampling2D", "up", "image", size=[9_999, 2]), "`size` of [9999, 2] in layer `up`"),
        (part("ZeroPadding2D", "p", "image", padding=[[0, 10**7], [0, 0]]), "`padding` of"),
        (part("InputLayer", "big", batch_shape=[None, 60_000, 60_000, 3]), "`batch_shape` of [None, 60000, 60000, 3]"),
        ({**part("Dense", "d", "image"), "build_config": {"input_shape": [None, 10**12]}}, "`input_shape` of"),
        (part("Dense", "d", "image", units=float("nan")), "`units` of nan"),
    ],
)
def test_shapes_that_would_fill_the_memory_are_named(wrong, words):
    assert words in refusal(model_with(wrong))


def test_long_and_deep_configurations_end_soon():
    many = [part("ReLU", f"r{number}", "image") for number in range(5_001)]
    assert "more than 5000 layers" in refusal(model_with(*many))
    assert "cannot be read" in refusal("[" * 200_000)
    assert "cannot be read" in refusal("{")
    assert "describes no model" in refusal("[]")
    assert "more than 5 MB" in refusal(json.dumps({"class_name": "Functional", "x": "a" * MAX_CONFIG_BYTES}))


def test_names_from_a_file_are_shown_without_what_turns_text_around():
    words = refusal(model_with(part("Wrong\u202e`x", "w", "image")))
    assert "\u202e" not in words
    assert "Wrong" in words


def test_a_layer_alone_is_no_model():
    assert "is a `Dense`, no functional or sequential model" in refusal(part("Dense", "d", units=2))


def test_channels_first_is_named():
    first = part("Conv2D", "c", "image", filters=2, kernel_size=3, data_format="channels_first")
    assert "has channels first, in layer `c`" in refusal(model_with(first))


@pytest.mark.slow
def test_networks_of_keras_applications_are_allowed():
    keras = pytest.importorskip("keras")
    for name in ("MobileNetV2", "ConvNeXtTiny"):
        with without_weights():
            network = getattr(keras.applications, name)(weights=None)
            config = json.dumps(keras.saving.serialize_keras_object(network))
        assert read_config(config.encode())["class_name"] == "Functional"


@pytest.mark.slow
def test_all_that_is_allowed_is_there_in_keras_and_takes_no_function():
    keras = pytest.importorskip("keras")
    import inspect

    for name in LAYERS - {"LayerScale", "CustomScaleLayer"}:  # of ConvNeXt and InceptionResNetV2
        kind = getattr(keras.layers, name)
        assert not {"function", "fn", "module", "filepath", "layer"} & set(inspect.signature(kind.__init__).parameters)
    from keras.src.ops import core, image, math, nn, numpy

    rooms = (core, image, math, nn, numpy)
    assert {name for name in OPERATIONS if not any(hasattr(room, name) for room in rooms)} == set()
