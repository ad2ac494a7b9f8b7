"""Gradients by hand: of targets that depend on the means of the last map's channels, through one dense layer at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from featx_core.backbones.registry import BACKBONES
from featx_core.heatmaps.targets import Target
from featx_core.networks.origins import read_head
from featx_core.specs.pretrained import Pretrained

if TYPE_CHECKING:
    from featx_core.architecture.layers import LayerInfo
    from featx_core.networks.extractor import Extractor

Head = tuple[np.ndarray, np.ndarray]
"""Kernel `(n_channels, n_outputs)` and bias `(n_outputs,)`."""

Pass = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of one image: activations and gradients `(height, width, n_channels)`, and outputs `(n_outputs,)`."""


def gradients_by_hand(
    extractor: Extractor, layer: LayerInfo, target: Target
) -> Callable[[np.ndarray], list[Pass]] | None:
    """Return what computes the gradients of a target at the last map without automatic differentiation.

    The mean of a channel changes by `1 / (height * width)` with each of its places. So the gradient is the same at all
    places: that of the target with respect to the means, divided by their number.

    Args:
        extractor: Its last map must be known.
        layer: Where to look.
        target: What to differentiate.

    Returns:
        A function from images fitted to the network to one pass an image; None where this is another layer, the outputs
        are more than means and a dense layer, or the target is not a simple one.
    """
    known, engine = extractor.last_map, extractor.map_engine
    if known is None or engine is None or not known.is_averaged or known.index != layer.index or not target.has_slope:
        return None
    head = _head(extractor)
    target.check(len(head[1]) if head else layer.output_shape[-1])

    def observe(fitted: np.ndarray) -> list[Pass]:
        return [_passed(activations, head, target) for activations in engine(extractor.preprocess(fitted))]

    return observe


def _passed(activations: np.ndarray, head: Head | None, target: Target) -> Pass:
    means = activations.mean(axis=(0, 1))
    outputs = means if head is None else means @ head[0] + head[1]
    slope = target.slope(outputs)
    by_means = slope if head is None else head[0] @ slope
    height, width = activations.shape[:2]
    gradients = np.broadcast_to((by_means / (height * width)).astype(np.float32), activations.shape)
    return activations, gradients, outputs


def _head(extractor: Extractor) -> Head | None:
    """Return the dense layer between the means and the outputs, None where the means are the outputs."""
    spec = extractor.spec
    return read_head(BACKBONES[spec.backbone]) if isinstance(spec, Pretrained) and spec.classifier else None
