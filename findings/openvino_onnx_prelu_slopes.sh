#!/bin/sh
# ONNX broadcasts the slopes of PRelu from the last axis, as NumPy does: three slopes are those of three columns. OpenVINO takes a
# row of slopes for those of the channels, on axis 1, whenever there are as many channels as slopes; otherwise it broadcasts.
# The same file gives other values for 3 channels than for 4, and no word is said.
# Seen with OpenVINO 2026.4.1, onnx 1.23.2 and onnxruntime 1.32.0 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "openvino==2026.4.1" "onnx==1.23.2" "onnxruntime==1.32.0" "numpy==2.4.*"
cd "$folder"
venv/bin/python - <<'PY'
import importlib.metadata
import numpy as np, onnx, onnxruntime, openvino
from onnx import TensorProto, helper, numpy_helper

slopes = numpy_helper.from_array(np.array([1, 2, 3], np.float32), "slopes")
print(f"OpenVINO {importlib.metadata.version('openvino')}, onnxruntime {onnxruntime.__version__}")
for n_channels in (4, 3):
    image = -np.ones((1, n_channels, 2, 3), np.float32)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, image.shape) for name in "xy"]
    graph = helper.make_graph([helper.make_node("PRelu", ["x", "slopes"], ["y"])], "graph", ends[:1], ends[1:], [slopes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    content, core = model.SerializeToString(), openvino.Core()
    peer = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"x": image})[0]
    found = core.compile_model(core.read_model(content), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([image])[0]
    for name, each in (("onnxruntime", peer), ("OpenVINO", found)):
        print(f"{n_channels} channels, {name}: a row {each[0, 0, 0]}, a pixel {each[0, :, 0, 0]}")
    assert (peer[0, :, :] == [-1, -2, -3]).all(), "onnxruntime has changed"
    if n_channels == 4:
        assert (found == peer).all(), "OpenVINO has changed"
    else:
        assert (found[0, :, 0, 0] == [-1, -2, -3]).all() and (found[0, 0] == -1).all(), "OpenVINO has changed"
print("A row of slopes is of the channels where the numbers match: as seen.")
PY
