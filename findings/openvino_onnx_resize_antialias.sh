#!/bin/sh
# ONNX's Resize has `antialias` since version 18 of its operators, for networks that bring their own preprocessing. OpenVINO
# reads such a model without a word and resizes without it: of ten stripes of black and white, brought to two pixels, the reference
# implementation makes two greys, OpenVINO white and black. Features of photographs made smaller in the model differ accordingly.
# Seen with OpenVINO 2026.4.1 and onnx 1.23.2 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "openvino==2026.4.1" "onnx==1.23.2" "numpy==2.4.*"
cd "$folder"
venv/bin/python - <<'PY'
import importlib.metadata
import numpy as np, onnx, openvino
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

stripes = np.zeros((1, 1, 1, 10), np.float32)
stripes[..., ::2] = 1

def resize(**options):
    sizes = helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 1, 1, 2])
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="linear", **options)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 1, n]) for name, n in (("x", 10), ("y", 2))]
    graph = helper.make_graph([node], "graph", ends[:1], ends[1:], [sizes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.checker.check_model(model)
    core = openvino.Core()
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    found = core.compile_model(core.read_model(model.SerializeToString()), "CPU", hint)([stripes])[0]
    return ReferenceEvaluator(model).run(None, {"x": stripes})[0].ravel(), found.ravel()

print(f"OpenVINO {importlib.metadata.version('openvino')}, onnx {onnx.__version__}")
results = {}
for name, options in (("plain", {}), ("antialias=1", {"antialias": 1})):
    results[name] = resize(**options)
    print(f"{name:12s} reference {results[name][0]}, OpenVINO {results[name][1]}")
assert np.allclose(*results["plain"])
assert np.abs(results["antialias=1"][0] - 0.5).max() < 0.15, "the reference differs"
assert np.allclose(results["antialias=1"][1], results["plain"][1]), "OpenVINO knows antialias now"
print("Antialias is passed over without a word: as seen.")
PY
