"""`.keras` files written by hand, without Keras: a small one that works, and parts that hostile ones are made of."""

import functools
import hashlib
import io
import json
import zipfile

import h5py
import numpy as np

from featx_core.networks.own.bringing import facts_key
from featx_core.networks.own.facts import ModelFacts, ModelOutput

SIDE = 32
N_FILTERS = 6


def part(kind, name, after=None, *, module="keras.layers", registered=None, **config):
    """The configuration of a layer, called once on the output of another one."""
    calls = []
    if after is not None:
        history = {"shape": [None, 4], "dtype": "float32", "keras_history": [after, 0, 0]}
        calls = [{"args": [{"class_name": "__keras_tensor__", "config": history}], "kwargs": {}}]
    settings = {"name": name, **config}
    return {
        "module": module,
        "class_name": kind,
        "config": settings,
        "registered_name": registered,
        "name": name,
        "inbound_nodes": calls,
    }


def functional(*parts, **more):
    """A functional model from layers in a row, the input first."""
    ends = {"input_layers": [parts[0]["name"], 0, 0], "output_layers": [parts[-1]["name"], 0, 0]}
    config = {"name": "model", "trainable": True, "layers": list(parts), **ends}
    module = "keras.src.models.functional"
    return {"module": module, "class_name": "Functional", "config": config, "registered_name": "Functional", **more}


def an_input(side=SIDE, channels=3):
    return part("InputLayer", "image", batch_shape=[None, side, side, channels], dtype="float32")


def small_parts():
    return (
        an_input(),
        part("Conv2D", "look", "image", filters=N_FILTERS, kernel_size=[3, 3], activation="relu"),
        part("GlobalAveragePooling2D", "pooled", "look"),
    )


def weights(arrays):
    """A file of weights."""
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        for path, array in arrays.items():
            file[path] = array
    return out.getvalue()


def packed(config, weights_file=None, *, version="3.15.1", more=()):
    """A `.keras` file; the configuration is JSON, or text as it is."""
    out = io.BytesIO()
    text = config if isinstance(config, str) else json.dumps(config)
    members = {
        "metadata.json": json.dumps({"keras_version": version}),
        "config.json": text,
        "model.weights.h5": weights({"layers/none/vars/0": np.zeros(1)}) if weights_file is None else weights_file,
        **dict(more),
    }
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def kernel():
    return np.random.default_rng(0).normal(0, 0.3, (3, 3, 3, N_FILTERS)).astype(np.float32)


@functools.cache
def small_model():
    """A convolution and the mean over its places."""
    arrays = {"layers/conv2d/vars/0": kernel(), "layers/conv2d/vars/1": np.full(N_FILTERS, 0.1, np.float32)}
    return packed(functional(*small_parts()), weights(arrays))


SMALL_DIGEST = hashlib.sha256(small_model()).hexdigest()
SMALL_FACTS = ModelFacts(
    weights=f"file:{SMALL_DIGEST}",
    name="small",
    format="keras",
    saved_by="Keras 3.15.1",
    input_shape=(SIDE, SIDE, 3),
    outputs=(ModelOutput("pooled", (N_FILTERS,), 0),),
    n_parameters=27 * N_FILTERS + N_FILTERS,
    n_layers=3,
    scaling=(),
    expects="",
    ratios={},
    divergences={},
)


def enter_small_model(workspace):
    """Put the small model into a workspace, as if it had been examined there."""
    assert workspace.put_artefact("small.keras", small_model()) == SMALL_DIGEST
    workspace.put_result(facts_key(SMALL_FACTS.weights), SMALL_FACTS.to_bytes())
