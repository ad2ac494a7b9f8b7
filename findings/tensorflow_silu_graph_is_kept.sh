#!/bin/sh
# A `tf.function` of a Keras network that is let go of is freed, but not when `silu` stands in it: `tf.nn.silu` brings its own gradient,
# which TensorFlow enters into one table of the process for each call in a graph, and the entry holds the graph and its weights. A
# process that builds one EfficientNet after the other grows without end; `gc.collect()` and `keras.utils.clear_session()` do not help.
# MobileNetV2 (`relu6`) is freed.
# Seen with TensorFlow 2.21.0 and Keras 3.15.1 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "tensorflow==2.21.0" "keras==3.15.1"
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python - <<'PY'
import gc
import weakref

import keras
import tensorflow as tf


def is_freed(build):
    network = build(weights=None, include_top=False, input_shape=(64, 64, 3))
    graph = tf.function(lambda images: network(images), autograph=False).get_concrete_function(tf.TensorSpec((None, 64, 64, 3)))
    seen = weakref.ref(graph.graph)
    del network, graph
    keras.utils.clear_session()
    gc.collect()
    return seen() is None


freed = {build.__name__: is_freed(build) for build in (keras.applications.MobileNetV2, keras.applications.EfficientNetV2B0)}
print("TensorFlow", tf.__version__, "Keras", keras.__version__, "graph freed:", freed)
assert freed == {"MobileNetV2": True, "EfficientNetV2B0": False}, freed
print("as seen")
PY
