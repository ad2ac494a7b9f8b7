"""The layer that heatmaps are drawn from unless another one is asked for, as it is known without a network."""

from dataclasses import dataclass

from featx_core.images.fitting import Cells


@dataclass(frozen=True)
class LastMap:
    """A layer of an extractor.

    Attributes:
        index: Of the layer.
        cells: Where its cells lie on the fitted image.
        is_averaged: Whether the features are the means of its channels, or logits that one dense layer makes of these.
    """

    index: int
    cells: Cells
    is_averaged: bool
