"""The code that makes a network, with its weights as a file where they have to come along."""

from __future__ import annotations

import inspect
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.architecture.rows import Row, row_values
from featx_core.backbones.families import KERAS_HUB
from featx_core.backbones.registry import BACKBONES
from featx_core.base.keras_setup import load_keras
from featx_core.networks.extractor import Extractor
from featx_core.networks.hub.graph import made_from
from featx_core.networks.own.onnx.extractor import OnnxExtractor
from featx_core.recipes.hub import constructing, hub_code
from featx_core.recipes.network_code import NetworkCode
from featx_core.recipes.onnx import onnx_code
from featx_core.recipes.recipe import MAX_BYTES, RecipeError
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec

if TYPE_CHECKING:
    import keras


SAVED_ORIGINS = ("download", "installed package", "featx")
"""Where backbones come from whose networks `keras.applications` makes, or a `.keras` file brings back."""

WEIGHTS, WHOLE, ARRAYS = "network.weights.h5", "network.keras", "network.weights.npz"
_POOLING = {
    "avg": "keras.layers.GlobalAveragePooling2D()({})",
    "max": "keras.layers.GlobalMaxPooling2D()({})",
    "flatten": "keras.layers.Flatten()({})",
    None: "{}",
}
_LOADING = f'network.load_weights(beside("{WEIGHTS}"))\n'
_LOADING_ARRAYS = f"""\
with np.load(beside("{ARRAYS}")) as arrays:  # exactly: `load_weights` of DINOv2 would resize its positions twice
    network.set_weights(list(arrays.values()))
"""
_WHOLE = f'network = keras.saving.load_model(beside("{WHOLE}"), compile=False)\n'


def why_not(spec: Spec) -> str:
    """Say why a run cannot be written as code: a sentence; empty where it can. Needs no Keras."""
    inner, is_fine_tuned = spec, False
    while isinstance(base := getattr(inner, "base", None) or getattr(inner, "source", None), Spec):
        is_fine_tuned |= isinstance(inner, FineTuned)
        inner = base
    if not isinstance(inner, Pretrained) or BACKBONES[inner.backbone].origin in SAVED_ORIGINS:
        return ""
    row = BACKBONES[inner.backbone]
    if row.origin == KERAS_HUB and not is_fine_tuned:
        return ""
    what = f"New layers behind {row.title}" if is_fine_tuned else row.title
    return f"{what} cannot be written as code: networks of its kind come back from no file."


def check_kind(spec: Spec) -> None:
    """Refuse what cannot be written as code.

    Raises:
        RecipeError: If `why_not` says so.
    """
    if words := why_not(spec):
        raise RecipeError(words)


def network_code(extractor: Extractor) -> NetworkCode:
    """Write the lines that make the network of an extractor and tap it.

    Args:
        extractor: Of one of the specs that describe a network.

    Raises:
        RecipeError: If there is no way to write this network, or its weights are too large.
    """
    spec = extractor.spec
    if isinstance(extractor, OnnxExtractor):
        return onnx_code(extractor)
    if isinstance(spec, Pretrained) and BACKBONES[spec.backbone].origin == KERAS_HUB:
        code = constructing(extractor.network) + _LOADING_ARRAYS
        files, words = {ARRAYS: _arrays_of(made_from(extractor.network))}, f"{BACKBONES[spec.backbone].title}."
        tapped = hub_code(extractor, _POOLING[spec.pooling])
    elif isinstance(spec, Pretrained):
        code, files, words = _pretrained(spec, extractor)
        after_pooling = BACKBONES[spec.backbone].normalizes_after_pooling and not spec.classifier
        is_last = extractor.tap == len(extractor.layers) - 1
        tapped = _tapped(extractor, spec.pooling, is_moved=after_pooling and is_last and spec.pooling in ("avg", "max"))
    elif isinstance(spec, CustomSequential):
        code = _rows(spec.layers, spec.input_shape) + _LOADING
        files, words = {WEIGHTS: weights_of(extractor.network)}, "The network, layer by layer."
        tapped = _tapped(extractor, spec.pooling)
    elif isinstance(spec, OwnModel):
        code, files, words = (
            _WHOLE,
            {WHOLE: _saved(extractor.network, WHOLE)},
            "The model of the user, as one flat network.",
        )
        tapped = _tapped(extractor, spec.pooling)
    elif isinstance(spec, FineTuned):
        code, files, words = _fine_tuned(spec, extractor)
        tapped = _tapped(
            extractor, spec.pooling if len(extractor.network.layers[extractor.tap].output.shape) == 4 else None
        )
    else:
        raise RecipeError(f"There is no script for {type(spec).__name__}.")
    return NetworkCode(words, code + tapped, files)


def weights_of(network: keras.Model) -> bytes:
    """Return the weights of a network as a `.weights.h5` file."""
    return _saved(network, WEIGHTS)


def _arrays_of(network: keras.Model) -> bytes:
    _check_size(network)
    out = io.BytesIO()
    np.savez(out, *network.get_weights())
    return out.getvalue()


def _check_size(network: keras.Model) -> None:
    n_bytes = 4 * network.count_params()
    if n_bytes > MAX_BYTES:
        raise RecipeError(
            f"The weights take {n_bytes / 1e6:.0f} MB, and at most {MAX_BYTES / 1e6:.0f} MB are written beside a script."
        )


def _saved(network: keras.Model, name: str) -> bytes:
    _check_size(network)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        if name == WEIGHTS:
            network.save_weights(path)
        else:
            network.save(path)
        return path.read_bytes()


def _pretrained(spec: Pretrained, extractor: Extractor) -> tuple[str, dict[str, bytes], str]:
    row = BACKBONES[spec.backbone]
    words = f"{row.title} without its classifier." if not spec.classifier else f"{row.title} with its classifier."
    if row.origin != "download":
        return _WHOLE, {WHOLE: _saved(extractor.network, WHOLE)}, words
    is_published = spec.weights == row.trained and not row.squares_deviation
    code = _application(spec, '"imagenet"' if is_published else "None")
    if is_published:
        return code, {}, words
    return code + _LOADING, {WEIGHTS: weights_of(extractor.network)}, words


def _application(spec: Pretrained, weights: str, name: str = "network") -> str:
    head = "include_top=False"
    if spec.classifier:
        head = "classifier_activation=None"
    made = f"keras.applications.{BACKBONES[spec.backbone].title}"
    return f"{name} = {made}(weights={weights}, {head}, input_shape=(*SIZE, 3))\n"


def _fine_tuned(spec: FineTuned, extractor: Extractor) -> tuple[str, dict[str, bytes], str]:
    words = "The fine-tuned network: a known one with new layers that were trained on labels."
    base = spec.base
    is_whole = isinstance(base, OwnModel)
    if isinstance(base, Pretrained) and BACKBONES[base.backbone].origin != "download":
        is_whole = True
    if is_whole:
        return _WHOLE, {WHOLE: _saved(extractor.network, WHOLE)}, words
    if isinstance(base, Pretrained):
        code = _application(base, "None", "base")
    elif isinstance(base, CustomSequential):
        code = _rows(base.layers, base.input_shape, "base")
    else:
        raise RecipeError(f"There is no script for new layers on {type(base).__name__}.")
    code += _head(spec, extractor) + _LOADING
    return code, {WEIGHTS: weights_of(extractor.network)}, words


def _head(spec: FineTuned, extractor: Extractor) -> str:
    """Write the layers behind the base: what pools its map, and those that were trained."""
    base, layers = spec.base, list(extractor.network.layers)
    pooling = getattr(base, "pooling", None)
    at = next(i for i, layer in enumerate(layers) if layer.name == "new_features")
    last = _base_tap(layers, at)
    tail = ""
    if spec.dropout:
        tail = f"x = keras.layers.Dropout({spec.dropout!r})(x)  # at rest outside of training\n"
    lines = f"x = {_POOLING[pooling].format(f'base.layers[{last}].output')}\n"
    if layers[at - 1].name == "new_pooling":
        lines += "x = keras.layers.GlobalAveragePooling2D()(x)\n"
    return (
        f"{lines}"
        f'x = keras.layers.Dense({spec.units}, activation="relu")(x)\n'
        f"{tail}"
        f'x = keras.layers.Dense({len(spec.class_names)}, activation="softmax")(x)\n'
        "network = keras.Model(base.input, x)\n"
    )


def _base_tap(layers: list[Any], at: int) -> int:
    """Return the index of the layer of the base that the new layers stand on: before what pools it."""
    kinds = ("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten")
    index = at - 1
    if layers[index].name == "new_pooling":
        index -= 1
    return index - 1 if type(layers[index]).__name__ in kinds and not layers[index].weights else index


def _rows(rows: tuple[Row, ...], input_shape: tuple[int, int, int], name: str = "network") -> str:
    lines = "".join(f"    {_layer(row)},\n" for row in rows)
    return (
        f"image = x = keras.Input({input_shape})\n"
        f"for layer in (\n{lines}):\n    x = layer(x)\n{name} = keras.Model(image, x)\n"
    )


def _layer(row: Row) -> str:
    """Write one layer, without what Keras takes by itself."""
    kind = getattr(load_keras().layers, row[0])
    usual = inspect.signature(kind).parameters
    told = [
        f"{name}={value!r}"
        for name, value in row_values(row).items()
        if name not in usual or usual[name].default not in (value, _single(value))
    ]
    return f"keras.layers.{row[0]}({', '.join(told)})"


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _tapped(extractor: Extractor, pooling: str | None, *, is_moved: bool = False) -> str:
    info = extractor.layers[extractor.tap]
    stage = f", {info.stage}" if info.stage else ""
    code = f'layer = network.layers[{extractor.tap}]  # "{info.name}"{stage}\n'
    if is_moved:  # a normalization that belongs after the pooling
        return f"{code}model = keras.Model(network.input, layer({_POOLING[pooling].format('layer.input')}))\n"
    return f"{code}model = keras.Model(network.input, {_POOLING[pooling].format('layer.output')})\n"
