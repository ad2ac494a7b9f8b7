"""Where the cells of a layer lie on the network's input: at the centres of their receptive fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from featx_core.architecture.patches import patch_side
from featx_core.base.compat import inputs_of, operation_of
from featx_core.heatmaps.layers import HeatmapError, describe
from featx_core.heatmaps.moves import move
from featx_core.images.fitting import Cells
from featx_core.networks.places import EVERYWHERE, NOWHERE, PIXELS, Place, cells_at, joined

if TYPE_CHECKING:
    import keras

    from featx_core.architecture.layers import LayerInfo
    from featx_core.networks.extractor import Extractor


def find_cells(extractor: Extractor, layer: LayerInfo) -> Cells:
    """Say where the cells of a layer of an extractor lie on the fitted frame, see `cells_of`.

    Raises:
        HeatmapError: If the rows and columns of the layer are not those of the image.
    """
    known = extractor.known_cells(layer.index)
    if known is not None:
        return known
    if not extractor.has_gradients:
        raise _no_places(layer)
    return cells_of(extractor.network, layer)


def cells_of(network: keras.Model, layer: LayerInfo) -> Cells:
    """Say where the cells of a layer lie on the fitted frame.

    Each lies at the centre of its receptive field, as the paddings, strides and dilations on the way from the input make it,
    and the kernels by the squares of their weights, see `middle_of`, with what was measured of them, see
    `featx_core.networks.leans`. Where branches with different centres join, as in Xception and NASNet, the cell lies at the
    mean of theirs. Branches that see the whole image at once do not count.

    Args:
        network: A functional model from images of one size, with its weights.
        layer: One of its layers, whose output has height and width.

    Raises:
        HeatmapError: If the rows and columns of the layer are not those of the image.
    """
    place = _place(network.layers[layer.index].output, network.input, PIXELS)
    if not isinstance(place, Place):
        raise _no_places(layer)
    return cells_at(place, network.input.shape[1:3])


def _no_places(layer: LayerInfo) -> HeatmapError:
    return HeatmapError(
        f"The rows and columns of {describe(layer)} are not places in the image, so no heatmap of it can be laid on one. "
        "Pick an earlier layer."
    )


def _place(output: keras.KerasTensor, source: keras.KerasTensor, place: Place | str) -> Place | str:
    """Return the place of a tensor from that of an input of its network: walk there, and back with what is known."""
    known = {id(source): place}
    ahead = [output]
    while ahead:
        tensor = ahead[-1]
        parents = inputs_of(tensor)
        unknown = [] if id(tensor) in known else [parent for parent in parents if id(parent) not in known]
        ahead += unknown
        if not unknown:
            known.setdefault(id(ahead.pop()), _made(operation_of(tensor), tensor, parents, known))
    return known[id(output)]


def _made(
    operation: keras.Operation,
    tensor: keras.KerasTensor,
    parents: Sequence[keras.KerasTensor],
    known: Mapping[int, Place | str],
) -> Place | str:
    """Return the place of what an operation makes of its parents."""
    side = patch_side(operation)
    if side is not None:
        return Place((side / 2, side / 2), (side, side))
    after = tuple(tensor.shape[1:])
    if len(after) != 3 or after[:2] == (1, 1):
        return EVERYWHERE
    place = joined([known[id(parent)] for parent in parents])
    if hasattr(operation, "layers"):  # a network within the network, as in ConvNeXt
        return _place(operation.outputs[0], operation.inputs[0], place)
    shapes = [tuple(parent.shape[1:]) for parent in parents]
    moves = [move(operation, shape, after) for shape in shapes if len(shape) == 3]
    by = next((by for by in moves if by is not None), None)
    return NOWHERE if by is None else place.moved(by) if isinstance(place, Place) else place
