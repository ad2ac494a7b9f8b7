"""The network that a spec runs, within what stands around it."""

from __future__ import annotations

from featx_core.backbones.families import FAMILIES
from featx_core.backbones.registry import BACKBONES
from featx_core.specs.augmented import Augmented
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec


def network_of(spec: Spec) -> Spec:
    """Return the spec that the network comes from: of copies and of formulas, that of their source."""
    while isinstance(spec, Augmented | LambdaTransform):
        spec = spec.base if isinstance(spec, Augmented) else spec.origin
    return spec


def has_gradients(spec: Spec) -> bool:
    """Whether the network of a spec is one of Keras: heatmaps may trace it back, and it cannot be run without.

    >>> has_gradients(OwnModel("file:" + "0" * 64, "mine", (224, 224), "torch", format="onnx"))
    False
    """
    network = network_of(spec)
    return not isinstance(network, OwnModel) or network.format == "keras"


def may_attend(spec: Spec) -> bool:
    """Whether the patches of its network may attend to the whole image: of a model of one's own, only its layers tell.

    >>> may_attend(Pretrained("resnet50")), may_attend(Pretrained("dinov2_small", weights="preset"))
    (False, True)
    """
    network = network_of(spec)
    while isinstance(network, FineTuned):
        network = network_of(network.base)
    if isinstance(network, Pretrained):
        return FAMILIES[BACKBONES[network.backbone].family].attends
    return isinstance(network, OwnModel) and network.format == "keras"
