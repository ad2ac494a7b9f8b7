"""Where backbones come from: what makes their networks, and what puts weights into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from featx_core.base.keras_setup import load_keras

if TYPE_CHECKING:
    import keras

    from featx_core.backbones.registry import Backbone
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.preprocessing import Preprocessing


@dataclass(frozen=True)
class WeightsKind:
    """One kind of weights, in words for people.

    Attributes:
        title: Its name in a list of choices.
        badge: Where such weights come from, as part of a sentence.
        sentence: What it means to take them.
    """

    title: str
    badge: str
    sentence: str


WEIGHTS_KINDS: Mapping[str, WeightsKind] = MappingProxyType(
    {
        "imagenet": WeightsKind("ImageNet", "ImageNet weights", "ImageNet: trained on 1.2 million photographs."),
        "embedded": WeightsKind(
            "Embedded",
            "embedded weights, trained on synthetic images",
            "Embedded: trained on computer-generated patterns, and part of this app.",
        ),
        "random": WeightsKind(
            "Random, untrained",
            "random weights, untrained",
            "Random: never trained, a baseline that shows what the architecture alone gives.",
        ),
        "file": WeightsKind(
            "Your own file", "your weights file", "Your own file: weights saved from the same architecture."
        ),
    }
)
"""The kinds of weights by the word that a spec has for them; "file" stands for "file:" and a SHA-256."""


@dataclass(frozen=True)
class Origin:
    """One source of backbones.

    Attributes:
        build: From a row of `BACKBONES`, the height and width of the input, and whether to keep the classifier, to the
            network as Keras initialises it.
        randomize: Puts seeded random weights into a network, see `conditioning.randomize`.
        load: Gives the network that a function makes with its trained weights, which are downloaded first where needed.
        is_here: Whether the trained weights, with the classifier or without, are on this machine.
    """

    build: Callable[[Backbone, tuple[int, int], bool], keras.Model]
    randomize: Callable[[keras.Model, Preprocessing, int], None]
    load: Callable[[Callable[[], keras.Model], Backbone, bool, ProgressCallback | None], keras.Model]
    is_here: Callable[[Backbone, bool], bool]


def _build_application(backbone: Backbone, image_size: tuple[int, int], classifier: bool) -> keras.Model:
    """Make a network of `keras.applications`.

    `name` is never passed: EfficientNetV2 picks its input scaling by it.
    """
    constructor = getattr(load_keras().applications, backbone.title)
    top = {"include_top": True, "classifier_activation": None} if classifier else {"include_top": False}
    return constructor(weights=None, input_shape=(*image_size, 3), **top)


def _randomize_application(network: keras.Model, preprocessing: Preprocessing, seed: int) -> None:
    from featx_core.networks.initialization import randomize

    randomize(network, preprocessing, seed)


def _load_imagenet(
    make: Callable[[], keras.Model], backbone: Backbone, classifier: bool, on_progress: ProgressCallback | None
) -> keras.Model:
    from featx_core.networks import weights

    path = weights.fetch(backbone, top=classifier, on_progress=on_progress)
    network = make()
    weights.load_into(network, path, path.name, is_trusted=True)
    weights.finish_imagenet(backbone, network)
    return network


def _is_downloaded(backbone: Backbone, classifier: bool) -> bool:
    from featx_core.networks import weights

    return weights.find(backbone, classifier) is not None


def _build_embedded(backbone: Backbone, image_size: tuple[int, int], classifier: bool) -> keras.Model:
    load_keras()
    from featx_core.networks.embedded.network import build

    return build(image_size)


def _randomize_embedded(network: keras.Model, preprocessing: Preprocessing, seed: int) -> None:
    from featx_core.networks.embedded.untrained import randomize_folded

    randomize_folded(network, preprocessing, seed)


def _load_embedded(
    make: Callable[[], keras.Model], backbone: Backbone, classifier: bool, on_progress: ProgressCallback | None
) -> keras.Model:
    from featx_core.networks.embedded.weights import assign, read_weights

    arrays = read_weights()
    network = make()
    assign(network, arrays)
    return network


def _comes_with_featx(backbone: Backbone, classifier: bool) -> bool:
    return True


ORIGINS: Mapping[str, Origin] = MappingProxyType(
    {
        "imagenet": Origin(_build_application, _randomize_application, _load_imagenet, _is_downloaded),
        "embedded": Origin(_build_embedded, _randomize_embedded, _load_embedded, _comes_with_featx),
    }
)
"""By the kind of the trained weights, a key of `WEIGHTS_KINDS`."""
