"""The same architecture in PyTorch, where that is installed: never a part of featx."""

import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.benchmarks.measuring import Outcome, at_least, seconds_of
from tests.benchmarks.pipeline import Course

BATCHES = (8, 32)


def torch_peer(*, quick: bool) -> list[Outcome]:
    """Files to vectors, against torchvision's network at the best of a few float32 settings, decoding added."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("torchvision") is None:
        return [Outcome("times PyTorch, MobileNetV2", "torch and torchvision are not installed")]
    import torch
    import torchvision

    course = Course("mobilenet_v2", "0.3 megapixels", 32 if quick else 96)
    network = torchvision.models.mobilenet_v2(weights=None).features.eval()
    frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.script(network)))
    settings = [
        (made, size) for made in (network, network.to(memory_format=torch.channels_last), frozen) for size in BATCHES
    ]

    def passes(made: Any, size: int) -> None:
        with torch.inference_mode():
            for start in range(0, len(course.files), size):
                made(torch.rand(min(size, len(course.files) - start), 3, 224, 224)).mean((2, 3)).numpy()

    course.featx()
    ratios = []
    for _ in range(2 if quick else 5):
        best = min(seconds_of(functools.partial(passes, made, size)) for made, size in settings)
        decoding = seconds_of(lambda: [_plain(path) for path in sorted(course.pictures.iterdir())])
        ratios.append((best / len(course.files) + decoding / len(course.files) / 2) / course.featx())
    return [
        at_least(
            "MobileNetV2, 0.3 megapixels, times PyTorch's best in float32 and half of Pillow's decoding", ratios, 1
        )
    ]


def _plain(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB").resize((224, 224)))
