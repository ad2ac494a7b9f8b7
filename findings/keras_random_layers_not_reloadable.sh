#!/bin/sh
# A network that holds `RandomShear(0.1, 0.1)` is saved without a word and does not load: the layer's configuration tells a range
# from -0.1 to 0.1, which its own constructor refuses, for it takes factors from 0 to 1 alone. `RandomRotation`, `RandomZoom` and
# `RandomTranslation` come back.
# Seen with Keras 3.15.1 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "keras==3.15.1" "tensorflow-cpu==2.21.*" || \
"$folder/venv/bin/pip" install -q --disable-pip-version-check "keras==3.15.1" "tensorflow==2.21.*"
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python - <<'PY'
import keras

layers = {
    "RandomRotation": keras.layers.RandomRotation(0.1),
    "RandomZoom": keras.layers.RandomZoom(0.1),
    "RandomTranslation": keras.layers.RandomTranslation(0.1, 0.1),
    "RandomShear": keras.layers.RandomShear(0.1, 0.1),
}
loaded = {}
for name, layer in layers.items():
    keras.Sequential([keras.Input((8, 8, 3)), layer]).save("network.keras")
    try:
        keras.saving.load_model("network.keras")
        loaded[name] = True
    except (ValueError, TypeError) as error:
        loaded[name] = False
        print(name, str(error).splitlines()[0][:160])
print("keras", keras.__version__, loaded)
assert loaded == {"RandomRotation": True, "RandomZoom": True, "RandomTranslation": True, "RandomShear": False}, loaded
PY
