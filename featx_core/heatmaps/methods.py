"""The heatmap methods, one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from featx_core.heatmaps.activation_energy import activation_energy
from featx_core.heatmaps.attention.rollout import attention_rollout
from featx_core.heatmaps.eigen_cam import eigen_cam
from featx_core.heatmaps.gradients.grad_cam import grad_cam
from featx_core.heatmaps.gradients.grad_cam_plus_plus import grad_cam_plus_plus
from featx_core.heatmaps.gradients.hires_cam import hires_cam
from featx_core.heatmaps.gradients.layer_cam import layer_cam
from featx_core.heatmaps.occlusion import occlusion
from featx_core.specs.networks import has_gradients, may_attend

if TYPE_CHECKING:
    from featx_core.specs.spec import Spec


@dataclass(frozen=True)
class HeatmapMethod:
    """One way to draw a heatmap.

    Attributes:
        title: Its name, to show.
        draws: What the map is, in words that a title can hold.
        function: From activations and gradients, `(height, width, n_channels)`, to an unscaled map `(height, width)`; for one
            that `hides` from a fitted image and a function that scores such images; for one that `rolls` from the attention of
            each block and how many patches there are along each side.
        caption: How it misleads, in one sentence.
        needs_target: Whether it asks what to explain, and so needs gradients, or passes over changed images.
        from_zero: Whether the scaled map starts at 0 (else at the smallest value in the map).
        scale: What 0 and 1 mean in the scaled map, in one sentence.
        reference: The paper.
        hides: Whether it hides parts of the image, many times, and looks at no layer and no gradient.
        rolls: Whether it looks at what all blocks of a transformer attend to, and so at no one layer and no gradient.
    """

    title: str
    draws: str
    function: Callable[..., np.ndarray]
    caption: str
    needs_target: bool
    from_zero: bool
    scale: str
    reference: str
    hides: bool = False
    rolls: bool = False

    @property
    def is_at_layer(self) -> bool:
        """Whether it is drawn from one layer, which can be chosen."""
        return not (self.hides or self.rolls)

    @property
    def needs_gradients(self) -> bool:
        """Whether it traces a target back through the network."""
        return self.needs_target and not self.hides


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
        "hires_cam": HeatmapMethod(
            title="HiRes-CAM",
            draws="HiRes-CAM",
            function=hires_cam,
            caption="Weights each position by its own gradient. It tells what the layer adds to the target, which is the whole "
            "reason only at the last layer with positions; earlier, gradients are noisy.",
            needs_target=True,
            from_zero=True,
            scale="0 does not raise the target; 1 raises it most in this image.",
            reference="Draelos & Carin 2020, arXiv:2011.08891",
        ),
        "grad_cam_plus_plus": HeatmapMethod(
            title="Grad-CAM++",
            draws="Grad-CAM++",
            function=grad_cam_plus_plus,
            caption="Counts positive gradients only, so that small and repeated objects show like large ones. It tends to "
            "light up all that is active, whatever the target.",
            needs_target=True,
            from_zero=True,
            scale="0 does not raise the target; 1 raises it most in this image.",
            reference="Chattopadhay et al. 2018, arXiv:1710.11063",
        ),
        "layer_cam": HeatmapMethod(
            title="LayerCAM",
            draws="LayerCAM",
            function=layer_cam,
            caption="Finer than Grad-CAM in early layers, where each position has its own weight. What lowers the target is "
            "left out, so edges that do not matter in sum can stand out.",
            needs_target=True,
            from_zero=True,
            scale="0 does not raise the target; 1 raises it most in this image.",
            reference="Jiang et al. 2021, doi:10.1109/TIP.2021.3089943",
        ),
        "occlusion": HeatmapMethod(
            title="Occlusion",
            draws="occlusion",
            function=occlusion,
            caption="Hides one square after another. What is there twice is missed, as hiding one leaves the other, "
            "and a square is itself a shape that networks may react to.",
            needs_target=True,
            from_zero=True,
            scale="0 does not lower the target when hidden; 1 lowers it most in this image.",
            reference="Zeiler & Fergus 2014, arXiv:1311.2901",
            hides=True,
        ),
        "attention_rollout": HeatmapMethod(
            title="Attention rollout",
            draws="attention rollout",
            function=attention_rollout,
            caption="The same for every class and target: it shows which patches the network could have read, not which ones "
            "mattered. What is read from them, and the layers between, take no part.",
            needs_target=False,
            from_zero=False,
            scale="0 is the least attention in this image, 1 the most.",
            reference="Abnar & Zuidema 2020, arXiv:2005.00928",
            rolls=True,
        ),
    }
)

NO_GRADIENTS = "An ONNX model has no gradients, and so no Grad-CAM."


def heatmaps_of(spec: Spec) -> list[str]:
    """List the heatmaps that the network of a spec allows: keys of `HEATMAPS`."""
    left_out = {name for name, row in HEATMAPS.items() if row.needs_gradients and not has_gradients(spec)}
    left_out |= {name for name, row in HEATMAPS.items() if row.rolls and not may_attend(spec)}
    return [name for name in HEATMAPS if name not in left_out]
