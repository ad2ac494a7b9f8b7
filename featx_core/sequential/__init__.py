"""Networks that a person puts together layer by layer: the kinds of layers, their arithmetic, presets."""

from featx_core.sequential.kinds import LAYER_KINDS, LayerKind
from featx_core.sequential.parameters import Parameter
from featx_core.sequential.presets import PRESETS, Preset
from featx_core.sequential.rows import Row, RowFacts, describe_row, layer, measure_rows, row_values

__all__ = [
    "LAYER_KINDS",
    "PRESETS",
    "LayerKind",
    "Parameter",
    "Preset",
    "Row",
    "RowFacts",
    "describe_row",
    "layer",
    "measure_rows",
    "row_values",
]
