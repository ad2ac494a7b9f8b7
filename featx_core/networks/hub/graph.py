"""Networks of KerasHub as flat graphs in which tokens are taps: class token, registers, and patches as maps."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.architecture.patches import note_patches
from featx_core.base.compat import forget_graph, layers_within
from featx_core.base.keras_setup import load_keras
from featx_core.networks.hub.keras_hub import make

if TYPE_CHECKING:
    import keras

    from featx_core.backbones.registry import Backbone

Tensor = Any
"""A symbolic tensor."""

_MADE_FROM: weakref.WeakKeyDictionary[keras.Model, keras.Model] = weakref.WeakKeyDictionary()
"""The backbone of KerasHub whose layers a network is made of."""


def build(backbone: Backbone, image_size: tuple[int, int], classifier: bool = False, **others: Any) -> keras.Model:
    """Make a network of KerasHub as a flat graph, with the weights that KerasHub draws.

    After each block the patches are a map, `(height, width, n_channels)`, through which everything behind it passes, so that
    maps can be pooled, drawn and differentiated as those of convolutional networks can. Behind the last normalization lie the
    ends: "class_token", "register_tokens" and "distillation_token" where the network has them, what SigLIP pools as "pooled",
    and as last layer the patches. The class token does not pass through the last map: its gradient there would be 0 on each
    patch. A convolutional network ends with the map of its last stage.

    Args:
        backbone: A row of `BACKBONES` that has a preset.
        image_size: Height and width of the input, equal.
        classifier: Not used: these networks are kept without.
        others: What the class of KerasHub is told besides.

    Raises:
        SpecError: If KerasHub is not installed.
    """
    del classifier
    made = make(backbone, image_size[0], **others)
    forget_graph(made)
    keras = load_keras()
    images = keras.Input((*image_size, 3), name="images")
    network = keras.Model(images, _GRAPHS[type(made).__name__](made, images, backbone))
    _MADE_FROM[network] = made
    return network


def made_from(network: keras.Model) -> keras.Model:
    """Return the backbone of KerasHub whose layers a network of `build` is made of."""
    return _MADE_FROM[network]


def _dinov2(made: keras.Model, images: Tensor, backbone: Backbone) -> list[Tensor]:
    blocks = iter(made.encoder.layers)
    return _tokens(
        _Tokens(images, backbone, 1 + made.num_register_tokens), made.embeddings(images), blocks, made.layernorm
    )


def _dinov3(made: keras.Model, images: Tensor, backbone: Backbone) -> list[Tensor]:
    n_first = 1 + made.num_register_tokens
    # Where each patch lies is told to every block; it depends on the size of the image alone.
    angles = made.rope_embedding.call(np.zeros((1, *images.shape[1:]), np.float32))
    places = {"position_embeddings": tuple(np.asarray(part) for part in angles), "num_prefix_tokens": n_first}
    blocks = (_with(block, places) for block in made.encoder.layers)
    return _tokens(_Tokens(images, backbone, n_first), made.embeddings(images), blocks, made.layernorm)


def _with(block: keras.layers.Layer, options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    return lambda tokens: block(tokens, **options)


def _siglip(made: keras.Model, images: Tensor, backbone: Backbone) -> list[Tensor]:
    layout, blocks = _Tokens(images, backbone, 0), iter(made.encoder_layers)
    # KerasHub 0.32 tells one token too many: the shape of CLIP's, which has a class token.
    made.embedding.compute_output_shape = lambda shape: (shape[0], layout.n_patches, made.hidden_dim)
    return _tokens(layout, made.embedding(images), blocks, made.post_layer_norm, pooled=_named(made.head, "pooled"))


def _clip(made: keras.Model, images: Tensor, backbone: Backbone) -> list[Tensor]:
    first = made.pre_layer_norm(made.embedding(images))
    return _tokens(_Tokens(images, backbone, 1), first, iter(made.encoder_layers), made.layer_norm)


def _plain_vit(made: keras.Model, images: Tensor, backbone: Backbone) -> list[Tensor]:
    embedding, encoder = made.layers[-2:]
    first = encoder.dropout(embedding(images))
    return _tokens(_Tokens(images, backbone, 1), first, iter(encoder.encoder_layers), encoder.layer_norm)


def _deit(made: keras.Model, images: Tensor, backbone: Backbone) -> list[Tensor]:
    """Its blocks give their scores as well, or None in their place, which cannot stand in a graph: they are taken apart."""
    embedding, encoder = made.layers[1:3]
    layout = _Tokens(images, backbone, 2, others="distillation_token")
    blocks = (_taken_apart(block, number) for number, block in enumerate(encoder.encoder_layers))
    return _tokens(layout, embedding(images), blocks, encoder.layer_norm)


def _taken_apart(block: Any, number: int) -> Callable[[Tensor], Tensor]:
    """Source: `DeiTEncoderBlock.call` of KerasHub 0.32."""
    for part in (block.layer_norm_1, block.mha, block.layer_norm_2, block.mlp, block.output_layer):
        part.name = f"{part.name}_{number}"  # each layer of a graph needs a name of its own

    def call(tokens: Tensor) -> Tensor:
        normalized = block.layer_norm_1(tokens)
        read = load_keras().layers.Add(name=f"read_{number}")([block.mha(normalized, normalized), tokens])
        return block.output_layer(block.mlp(block.layer_norm_2(read)), read)

    return call


def _hgnetv2(made: keras.Model, images: Tensor, backbone: Backbone) -> list[Tensor]:
    """Taken apart into convolutions, so that heatmaps know where each cell of its maps looks."""
    with _opened(made, "HGNetV2", but="HGNetV2LearnableAffineBlock"):
        found = made.embedder_layer(images)
        for stage in made.encoder_layer.stages_list:
            found = stage(found)
    return [found]


@contextmanager
def _opened(made: keras.Model, prefix: str, *, but: str) -> Iterator[None]:
    """Have layers that are made of layers alone put those into a graph, and not themselves."""
    classes = {type(layer) for layer in layers_within(made) if type(layer).__name__.startswith(prefix)}
    classes = {found for found in classes if found.__name__ != but}
    try:
        for found in classes:
            setattr(found, "__call__", found.call)  # noqa: B010  (mypy refuses the assignment)
        yield
    finally:
        for found in classes:
            delattr(found, "__call__")


def _swin(made: keras.Model, images: Tensor, backbone: Backbone) -> list[Tensor]:
    """Each stage but the last ends with merging patches by fours."""
    tokens = made.get_layer("pos_drop")(made.patch_embedding(images))
    for number, stage in enumerate(made.stages[:-1], start=1):
        tokens = stage(tokens)
        side = made.patch_size * 2**number
        tokens = _Tokens(images, backbone, 0, patch=side).through_map(tokens, str(number))
    last = made.norm(made.stages[-1](tokens))
    return [_Tokens(images, backbone, 0, patch=made.patch_size * 2 ** (len(made.stages) - 1)).as_map(last, "patches")]


_GRAPHS: Mapping[str, Callable[[Any, Tensor, Any], list[Tensor]]] = MappingProxyType(
    {
        "DINOV2Backbone": _dinov2,
        "DINOV3Backbone": _dinov3,
        "SigLIPVisionEncoder": _siglip,
        "CLIPVisionEncoder": _clip,
        "ViTBackbone": _plain_vit,
        "DeiTBackbone": _deit,
        "HGNetV2Backbone": _hgnetv2,
        "SwinTransformerBackbone": _swin,
    }
)
"""By the class of KerasHub: from a backbone and its images to the ends, the patches last."""


class _Tokens:
    """How the tokens of a network lie: class token and registers first, then the patches row by row.

    Args:
        images: The symbolic images.
        backbone: The row.
        n_first: Tokens before the patches.
        patch: Height and width of a patch in pixels; None: that of the row.
        others: What the tokens between the class token and the patches are called.
    """

    def __init__(
        self,
        images: Tensor,
        backbone: Backbone,
        n_first: int,
        *,
        patch: int | None = None,
        others: str = "register_tokens",
    ) -> None:
        self.n_first, self.others = n_first, others
        self.patch = patch or (backbone.preset.patch_size if backbone.preset else 1)
        self.size = (images.shape[1] // self.patch, images.shape[2] // self.patch)
        self.n_patches = self.size[0] * self.size[1]
        self._layers = load_keras().layers

    def as_map(self, tokens: Tensor, name: str) -> Tensor:
        """Lay the patches out as a map."""
        if self.n_first:
            tokens = self._layers.Cropping1D((self.n_first, 0), name=f"{name}_in_a_row")(tokens)
        shaped = self._layers.Reshape((*self.size, tokens.shape[-1]), name=name)
        note_patches(shaped, self.patch)
        return shaped(tokens)

    def through_map(self, tokens: Tensor, number: str) -> Tensor:
        """Lay the patches out as a map, and put them back behind the tokens before them."""
        spread = self.as_map(tokens, f"patches_{number}")
        row = self._layers.Reshape((self.n_patches, tokens.shape[-1]), name=f"row_{number}")(spread)
        if not self.n_first:
            return row
        first = self._layers.Cropping1D((0, self.n_patches), name=f"first_tokens_{number}")(tokens)
        return self._layers.Concatenate(axis=1, name=f"tokens_{number}")([first, row])

    def ends(self, tokens: Tensor) -> Iterator[Tensor]:
        """Take the class token, then the others before the patches, where there are any."""
        if self.n_first:
            only = self._layers.Cropping1D((0, self.n_patches + self.n_first - 1), name="class_token_in_a_row")(tokens)
            yield self._layers.Flatten(name="class_token")(only)
        if self.n_first > 1:
            yield self._layers.Cropping1D((1, self.n_patches), name=self.others)(tokens)


def _tokens(
    layout: _Tokens,
    tokens: Tensor,
    blocks: Iterator[Callable[[Tensor], Tensor]],
    normalization: keras.layers.Layer,
    *,
    pooled: keras.layers.Layer | None = None,
) -> list[Tensor]:
    """Run tokens through the blocks, with a map after each but the last, whose map is the normalized one."""
    for number, block in enumerate(blocks):
        tokens = block(layout.through_map(tokens, str(number)) if number else tokens)
    tokens = normalization(tokens)
    ends = [*layout.ends(tokens), layout.as_map(tokens, "patches")]
    return ends if pooled is None else [pooled(tokens), *ends]


def _named(layer: keras.layers.Layer, name: str) -> keras.layers.Layer:
    layer.name = name
    return layer
