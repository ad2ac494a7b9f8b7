#!/bin/sh
# Where Keras puts a layer of a subclassed model in a `.weights.h5` file depends on the alphabet: attributes are walked in sorted
# order, a layer is saved at the first path that reaches it, and `layers` is one of the attributes. A layer whose attribute sorts
# before "layers" is saved under its attribute, one that sorts behind it under `layers/<class name>`. Renaming `early` to `stem`
# therefore moves its weights, and a reader that goes by paths no longer finds them.
# Seen with Keras 3.15.1 (JAX backend) on 2026-11-27.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "keras==3.15.1" "h5py==3.14.0" "jax==0.8.*"
cd "$folder"
KERAS_BACKEND=jax venv/bin/python - <<'PY'
import h5py, keras, numpy as np


class Model(keras.Model):
    def __init__(self, first, second):
        super().__init__()
        setattr(self, first, keras.layers.Dense(4))
        setattr(self, second, keras.layers.Dense(2))
        self.order = first, second

    def call(self, x):
        for name in self.order:
            x = getattr(self, name)(x)
        return x


def places(first, second):
    model = Model(first, second)
    model(np.zeros((1, 3), "float32"))
    model.save_weights("m.weights.h5")
    found = {}
    with h5py.File("m.weights.h5") as file:
        file.visititems(lambda path, item: found.update({item.shape: path}) if isinstance(item, h5py.Dataset) and item.ndim == 2 else None)
    return found[3, 4], found[4, 2]


seen = places("early", "head"), places("stem", "top"), places("early", "top")
print("Keras", keras.__version__, seen)
assert seen == (
    ("early/vars/0", "head/vars/0"),
    ("layers/dense/vars/0", "layers/dense_1/vars/0"),
    ("early/vars/0", "layers/dense_1/vars/0"),
), seen
PY
