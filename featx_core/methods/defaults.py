"""What featx does when nothing was chosen yet."""

from featx_core.backbones.registry import BACKBONES
from featx_core.networks.weights import is_here
from featx_core.specs.pretrained import Pretrained

DOWNLOADED_BACKBONE = "mobilenet_v2"  # the quickest of the well-known ones: 3.5 million parameters, 224 px
OFFLINE_BACKBONE = "embedded_v1"


def default_spec() -> Pretrained:
    """Give the spec that a first click runs: always one with trained weights that need no network.

    MobileNetV2 where its ImageNet weights are on this machine, otherwise the embedded backbone. The spec's badge says which.
    """
    is_downloaded = is_here(BACKBONES[DOWNLOADED_BACKBONE])
    return Pretrained(backbone=DOWNLOADED_BACKBONE if is_downloaded else OFFLINE_BACKBONE)
