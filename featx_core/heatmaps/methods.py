"""The heatmap methods, one row each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from featx_core.heatmaps.activation_energy import activation_energy
from featx_core.heatmaps.eigen_cam import eigen_cam
from featx_core.heatmaps.grad_cam import grad_cam


@dataclass(frozen=True)
class HeatmapMethod:
    """One way to draw a heatmap.

    Attributes:
        title: Its name, to show.
        draws: What the map is, in words that a title can hold.
        function: From activations and gradients, `(height, width, n_channels)`, to an unscaled map `(height, width)`.
        caption: How it misleads, in one sentence.
        needs_target: Whether it asks what to explain, and so needs gradients.
        from_zero: Whether the scaled map starts at 0 (else at the smallest value in the map).
        scale: What 0 and 1 mean in the scaled map, in one sentence.
        reference: The paper.
    """

    title: str
    draws: str
    function: Callable[..., np.ndarray]
    caption: str
    needs_target: bool
    from_zero: bool
    scale: str
    reference: str


HEATMAPS: Mapping[str, HeatmapMethod] = MappingProxyType(
    {
        "activation_energy": HeatmapMethod(
            title="Activation energy",
            draws="activation energy",
            function=activation_energy,
            caption="Shows where the layer responds strongly, which need not matter for any decision: a busy "
            "background can outweigh the subject.",
            needs_target=False,
            from_zero=False,
            scale="0 is the lowest energy in this image, 1 the highest.",
            reference="Zagoruyko & Komodakis 2017, arXiv:1612.03928",
        ),
        "eigen_cam": HeatmapMethod(
            title="Eigen-CAM",
            draws="first principal component",
            function=eigen_cam,
            caption="Shows the one pattern that dominates the layer. With several objects in the image it tends to "
            "show only one, and it does not depend on a target.",
            needs_target=False,
            from_zero=False,
            scale="0 is the weakest response of the dominant pattern in this image, 1 the strongest.",
            reference="Muhammad & Yeasin 2020, arXiv:2008.00299",
        ),
        "grad_cam": HeatmapMethod(
            title="Grad-CAM",
            draws="Grad-CAM",
            function=grad_cam,
            caption="Averages the gradient over the whole layer, so it is coarse, can highlight irrelevant positions "
            "in early layers, and never shows evidence against the target.",
            needs_target=True,
            from_zero=True,
            scale="0 does not raise the target; 1 raises it most in this image.",
            reference="Selvaraju et al. 2017, arXiv:1610.02391",
        ),
    }
)
