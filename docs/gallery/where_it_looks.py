"""Where does a network look? Three heatmaps of the same picture, side by side."""

from pathlib import Path

import numpy as np
from PIL import Image

import featx_core as fx

workspace = fx.Workspace.open(":memory:")
workspace.add(fx.SAMPLES["photographs"].make())
cat = workspace.images().select(["cat.png"])[0]
extractor = fx.build(fx.Pretrained("efficientnet_lite0"))

methods = ("activation_energy", "eigen_cam", "grad_cam")  # some of `fx.HEATMAPS`
pictures = [fx.explain(cat, extractor, name).overlay(cat, longest_side=360) for name in methods]
Image.fromarray(np.hstack(pictures)).save(Path(__file__).with_suffix(".webp"), quality=80)
