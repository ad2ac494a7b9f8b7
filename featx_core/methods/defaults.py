"""Default choices."""

from featx_core.backbones.registry import BACKBONES
from featx_core.networks.origins import is_here
from featx_core.specs.pretrained import Pretrained

DOWNLOADED_BACKBONE = "mobilenet_v2"  # the quickest of the well-known ones: 3.5 million parameters, 224 px
INSTALLED_BACKBONE = "efficientnet_lite0"
SHIPPED_BACKBONE = "embedded_v1"


def default_spec() -> Pretrained:
    """Return the spec that a first click runs: always one with trained weights that are on this machine.

    MobileNetV2 where its ImageNet weights were downloaded, else EfficientNet-Lite0 where its package is installed, else the
    embedded backbone. The spec's badge says which.
    """
    known = (DOWNLOADED_BACKBONE, INSTALLED_BACKBONE)
    return Pretrained(backbone=next((name for name in known if is_here(BACKBONES[name])), SHIPPED_BACKBONE))


def sample_spec() -> Pretrained:
    """Return the spec that runs on the sample photographs: EfficientNet-Lite0, which names what it sees, where it is installed.

    Otherwise that of `default_spec`.
    """
    return Pretrained(backbone=INSTALLED_BACKBONE) if is_here(BACKBONES[INSTALLED_BACKBONE]) else default_spec()
