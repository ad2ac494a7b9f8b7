"""What featx does when nothing was chosen yet."""

from featx_core.backbones import BACKBONES
from featx_core.methods import Pretrained, Spec
from featx_core.weights import find

DEFAULT_BACKBONE = "mobilenet_v2"  # the quickest of the well-known ones: 3.5 million parameters, 224 px


def default_spec() -> Spec:
    """Give the spec that a first click runs.

    MobileNetV2 with the ImageNet weights where they are on this machine, otherwise with seeded random weights, which
    the spec's badge says.
    """
    known = find(BACKBONES[DEFAULT_BACKBONE]) is not None
    return Pretrained(backbone=DEFAULT_BACKBONE, weights="imagenet" if known else "random")
