"""Gate 1 for ONNX: what is read, and what is refused in one sentence before any library sees it."""

import tracemalloc

import numpy as np
import pytest

from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.onnx.reading import read_onnx
from featx_core.networks.own.onnx.wire import nested, text, varint
from tests.toys.files.model_files import N_FILTERS, kernel
from tests.toys.files.onnx_files import (
    PRIVATE,
    constant,
    in_two_files,
    model,
    node,
    of_one_step,
    onnx,
    small,
    small_file,
)


def test_all_that_is_in_a_file_is_read():
    graph = read_onnx(small_file())
    assert [(each.kind, each.inputs, each.outputs) for each in graph.nodes] == [
        ("Conv", ("x", "w", "b"), ("conv2d",)),
        ("Relu", ("conv2d",), ("relu",)),
        ("GlobalAveragePool", ("relu",), ("mean",)),
        ("Flatten", ("mean",), ("y",)),
    ]
    assert graph.nodes[0].scopes == ("", "features", "features.look", "conv2d")
    np.testing.assert_array_equal(graph.tensors["w"].values(), kernel().transpose(3, 2, 0, 1))
    assert [(each.name, each.dims) for each in graph.inputs] == [("x", (1, 3, 32, 32))]
    assert (graph.opset, graph.ir_version, graph.maker) == (18, 10, "pytorch 2.14.1")
    assert graph.n_parameters == 28 * N_FILTERS


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64, np.int64, np.int32, np.uint8, np.bool_])
def test_values_that_are_written_one_by_one_are_read_as_the_library_reads_them(dtype):
    values = np.array([[1, 0], [3, 2]]).astype(dtype)
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    typed = onnx.helper.make_tensor("c", kind, (2, 2), values.ravel().tolist())
    assert not typed.raw_data
    content = model([node("Relu", "x", "y")], [typed]).SerializeToString()
    np.testing.assert_array_equal(read_onnx(content).tensors["c"].values(), values)


def test_settings_of_each_kind_are_read_and_texts_that_say_nothing_are_not():
    settings = {"pads": [0, -1], "epsilon": 0.5, "mode": "linear", "axis": -1, "scales": [1.5, 2.0]}
    others = {"value": constant("", 7), "note": PRIVATE, "notes": [PRIVATE]}
    found = read_onnx(of_one_step("Pad", **settings, **others)).nodes[0].attributes
    assert found.pop("value").values() == 7
    assert found == {"pads": (0, -1), "epsilon": 0.5, "mode": b"linear", "axis": -1, "scales": (1.5, 2.0)}


def external(location, **where):
    made = small()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": location, **where}.items():
        tensor.external_data.add(key=key, value=value)
    return made.SerializeToString()


@pytest.mark.parametrize("place", ["/etc/passwd", "../weights.data", "a/../../b", "C:\\x", "..", "sub/w.data", ""])
def test_weights_outside_the_folder_are_never_looked_for(place):
    asked = []
    with pytest.raises(ModelFileError, match="leads to weights outside its folder"):
        read_onnx(external(place), asked.append)
    assert asked == []


def test_weights_beside_the_model_are_taken_from_there(tmp_path):
    files = in_two_files(small(), tmp_path)
    asked = []
    found = read_onnx(files["small.onnx"], lambda name: asked.append(name) or files[name]).tensors["w"].values()
    assert asked == ["small.onnx.data"]
    np.testing.assert_array_equal(found, kernel().transpose(3, 2, 0, 1))
    with pytest.raises(ModelFileError, match=r"in a second file, `small\.onnx\.data`\. Bring in both files together"):
        read_onnx(files["small.onnx"])
    with pytest.raises(ModelFileError, match=r"expects more weights than `small\.onnx\.data` holds"):
        read_onnx(files["small.onnx"], {"small.onnx.data": b"short"}.get)
    with pytest.raises(ModelFileError, match="is damaged"):
        read_onnx(external("w.data", offset="x"), lambda name: b"")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: of_one_step("Erfc"), r"uses `Erfc`, which is no operator of ONNX: .* as a `\.keras` file\.$"),
        (lambda: of_one_step("Fused", domain="com.me"), r"uses `Fused` of `com\.me`, which is no operator of ONNX"),
        (lambda: of_one_step("NonMaxSuppression"), "uses `NonMaxSuppression`, which featx does not run"),
        (lambda: of_one_step("Resize", antialias=1), "uses `Resize` with `antialias`, which OpenVINO leaves out"),
        (lambda: of_one_step("Resize", exclude_outside=1), "with `exclude_outside`"),
        (lambda: of_one_step("Resize", keep_aspect_ratio_policy="not_larger"), "with `keep_aspect_ratio_policy`"),
        (lambda: of_one_step("ReduceL1", noop_with_empty_axes=1), "uses `ReduceL1` with `noop_with_empty_axes`"),
        (lambda: of_one_step("BatchNormalization", training_mode=1), r"as it is in training.*model\.eval\(\)"),
        (lambda: of_one_step("Loop", body=small().graph), "uses `Loop`, which repeats a network"),
        (lambda: of_one_step("Relu", body=small().graph), "such as a network within the network"),
        (lambda: of_one_step("Relu", inputs="z"), "a step takes a value that no step before it gives"),
        (lambda: of_one_step("Split", outputs="y y"), "a value is given twice"),
        (lambda: of_one_step("Relu", outputs="z"), "no step gives its output"),
        (lambda: small_file()[:-40], "is damaged"),
        (lambda: b"\x08\x0a\x3a\xff\xff\xff\xff\x7f", "is damaged"),
        (lambda: b"\x08\x0a\x12\x07pytorch", "is no model in ONNX, or is damaged"),
    ],
)
def test_what_is_not_allowed_is_refused(content, words):
    with pytest.raises(ModelFileError, match=words):
        read_onnx(content())


def declaring(dims, kind=1, data=b""):
    """A file with a tensor that declares a shape."""
    tensor = b"".join([*(varint(1, side) for side in dims), varint(2, kind), text(8, "w"), *nested(9, [data])])
    step = b"".join([text(1, "w"), text(2, "y"), text(4, "Relu")])
    graph = b"".join([*nested(1, [step]), *nested(5, [tensor]), *nested(12, [text(1, "y")])])
    return b"".join([varint(1, 10), *nested(7, [graph]), *nested(8, [varint(2, 18)])])


def test_weights_that_are_declared_and_not_there_take_no_memory():
    tracemalloc.start()
    for dims in ((2**40,), (2**62, 2**62), (2**20, 2**20, 2**20)):
        with pytest.raises(ModelFileError, match=r"it declares weights of .* bytes and holds 4"):
            read_onnx(declaring(dims, data=bytes(4)))
    for dims, kind in (((-1,), 1), ((1,) * 9, 1)):
        with pytest.raises(ModelFileError, match="is damaged"):
            read_onnx(declaring(dims, kind))
    with pytest.raises(ModelFileError, match="numbers of a kind that featx does not read"):
        read_onnx(declaring((1,), 8))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_weights_that_lie_in_one_place_count_each(monkeypatch):
    made = small()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="w.data")
    for number in range(9):
        made.graph.initializer.add().CopyFrom(tensor)
        made.graph.initializer[-1].name = f"again{number}"
    n_bytes = 4 * 27 * N_FILTERS
    monkeypatch.setattr("featx_core.networks.own.onnx.reading.MAX_FILE_BYTES", 9 * n_bytes)
    with pytest.raises(ModelFileError, match="is too large with its weights"):
        read_onnx(made.SerializeToString(), lambda name: bytes(n_bytes))


def test_too_many_parts_are_refused(monkeypatch):
    monkeypatch.setattr("featx_core.networks.own.onnx.wire.MAX_FIELDS", 50)
    with pytest.raises(ModelFileError, match="it holds too many parts"):
        read_onnx(small_file())
    monkeypatch.undo()
    monkeypatch.setattr("featx_core.networks.own.onnx.reading.MAX_LAYERS", 3)
    with pytest.raises(ModelFileError, match="has more than 3 steps"):
        read_onnx(small_file())
    monkeypatch.setattr("featx_core.networks.own.onnx.reading.MAX_LAYERS", 10)
    monkeypatch.setattr("featx_core.networks.own.onnx.consistency.MAX_PARAMETERS", 100)
    with pytest.raises(ModelFileError, match=r"has 0\.000168 M parameters"):
        read_onnx(small_file())
