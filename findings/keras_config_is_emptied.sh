#!/bin/sh
# `keras.saving.deserialize_keras_object(config)` takes parts out of the dictionary that it is given: a functional model is built, and
# the same dictionary is left without layers. Whoever builds once to look and once to use gets an error that speaks of
# `get_config` and `from_config`, which are not at fault. A deep copy for each call helps.
# Seen with Keras 3.15.1 (JAX backend) on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "keras==3.15.1" "jax==0.8.*"
cd "$folder"
KERAS_BACKEND=jax venv/bin/python - <<'PY'
import keras

image = keras.Input((8, 8, 3))
model = keras.Model(image, keras.layers.Conv2D(2, 3)(image))
config = keras.saving.serialize_keras_object(model)
before = sorted(config["config"])
first = keras.saving.deserialize_keras_object(config)
after = sorted(config["config"])
try:
    keras.saving.deserialize_keras_object(config)
    second = "built again"
except TypeError as error:
    second = "TypeError"
print("Keras", keras.__version__, "before:", before, "after:", after, "second time:", second)
assert first.count_params() == model.count_params()
assert "layers" in before and after == [] and second == "TypeError", (before, after, second)
PY
