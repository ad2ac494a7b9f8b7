"""Maps of patches: each is a stage, and its cells lie at the middles of the patches."""

import numpy as np

from featx_core.architecture.layers import list_layers
from featx_core.architecture.patches import note_patches, patch_side
from featx_core.heatmaps.cells import cells_of
from featx_core.images.fitting import Cells
from tests.toys.heatmap_toys import pointwise, sequential


def test_noted_maps_are_stages_and_their_cells_are_patches():
    import keras

    in_a_row, spread = keras.layers.Reshape((16, 12)), keras.layers.Reshape((4, 4, 12))
    network = sequential(in_a_row, spread, pointwise(np.eye(12)), shape=(8, 8, 3))
    assert patch_side(spread) is None
    note_patches(spread, 2)
    layers = list_layers(network)
    assert [info.stage for info in layers] == [None, None, "stage1", None]
    assert cells_of(network, layers[2]) == cells_of(network, layers[3]) == Cells((0.125, 0.125), (0.25, 0.25))
