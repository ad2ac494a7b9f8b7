"""What is measured of one backbone, in a process of its own: so many networks do not fit into one."""

from typing import Any

import numpy as np

from featx_core.backbones.registry import BACKBONES
from featx_core.base.keras_setup import load_keras
from featx_core.heatmaps.explain import explain_many
from featx_core.heatmaps.layers import choose_layer
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.targets import FeatureTarget
from featx_core.methods import registry as methods
from featx_core.networks.efficientnet_lite import build as build_lite
from featx_core.networks.embedded.network import build
from featx_core.networks.engines import openvino_engine
from featx_core.networks.engines.fast import measure
from featx_core.networks.initialization import made_up_images
from featx_core.specs.pretrained import Pretrained


def examine(key: str) -> dict[str, Any]:
    """Build a backbone at a small size, but with a last map of several pixels, and compare it with Keras's own way."""
    side = max(64, 2 * BACKBONES[key].minimum_side)
    spec = Pretrained(key, weights="random", image_size=(side, side))
    extractor = methods.build(spec)
    outline = methods.outline(spec)
    images = made_up_images(np.random.default_rng(99), 4, extractor.image_size)
    features = extractor(images)
    theirs = _plain_features(extractor, spec, images)
    return {
        "shape": features.shape,
        "deviation": float(features.std()),
        "differs_between_images": _relative(features[0], features[1]),
        "differs_from_keras": _relative(features, theirs),
        **_other_engines(extractor, images, features),
        "rounding": _rounding(extractor, images),
        "outline_is_built": outline.layers == extractor.layers and outline.tap == extractor.tap,
        "outline_shape": (outline.image_size, outline.feature_shape),
        "built_shape": (extractor.image_size, extractor.output_shape[1:]),
        "n_parameters": outline.n_parameters,
        "heatmaps": _heatmaps(extractor),
    }


def photograph(height: int = 150, width: int = 220) -> np.ndarray:
    """An image that is not square, with structure everywhere."""
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(rows / 9 + k) * np.cos(columns / (5 + 4 * k)) for k in range(3)]
    return np.rint(127.5 + 127.5 * np.stack(waves, axis=-1)).astype(np.uint8)


def _heatmaps(extractor: Any) -> dict[str, Any]:
    """Heatmaps of the strongest feature, and the channel that Grad-CAM must equal where the tap is averaged."""
    image = photograph()
    fitted = extractor.fit_image(image)[np.newaxis]
    strongest = int(np.argmax(extractor(fitted)[0]))
    maps = explain_many(
        [image], extractor, [name for name in HEATMAPS if HEATMAPS[name].is_at_layer], target=FeatureTarget(strongest)
    )
    layer = choose_layer(extractor, None).index
    activations = np.asarray(extractor.submodel([layer])(extractor.preprocess(fitted), training=False)[0])[0]
    return {
        "grids": {name: rows[0].grid for name, rows in maps.items()},
        "shapes": {rows[0].values.shape for rows in maps.values()},
        "notes": {name: rows[0].note for name, rows in maps.items()},
        "channel": np.maximum(activations[..., strongest], 0),
    }


def _plain_features(extractor: Any, spec: Pretrained, images: np.ndarray) -> np.ndarray:
    """The same weights in the model that Keras itself would pool, or in a plain one of our own networks."""
    plain = PLAIN[BACKBONES[spec.backbone].origin](spec, extractor.image_size)
    plain.set_weights(extractor.network.get_weights())
    return np.asarray(plain(extractor.preprocess(images), training=False))  # `predict` would trace a graph first


def _plain_application(spec: Pretrained, size: tuple[int, int]) -> Any:
    constructor = getattr(load_keras().applications, BACKBONES[spec.backbone].title)
    return constructor(include_top=False, weights=None, pooling=spec.pooling, input_shape=(*size, 3))


def _plain_embedded(spec: Pretrained, size: tuple[int, int]) -> Any:
    return load_keras().Sequential([build(None), load_keras().layers.GlobalAveragePooling2D()])


def _plain_lite(spec: Pretrained, size: tuple[int, int]) -> Any:
    title = BACKBONES[spec.backbone].title
    return load_keras().Sequential([build_lite(title, size), load_keras().layers.GlobalAveragePooling2D()])


PLAIN = {"download": _plain_application, "featx": _plain_embedded, "installed package": _plain_lite}


def _other_engines(extractor: Any, images: np.ndarray, features: np.ndarray) -> dict[str, float]:
    """How far OpenVINO's features are from TensorFlow's, in both precisions; nothing where it is not installed."""
    if not openvino_engine.is_available():
        return {"engines_disagree": 0.0, "cosine_of_bfloat16": 1.0, "cosine_of_rounding": 1.0}
    graph = openvino_engine.convert(extractor.engines._tensorflow.graph())  # the one that gave the features
    batch = extractor.preprocess(images)
    exact, fast = (openvino_engine.OpenVinoEngine(graph, precision)(batch) for precision in ("float32", "bfloat16"))
    return {
        "engines_disagree": openvino_engine.disagreement(exact, features),
        "cosine_of_bfloat16": measure(fast, features).cosine,
        "cosine_of_rounding": measure(_with_rounded_weights(extractor, batch), features).cosine,
    }


def _with_rounded_weights(extractor: Any, batch: np.ndarray) -> np.ndarray:
    """What float32 gives when weights and input have as few digits as bfloat16 has: how much a network magnifies that."""
    kept = extractor.model.get_weights()
    extractor.model.set_weights([_to_bfloat16(values) for values in kept])
    features = np.asarray(extractor.model(_to_bfloat16(batch), training=False))
    extractor.model.set_weights(kept)
    return features


def _to_bfloat16(values: np.ndarray) -> np.ndarray:
    """Round float32 to the nearest number whose last 16 bits are zero."""
    bits = np.array(values, np.float32, order="C").view(np.uint32)
    return ((bits + np.uint32(0x8000)) & np.uint32(0xFFFF0000)).view(np.float32)


def _rounding(extractor: Any, images: np.ndarray) -> float:
    """How far features move when each number of the input moves by its last bit: deep random networks magnify that."""
    batch = extractor.preprocess(images)
    moved = extractor.engines(np.nextafter(batch, np.float32(np.inf)))
    return openvino_engine.disagreement(moved, extractor.engines(batch))


def _relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())
