"""Overlays that are shown are made once for the same heatmap of the same image, and anew for any other."""

import numpy as np

from featx_core.heatmaps.overlay import Heatmap
from featx_core.images.fitting import Cells, Placement
from featx_core.workspace.workspace import Workspace
from pages._ui.heatmaps import grid


def a_heatmap(corner: float) -> Heatmap:
    values = np.zeros((2, 2), np.float32)
    values[0, 0] = corner
    cells = Cells((0.25, 0.25), (0.5, 0.5))
    return Heatmap(values, cells, Placement((0.0, 0.0, 1.0, 1.0)), 40, 30, "Energy", "last", 0.0, 1.0)


def test_an_overlay_is_kept_by_all_that_it_shows(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1)), ("b.png", make_png(2))])
    first, second = workspace.images()
    shown = grid.overlay(a_heatmap(1.0), first, 0.6, "viridis", 20)
    assert grid.overlay(a_heatmap(1.0), first, 0.6, "viridis", 20) is shown
    others = [
        grid.overlay(a_heatmap(0.5), first, 0.6, "viridis", 20),
        grid.overlay(a_heatmap(1.0), second, 0.6, "viridis", 20),
        grid.overlay(a_heatmap(1.0), first, 0.3, "viridis", 20),
        grid.overlay(a_heatmap(1.0), first, 0.6, "inferno", 20),
    ]
    assert all(not np.array_equal(other, shown) for other in others)
    large = grid.overlay(a_heatmap(1.0), first, 0.6, "viridis", grid.SHOWN_SIDE + 1)
    assert grid.overlay(a_heatmap(1.0), first, 0.6, "viridis", grid.SHOWN_SIDE + 1) is not large
