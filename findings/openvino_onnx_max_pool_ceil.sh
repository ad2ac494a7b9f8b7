#!/bin/sh
# With `ceil_mode=1` a pooling rounds the number of its windows up. PyTorch, onnxruntime and ONNX leave a window out that would
# begin behind the image. OpenVINO does so for AveragePool, but keeps it for MaxPool: the map has a row and a column more, of the
# lowest float32, and what follows takes them for features. It needs strides longer than the kernel, or paddings.
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

image = np.arange(81, dtype=np.float32).reshape(1, 1, 9, 9)

def run(kind):
    node = helper.make_node(kind, ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, image.shape), helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, "rows", "columns"])]
    model = helper.make_model(helper.make_graph([node], "graph", ends[:1], ends[1:]), opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    content, core = model.SerializeToString(), openvino.Core()
    peer = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"x": image})[0]
    return peer, core.compile_model(core.read_model(content), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([image])[0]

print(f"OpenVINO {importlib.metadata.version('openvino')}, onnxruntime {onnxruntime.__version__}")
for kind in ("AveragePool", "MaxPool"):
    peer, found = run(kind)
    print(f"{kind:11s} of 9 x 9 pixels: onnxruntime {peer.shape[2:]}, OpenVINO {found.shape[2:]}, its last value {found[0, 0, -1, -1]:.4g}")
    assert peer.shape[2:] == (5, 5), "onnxruntime has changed"
    if kind == "AveragePool":
        assert np.allclose(peer, found), "AveragePool has changed"
    else:
        assert found.shape[2:] == (6, 6) and np.allclose(peer, found[..., :5, :5]), "MaxPool has changed"
print("MaxPool keeps windows behind the image: as seen.")
PY
