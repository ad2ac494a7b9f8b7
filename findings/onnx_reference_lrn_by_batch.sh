#!/bin/sh
# onnx.reference, ONNX's reference implementation, normalises with LRN only as many channels as there are images in the batch, and
# divides the others by bias ** beta alone. With one image only the first channel is right; ONNX's own test of LRN has as many images
# as channels. Whoever holds a runtime against the reference finds the runtime wrong: onnxruntime agrees with the formula.
# Seen with onnx 1.23.2 and onnxruntime 1.32.0 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "onnx==1.23.2" "onnxruntime==1.32.0" "numpy==2.4.*"
cd "$folder"
venv/bin/python - <<'PY'
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

ALPHA, BETA, BIAS, SIZE, N_CHANNELS = 1.0, 0.5, 2.0, 3, 4

def formula(x):
    squares = np.pad(x**2, ((0, 0), (1, 1), (0, 0), (0, 0)))
    around = sum(squares[:, shift : shift + N_CHANNELS] for shift in range(SIZE))
    return x / (BIAS + ALPHA / SIZE * around) ** BETA

print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
for n_images in (1, 2, 4):
    x = np.random.default_rng(0).normal(size=(n_images, N_CHANNELS, 2, 2)).astype(np.float32)
    node = helper.make_node("LRN", ["x"], ["y"], alpha=ALPHA, beta=BETA, bias=BIAS, size=SIZE)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in "xy"]
    model = helper.make_model(helper.make_graph([node], "graph", ends[:1], ends[1:]), opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
    peer = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    right = [bool(np.allclose(reference[:, channel], formula(x)[:, channel], atol=1e-6)) for channel in range(N_CHANNELS)]
    print(f"{n_images} images: channels that the reference gets right: {right}")
    assert np.allclose(peer, formula(x), atol=1e-6), "onnxruntime differs from the formula"
    assert right == [channel < n_images for channel in range(N_CHANNELS)], "the reference has changed"
    assert np.allclose(reference[:, n_images:], x[:, n_images:] / BIAS**BETA, atol=1e-6), "the reference has changed"
print("The reference normalises as many channels as there are images: as seen.")
PY
