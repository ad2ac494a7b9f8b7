"""Readable names of layers."""

import pytest

from featx_core.networks.own.onnx.graph import Node
from featx_core.networks.own.onnx.naming import readable_names


def names(*steps):
    return readable_names([Node(name, kind, (), (), {}, tuple(scopes)) for kind, name, scopes in steps])


def test_modules_name_their_steps_once_and_by_kind_where_there_are_several():
    block = ("", "layer1", "layer1.0")
    found = names(
        ("Conv", "n1", (*block, "layer1.0.conv1", "conv2d")),
        ("Relu", "n2", (*block, "layer1.0.relu", "relu")),
        ("Relu", "n3", (*block, "layer1.0.relu", "relu_1")),
        ("Reshape", "n4", (*block, "layer1.0.fc", "view")),
        ("MatMul", "n5", (*block, "layer1.0.fc", "linear")),
        ("Add", "n6", (*block, "layer1.0.fc", "linear")),
        ("Add", "n7", ("", "add")),
    )
    assert found == [
        "layer1.0.conv1",
        "layer1.0.relu",
        "layer1.0.relu.1",
        "layer1.0.fc.reshape",
        "layer1.0.fc.matmul",
        "layer1.0.fc.add",
        "add",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/layer1/layer1.0/conv1/Conv", "layer1.0.conv1"),
        ("/Relu", "relu"),
        ("StatefulPartitionedCall/model_1/block1/BiasAdd", "block1"),
        ("layer1.0.conv1", "layer1.0.conv1"),
        ("", "relu"),
        ("a\u202eb\n", "ab"),
    ],
)
def test_names_of_other_exporters_are_shortened(name, expected):
    assert names(("Relu", name, ())) == [expected]
