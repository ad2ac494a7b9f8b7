"""The layers of a network as choices of a select box."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from featx_core.architecture.layers import LayerInfo
from pages._ui.shell import formatting

_ENDS: Mapping[str, str] = MappingProxyType(
    {"class_token": "Class token", "register_tokens": "Register tokens", "pooled": "Pooled"}
)
"""What a network of tokens gives besides its patches, by the names of its layers."""
LAST = "last"
"""Stands for None, the last layer: a select box takes None for no choice."""


def layer_words(layers: Sequence[LayerInfo]) -> dict[int | str, str]:
    """Name the choices of a layer: the last one (`LAST`), what tokens give, the stages, then every layer by its index."""
    words: dict[int | str, str] = {LAST: f"Last layer, {formatting.sides(layers[-1].output_shape)}"}
    words |= {
        info.name: f"{_ENDS[info.name]}, {formatting.sides(info.output_shape)}" for info in layers if info.name in _ENDS
    }
    words |= {
        info.stage: f"{_stage_words(info)}, {formatting.sides(info.output_shape)}" for info in layers if info.stage
    }
    return words | {info.index: f"{info.index}: {info.name}, {formatting.sides(info.output_shape)}" for info in layers}


def column_words(layers: Sequence[LayerInfo], last: LayerInfo) -> dict[int | str | None, tuple[str, str]]:
    """Name layers at the head of columns, each with its shape. The last one is known as None, as in a spec."""
    return {
        None if info is last else info.stage or info.index: (
            "Last layer" if info is last else _stage_words(info),
            formatting.sides(info.output_shape),
        )
        for info in layers
    }


def _stage_words(info: LayerInfo) -> str:
    return (info.stage or "").replace("stage", "Stage ")
