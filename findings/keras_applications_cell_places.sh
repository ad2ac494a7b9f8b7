#!/bin/sh
# A class activation map is usually stretched over the image, as if its cells tiled it evenly. At 224 pixels and 7 x 7 cells, the
# middle cell would then be centred on pixel 111.5. Where it truly looks depends on how each network of `keras.applications` pads
# its strided layers: VGG16's cell lies there, ResNet50's half a cell further up and left, MobileNetV2's half a cell further down and
# right. The same spot of an image lights up almost a whole cell (about 30 of 224 pixels) apart in heatmaps of the two, drawn the
# usual way.
# Measured as the centre of the gradient of one cell with respect to the input, all kernels being constant, so that only strides
# and paddings count; a little noise in the input decides ties of max pooling.
# Seen with Keras 3.15.1 (JAX backend) on 2026-11-27.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "keras==3.15.1" "jax==0.8.*"
cd "$folder"
KERAS_BACKEND=jax venv/bin/python - <<'PY'
import jax, keras, numpy as np


def centre(name):
    model = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(224, 224, 3))
    for layer in model.layers:
        for variable in layer.weights:
            if "kernel" in variable.path:
                # Means over the inputs: values stay small, so that no ReLU6 is ever saturated.
                shape = variable.shape
                n_inputs = shape[0] * shape[1] * (1 if "Depthwise" in type(layer).__name__ else shape[2])
                variable.assign(np.full(shape, 1 / n_inputs, "float32"))
    trainable, fixed = [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]
    cell = lambda image: model.stateless_call(trainable, fixed, image, training=False)[0][0, 3, 3].sum()
    noise = np.random.default_rng(0).uniform(0.9, 1.1, (8, 1, 224, 224, 3)).astype("float32")
    gradient = sum(np.abs(jax.grad(cell)(1e-4 * image)[0]).sum(axis=(1, 2), dtype="float64") for image in noise)
    return float((gradient * np.arange(224)).sum() / gradient.sum())


seen = {name: round(centre(name), 1) for name in ("VGG16", "ResNet50", "MobileNetV2")}
print("Keras", keras.__version__, "centre of the middle cell in pixels; evenly spread it would be 111.5:", seen)
expected = {"VGG16": 111.5, "ResNet50": 96, "MobileNetV2": 127}
assert all(abs(seen[name] - place) < 3 for name, place in expected.items()), seen
PY
