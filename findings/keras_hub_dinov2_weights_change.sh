#!/bin/sh
# `save_weights` and `load_weights` change an untrained (or further trained) DINOv2 of KerasHub whose images are smaller than those
# that its positions were made for: the positions in use are resized to the larger table when they are saved, and back when they are
# loaded. The same network gives other features afterwards, without a word. `get_weights` and `set_weights` bring it back exactly.
# Seen with KerasHub 0.32.0, Keras 3.15.1 (TensorFlow 2.21 backend) on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "keras-hub==0.32.0" "keras==3.15.1" "tensorflow==2.21.0"
cd "$folder"
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python - <<'PY'
import keras, keras_hub, numpy as np


def make():
    return keras_hub.models.DINOV2Backbone(8, 2, 32, 2, 64, image_shape=(32, 32, 3), position_embedding_shape=(128, 128))


images = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")
first, by_file, by_arrays = make(), make(), make()
for variable in first.weights:  # as a network that was drawn anew, or trained further
    variable.assign(np.random.default_rng(variable.shape[-1]).normal(size=variable.shape) * 0.3)
first.save_weights("network.weights.h5")
by_file.load_weights("network.weights.h5")
by_arrays.set_weights(first.get_weights())
expected = np.asarray(first(images))
apart = [float(np.abs(np.asarray(each(images)) - expected).max() / np.abs(expected).max()) for each in (by_file, by_arrays)]
print("KerasHub", keras_hub.__version__, "Keras", keras.__version__)
print("largest difference, of the largest value: by a file %.2g, by arrays %.2g" % tuple(apart))
assert apart[0] > 0.01 and apart[1] == 0, apart
print("as seen")
PY
