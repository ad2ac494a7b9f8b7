"""Networks in ONNX as OpenVINO runs them: layers, axes and places, against the reference implementation of ONNX and by hand."""

import numpy as np
import pytest

from featx_core.images.fitting import Cells
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.onnx.files import put_together
from featx_core.networks.own.onnx.network import OnnxNetwork
from tests.toys.files.model_files import N_FILTERS, SIDE
from tests.toys.files.onnx_files import FREE, constant, model, node, onnx, small, small_file, tokens


def read(made, size=(SIDE, SIDE), **options):
    content = made if isinstance(made, bytes) else made.SerializeToString()
    return OnnxNetwork(put_together(content), size, **options)


def reference(made, images, *values):
    """What the reference implementation gives for single images, channels last where maps are."""
    for name in values:
        made.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    run = onnx.reference.ReferenceEvaluator(made)
    rows = [run.run(list(values), {"x": image[np.newaxis].transpose(0, 3, 1, 2)}) for image in images]
    return [np.concatenate(each) for each in zip(*rows, strict=True)]


@pytest.fixture(scope="module")
def convolutional():
    return read(small_file())


def test_layers_have_names_shapes_and_parameters(convolutional):
    found = [(info.name, info.kind, info.output_shape, info.n_parameters) for info in convolutional.layers]
    assert found == [
        ("features.look", "Conv", (30, 30, N_FILTERS), 28 * N_FILTERS),
        ("features.relu", "Relu", (30, 30, N_FILTERS), 0),
        ("pooled", "GlobalAveragePool", (1, 1, N_FILTERS), 0),
        ("flatten", "Flatten", (N_FILTERS,), 0),
    ]
    assert [info.stage for info in convolutional.layers] == [None, "stage1", None, None]
    assert {info.n_parameters_so_far for info in convolutional.layers} == {28 * N_FILTERS}
    assert [sorted(convolutional.before(index)) for index in (1, 3)] == [[0, 1], [0, 1, 2, 3]]


@pytest.mark.parametrize(("index", "pooling"), [(1, None), (1, "avg"), (1, "max"), (1, "flatten"), (3, None)])
def test_each_layer_gives_what_the_reference_gives_and_a_fixed_batch_is_free(convolutional, index, pooling):
    images = np.random.default_rng(0).normal(size=(3, SIDE, SIDE, 3)).astype(np.float32)
    maps, row = reference(small(), images, "relu", "y")
    maps = maps.transpose(0, 2, 3, 1)
    expected = {
        None: maps if index == 1 else row,
        "avg": maps.mean(axis=(1, 2)),
        "max": maps.max(axis=(1, 2)),
        "flatten": maps.reshape(3, -1),
    }[pooling]
    np.testing.assert_allclose(convolutional.engine(index, pooling)(images), expected, rtol=1e-4, atol=1e-5)


def test_images_of_any_size_and_with_channels_last_are_taken():
    free = read(small_file((FREE, 3, FREE, FREE)), (20, 24))
    assert free.layers[0].output_shape == (18, 22, N_FILTERS)
    turn = node("Transpose", "x", "first", perm=[0, 3, 1, 2])
    made = small((1, SIDE, SIDE, 3))
    made.graph.node[0].input[0] = "first"
    made.graph.node.insert(0, turn)
    images = np.random.default_rng(0).normal(size=(2, SIDE, SIDE, 3)).astype(np.float32)
    last = read(made)
    assert not last.is_channels_first
    (expected,) = reference(small(), images, "y")
    np.testing.assert_allclose(last.engine(len(last.layers) - 1)(images), expected, rtol=1e-4, atol=1e-5)


def test_tokens_are_maps_of_their_patches_and_a_class_token():
    network = read(tokens(), (16, 16), batch=1)
    by_name = {info.name: info for info in network.layers}
    assert {name: info.output_shape for name, info in by_name.items()} == {
        "embed.proj": (2, 2, 5),
        "concat": (2, 2, 5),
        "norm.class_token": (5,),
        "norm": (2, 2, 5),
        "head": (2,),
    }
    images = np.random.default_rng(2).normal(size=(3, 16, 16, 3)).astype(np.float32)
    normal, scores = reference(tokens(), images, "normal", "y")
    for name, expected in (
        ("norm", normal[:, 1:].reshape(3, 2, 2, 5)),
        ("norm.class_token", normal[:, 0]),
        ("head", scores),
    ):
        np.testing.assert_allclose(network.engine(by_name[name].index)(images), expected, rtol=1e-4, atol=1e-5)
    first, step = (getattr(network.cells(by_name["norm"].index), name) for name in ("first", "step"))
    assert step == (0.5, 0.5)
    np.testing.assert_allclose(first, 0.25, atol=0.1)  # within a patch, where its weights lie


def test_cells_lie_where_strides_paddings_and_gates_put_them():
    flat = np.ones((2, 3, 3, 3))  # a kernel whose middle is its centre
    nodes = [
        node("Conv", "x w", "a", strides=[2, 2], pads=[1, 1, 1, 1], name="half"),
        node("GlobalAveragePool", "a", "mean", name="mean"),
        node("Sigmoid", "mean", "gate", name="gate"),
        node("Mul", "gate a", "b", name="gated"),
        node("MaxPool", "b", "c", kernel_shape=[2, 2], strides=[2, 2], name="pool"),
        node("Resize", "c none none sides", "y", mode="nearest", name="back"),
    ]
    constants = [constant("w", flat), constant("none", []), constant("sides", [1, 2, 16, 16], np.int64)]
    network = read(model(nodes, constants))
    cells = {info.name: network.cells(info.index) for info in network.layers}
    at = 1 / SIDE
    assert cells["half"] == cells["gated"] == Cells((0.5 * at, 0.5 * at), (2 * at, 2 * at))
    assert cells["pool"] == Cells((1.5 * at, 1.5 * at), (4 * at, 4 * at))
    assert cells["back"] == Cells((0.5 * at, 0.5 * at), (2 * at, 2 * at))
    assert cells["mean"] is None


def test_scores_are_those_before_the_softmax():
    nodes = [node("GlobalAveragePool", "x", "m"), node("Flatten", "m", "f"), node("Softmax", "f", "y", axis=1)]
    network = read(model(nodes, []))
    images = np.random.default_rng(0).uniform(size=(2, SIDE, SIDE, 3)).astype(np.float32)
    np.testing.assert_allclose(network.class_engine()(images), images.mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(network.engine(len(network.layers) - 1)(images).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: small((1, 4, SIDE, SIDE)), r"takes an input of shape 4 x 32 x 32, no image of 1 or 3 channels"),
        (lambda: model([node("Relu", "x", "y")], [], (1, 3)), "takes an input of shape 3, no image"),
        (lambda: model([node("Relu", "x", "y")], [], kind=onnx.TensorProto.UINT8), "in whole numbers or float64"),
        (
            lambda: model([node("Conv", "x w", "y")], [constant("w", np.ones((2, 5, 3, 3)))]),
            "cannot be read by OpenVINO",
        ),
        (
            lambda: model([node("Tile", "x often", "y")], [constant("often", [1, 64, 64, 64], np.int64)]),
            r"is too large: layer `tile` gives 8\.1e\+08 values an image",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(made, words):
    with pytest.raises(ModelFileError, match=words):
        read(made())


def test_without_openvino_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setattr("featx_core.networks.own.onnx.network.is_available", lambda: False)
    with pytest.raises(ModelFileError, match="pip install openvino"):
        read(small_file())
