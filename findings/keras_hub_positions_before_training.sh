#!/bin/sh
# A vision encoder of CLIP or SigLIP that KerasHub has just built gives every patch the same position: the table of position numbers is
# a weight that begins with 0 and gets its numbers only from a checkpoint. Untrained, as a random baseline, the encoder therefore does not
# notice when patches of an image change places: the class token stays the same. ViT of the same library notices.
# Seen with KerasHub 0.32.0, Keras 3.15.1 (TensorFlow 2.21 backend) on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "keras-hub==0.32.0" "keras==3.15.1" "tensorflow==2.21.0"
cd "$folder"
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python - <<'PY'
import keras, keras_hub, numpy as np

models = keras_hub.models
image = np.random.default_rng(0).normal(size=(1, 32, 32, 3)).astype("float32")
swapped = np.concatenate([image[:, 16:], image[:, :16]], axis=1)  # whole patches change places


def change(model):
    run = lambda x: np.asarray(model({"images": x} if isinstance(model.input, dict) else x))[:, 0]
    return float(np.abs(run(image) - run(swapped)).max() / np.abs(run(image)).max())


clip = models.CLIPVisionEncoder(8, 32, 2, 2, 64, image_shape=(32, 32, 3))
vit = models.ViTBackbone((32, 32, 3), 8, 2, 2, 32, 64)
ids = next(weight for weight in clip.weights if weight.path.endswith("position_ids"))
begins_with = ids.numpy()
seen = change(clip), change(vit)
ids.assign(np.arange(17)[None])
numbered = change(clip)
print("KerasHub", keras_hub.__version__, "Keras", keras.__version__, "CLIP's numbers", begins_with.max())
print("change of the class token, of its largest value: CLIP %.1g, ViT %.1g; CLIP with numbers %.1g" % (*seen, numbered))
assert begins_with.max() == 0 and seen[0] < 1e-5 < 1e-4 < min(seen[1], numbered), (seen, numbered)
PY
