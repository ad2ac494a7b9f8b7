"""The code of networks of KerasHub: block by block up to the tap, as no file brings back a graph of their layers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from featx_core.networks.hub.graph import made_from
from featx_core.recipes.recipe import RecipeError

if TYPE_CHECKING:
    import keras

    from featx_core.networks.extractor import Extractor


@dataclass(frozen=True)
class _Walk:
    """How a class of KerasHub goes from images to tokens.

    Attributes:
        first: Lines that define `tokens`, from `images`.
        blocks: What is gone through.
        last: The normalization of the tokens behind the last block.
        call: How a block is called.
    """

    first: str
    blocks: str
    last: str
    call: str = "block(tokens)"


_ANGLES = """\
angles = network.rope_embedding.call(np.zeros((1, *SIZE, 3), "float32"))  # where each patch lies: told to every block
places = tuple(np.asarray(part) for part in angles)
"""
_ONE_TOO_MANY = """\
n_patches = (SIZE[0] // network.patch_size) ** 2
network.embedding.compute_output_shape = lambda shape: (shape[0], n_patches, network.hidden_dim)  # KerasHub tells one more
"""
_WALKS: Mapping[str, _Walk] = MappingProxyType(
    {
        "DINOV2Backbone": _Walk(
            "tokens = network.embeddings(images)\n", "network.encoder.layers", "network.layernorm(tokens)"
        ),
        "DINOV3Backbone": _Walk(
            f"{_ANGLES}tokens = network.embeddings(images)\n",
            "network.encoder.layers",
            "network.layernorm(tokens)",
            "block(tokens, position_embeddings=places, num_prefix_tokens={n_first})",
        ),
        "SigLIPVisionEncoder": _Walk(
            f"{_ONE_TOO_MANY}tokens = network.embedding(images)\n",
            "network.encoder_layers",
            "network.post_layer_norm(tokens)",
        ),
        "CLIPVisionEncoder": _Walk(
            "tokens = network.pre_layer_norm(network.embedding(images))\n",
            "network.encoder_layers",
            "network.layer_norm(tokens)",
        ),
        "ViTBackbone": _Walk(
            "embedding, encoder = network.layers[-2:]\ntokens = encoder.dropout(embedding(images))\n",
            "encoder.encoder_layers",
            "encoder.layer_norm(tokens)",
        ),
        "SwinTransformerBackbone": _Walk(
            'tokens = network.get_layer("pos_drop")(network.patch_embedding(images))\n',
            "network.stages",
            "network.norm(tokens)",
        ),
    }
)
"""By the class of KerasHub, as `networks/hub/graph.py` makes its graph."""

_MAPS = re.compile(r"patches_(\d+)")


def hub_code(extractor: Extractor, pooling: str) -> str:
    """Write the lines that make a network of KerasHub and tap it. They define `network` and `model`.

    Args:
        extractor: Of a network that `networks/hub/graph.py` made.
        pooling: What pools a tensor, with `{}` in its place.

    Raises:
        RecipeError: If it is tapped in the midst of a block.
    """
    made = made_from(extractor.network)
    kind = type(made).__name__
    name, shape = extractor.layers[extractor.tap].name, extractor.layers[extractor.tap].output_shape
    n_first = (
        0 if kind in ("SigLIPVisionEncoder", "SwinTransformerBackbone") else 1 + getattr(made, "num_register_tokens", 0)
    )
    part = _part(name, tuple(shape), n_first)
    walk, found = _WALKS[kind], _MAPS.fullmatch(name)
    until = f"[:{found[1]}]" if found else ""
    lines = [
        f"for block in {walk.blocks}{until}:",
        f"    tokens = {walk.call.format(n_first=n_first)}",
        *([] if found else [f"tokens = {walk.last}"]),
        f'tap = {part}  # layer {extractor.tap}, "{name}"',
        f"model = keras.Model(images, {pooling.format('tap')})",
    ]
    return f"images = keras.Input((*SIZE, 3))\n{walk.first}" + "".join(f"{line}\n" for line in lines)


def constructing(network: keras.Model) -> str:
    """Write how the backbone of KerasHub is made that a network was made of."""
    made: Any = made_from(network)
    usual = inspect.signature(type(made)).parameters
    told = {key: value for key, value in made.get_config().items() if key in usual}
    changed = [
        f"    {key}={value!r},\n"
        for key, value in told.items()
        if key not in ("image_shape", "name", "dtype") and usual[key].default != value
    ]
    return f"network = keras_hub.models.{type(made).__name__}(\n{''.join(changed)}    image_shape=(*SIZE, 3),\n)\n"


def _part(name: str, shape: tuple[int, ...], n_first: int) -> str:
    """Write which of the tokens a layer gives."""
    if name == "class_token":
        return "tokens[:, 0]"
    if name == "register_tokens":
        return f"tokens[:, 1:{n_first}]"
    if name == "pooled":
        return "network.head(tokens)"
    if name == "patches" or _MAPS.fullmatch(name):
        return f"keras.layers.Reshape({shape})(tokens{f'[:, {n_first}:]' if n_first else ''})"
    raise RecipeError(
        f"The layer {name} lies in the midst of a block, and has no script. Tap patches, the class token or another map."
    )
