"""The layers of a network of tokens, from shapes and axes given by hand."""

from featx_core.networks.own.onnx.graph import FLOAT, Node, OnnxGraph, Tensor, Value
from featx_core.networks.own.onnx.layouts import FIRST, ROW, TOKENS, Layout
from featx_core.networks.own.onnx.listing import list_steps

IMAGE = Value("x", FLOAT, (1, 3, 8, 8))
MAP, SCORES = (1, 5, 3), (1, 5, 5)


def block(name, before):
    """Attention and a layer of its own, each beside what came before."""
    steps = [
        ("Softmax", f"{name}s", [before]),
        ("MatMul", f"{name}a", [f"{name}s", before]),
        ("Add", f"{name}b", [before, f"{name}a"]),
    ]
    return [*steps, ("Gelu", f"{name}c", [f"{name}b"]), ("Add", f"{name}d", [f"{name}b", f"{name}c"])]


def test_stages_of_a_network_of_tokens_are_its_blocks():
    steps = [("Conv", "t", ["x", "w"]), *block("1", "t"), *block("2", "1d"), ("LayerNormalization", "n", ["2d"])]
    steps.append(("Gather", "y", ["n"]))
    nodes = tuple(Node(value, kind, tuple(given), (value,), {}) for kind, value, given in steps)
    graph = OnnxGraph(nodes, {"w": Tensor((3, 3, 4, 4), FLOAT, b"")}, (IMAGE,), (Value("y", 0, None),), 18, 10, "")
    tokens = Layout(TOKENS, (2, 2))
    layouts = {value: Layout("", (2, 2)) if value.endswith("s") else tokens for _, value, _ in steps} | {
        "y": Layout(ROW)
    }
    shapes = {value: SCORES if value.endswith("s") else MAP for _, value, _ in steps} | {"y": (1, 3)}
    listed = list_steps(graph, shapes, layouts)
    assert {each.info.name: each.info.stage for each in listed if each.info.stage} == {"1d": "stage1", "n": "stage2"}
    assert [each.info.name for each in listed[-3:]] == ["n.class_token", "n", "y"]
    assert {each.info.n_parameters_so_far for each in listed} == {144}
    assert {each.info.output_shape for each in listed[:-3]} == {(2, 2, 3)}


def test_a_convolutional_network_has_stages_by_resolution():
    nodes = (Node("a", "Conv", ("x", "w"), ("a",), {}), Node("b", "MaxPool", ("a",), ("y",), {}))
    graph = OnnxGraph(nodes, {}, (IMAGE,), (Value("y", 0, None),), 18, 10, "")
    listed = list_steps(graph, {"a": (1, 3, 8, 8), "y": (1, 3, 4, 4)}, {"a": Layout(FIRST), "y": Layout(FIRST)})
    assert [each.info.stage for each in listed] == ["stage1", "stage2"]
