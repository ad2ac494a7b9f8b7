#!/bin/sh
# Before version 13 of ONNX's operators, Softmax, LogSoftmax and Hardmax with `axis=1` were over all axes from 1 on: one
# distribution over channels, rows and columns together. OpenVINO knows that for LogSoftmax and Hardmax, and for Softmax up to
# version 10, but reads Softmax of versions 11 and 12 as that of 13, over one axis. So exp(LogSoftmax) and Softmax of the same
# file differ; for rows of class scores they do not.
# Seen with OpenVINO 2026.4.1, onnx 1.23.2 and onnxruntime 1.32.0 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "openvino==2026.4.1" "onnx==1.23.2" "onnxruntime==1.32.0" "numpy==2.4.*"
cd "$folder"
venv/bin/python - <<'PY'
import importlib.metadata
import numpy as np, onnx, onnxruntime, openvino
from onnx import TensorProto, helper

values = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3) / 4

def run(kind, opset):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, values.shape) for name in "xy"]
    graph = helper.make_graph([helper.make_node(kind, ["x"], ["y"], axis=1)], "graph", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
    onnx.checker.check_model(model)
    content, core = model.SerializeToString(), openvino.Core()
    peer = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"x": values})[0]
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    return peer, core.compile_model(core.read_model(content), "CPU", hint)([values])[0]

print(f"OpenVINO {importlib.metadata.version('openvino')}, onnxruntime {onnxruntime.__version__}")
sums = {}
for opset in (10, 11, 12, 13):
    for kind in ("Softmax", "LogSoftmax"):
        found = run(kind, opset)
        sums[kind, opset] = [float((np.exp(each) if kind == "LogSoftmax" else each).sum()) for each in found]
        print(f"{kind:10s} version {opset}: all values sum to {sums[kind, opset][0]:.3f} in onnxruntime, {sums[kind, opset][1]:.3f} in OpenVINO")
for (kind, opset), (peer, found) in sums.items():
    assert abs(peer - (1 if opset < 13 else 6)) < 1e-4, "onnxruntime has changed"
    wrong = kind == "Softmax" and opset in (11, 12)
    assert abs(found - (6 if wrong else peer)) < 1e-4, "OpenVINO has changed"
print("Softmax of versions 11 and 12 is read as that of 13: as seen.")
PY
