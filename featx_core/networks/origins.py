"""Origins of backbones: what builds their networks, and what loads their weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from featx_core.backbones.families import KERAS_HUB
from featx_core.backbones.registry import Backbone
from featx_core.base.keras_setup import load_keras, same_random_state
from featx_core.base.progress import ProgressCallback
from featx_core.images.preprocessing import Preprocessing
from featx_core.networks import efficientnet_lite, weights
from featx_core.networks.embedded.network import build as build_embedded
from featx_core.networks.embedded.untrained import randomize_folded
from featx_core.networks.embedded.weights import LEANS, read_weights
from featx_core.networks.hub import presets
from featx_core.networks.hub.graph import build as build_hub
from featx_core.networks.hub.untrained import randomize_tokens
from featx_core.networks.initialization import randomize
from featx_core.networks.installed import find_installed, read_installed
from featx_core.networks.leans import note_leans
from featx_core.networks.named_arrays import assign
from featx_core.networks.weights_loading import load_into

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Origin:
    """One source of backbones.

    Attributes:
        build: From a row of `BACKBONES`, the height and width of the input, and whether to keep the classifier, to the
            network as Keras initialises it.
        randomize: Puts seeded random weights into a network, see `initialization.randomize`.
        load: Gives the network that a function makes with its trained weights, which are downloaded first where needed.
        is_here: Whether the trained weights, with the classifier or without, are on this machine.
        head: Kernel and bias that take averaged features to logits, where one file holds both the network and its
            classifier. None where the two are files of their own, or there is more between them.
        load_file: Gives the network with a weights file that the user brought, and what people should know of it: from the row,
            the height and width of the input, the bytes and what to call them. None where the file goes into a network as
            `build` makes it, see `load_into`.
    """

    build: Callable[[Backbone, tuple[int, int], bool], keras.Model]
    randomize: Callable[[keras.Model, Preprocessing, int], None]
    load: Callable[[Callable[[], keras.Model], Backbone, bool, ProgressCallback | None], keras.Model]
    is_here: Callable[[Backbone, bool], bool]
    head: Callable[[Backbone], tuple[np.ndarray, np.ndarray]] | None = None
    load_file: Callable[[Backbone, tuple[int, int], bytes, str], tuple[keras.Model, tuple[str, ...]]] | None = None


def origin_of(backbone: Backbone) -> Origin:
    """Return the source of a backbone: what builds it, and what gives it weights."""
    return ORIGINS[backbone.origin]


def build_network(backbone: Backbone, image_size: tuple[int, int], *, classifier: bool = False) -> keras.Model:
    """Make the network as Keras initialises it. Weights come later.

    The random state of the process is left as it is.

    Args:
        backbone: A row of `BACKBONES`.
        image_size: Height and width of the input.
        classifier: Whether to keep the classifier, which gives logits (no softmax).

    Returns:
        A flat functional model from `(n_images, height, width, 3)` to the last feature map, or to 1 000 logits.
    """
    with same_random_state():
        return origin_of(backbone).build(backbone, image_size, classifier)


def is_here(backbone: Backbone, top: bool = False) -> bool:
    """Whether the trained weights of a backbone are on this machine, so that nothing needs to be downloaded or installed.

    Args:
        backbone: A row of `BACKBONES`.
        top: Whether with the classifier.
    """
    return origin_of(backbone).is_here(backbone, top)


def has_head(backbone: Backbone) -> bool:
    """Whether `read_head` gives the classifier of a backbone, where its weights are on this machine."""
    return origin_of(backbone).head is not None


def read_head(backbone: Backbone) -> tuple[np.ndarray, np.ndarray] | None:
    """Read the classifier of a backbone alone, where it turns the averaged last features into logits.

    Returns:
        Kernel float32 `(n_features, 1000)` and bias float32 `(1000,)`; None where logits need the whole network.

    Raises:
        WeightsError: If the weights are not on this machine.
    """
    head = origin_of(backbone).head
    return None if head is None else head(backbone)


def _build_application(backbone: Backbone, image_size: tuple[int, int], classifier: bool) -> keras.Model:
    """Make a network of `keras.applications`.

    `name` is never passed: EfficientNetV2 picks its input scaling by it.
    """
    constructor = getattr(load_keras().applications, backbone.title)
    top = {"include_top": True, "classifier_activation": None} if classifier else {"include_top": False}
    return constructor(weights=None, input_shape=(*image_size, 3), **top)


def _load_downloaded(
    make: Callable[[], keras.Model], backbone: Backbone, classifier: bool, on_progress: ProgressCallback | None
) -> keras.Model:
    path = weights.fetch(backbone, top=classifier, on_progress=on_progress)
    network = make()
    load_into(network, path, path.name, is_trusted=True)
    weights.finish_imagenet(backbone, network)
    return network


def _is_downloaded(backbone: Backbone, classifier: bool) -> bool:
    return weights.find(backbone, classifier) is not None


def _build_lite(backbone: Backbone, image_size: tuple[int, int], classifier: bool) -> keras.Model:
    return efficientnet_lite.build(backbone.title, image_size, classifier=classifier)


def _load_installed(
    make: Callable[[], keras.Model], backbone: Backbone, classifier: bool, on_progress: ProgressCallback | None
) -> keras.Model:
    tensors = read_installed(backbone)
    network = make()
    assign(network, efficientnet_lite.arrays_from_torch(backbone.title, tensors, classifier=classifier))
    return network


def _read_installed_head(backbone: Backbone) -> tuple[np.ndarray, np.ndarray]:
    return efficientnet_lite.head_from_torch(read_installed(backbone))


def _is_installed(backbone: Backbone, classifier: bool) -> bool:
    return find_installed(backbone) is not None


def _build_embedded(backbone: Backbone, image_size: tuple[int, int], classifier: bool) -> keras.Model:
    load_keras()
    return build_embedded(image_size)


def _load_embedded(
    make: Callable[[], keras.Model], backbone: Backbone, classifier: bool, on_progress: ProgressCallback | None
) -> keras.Model:
    arrays = read_weights()
    network = make()
    assign(network, arrays)
    note_leans(network, LEANS)
    return network


def _comes_with_featx(backbone: Backbone, classifier: bool) -> bool:
    return True


def _load_preset(
    make: Callable[[], keras.Model], backbone: Backbone, classifier: bool, on_progress: ProgressCallback | None
) -> keras.Model:
    return presets.load_trained(make(), backbone, on_progress)


def _is_cached(backbone: Backbone, classifier: bool) -> bool:
    return presets.find_preset(backbone) is not None


ORIGINS: Mapping[str, Origin] = MappingProxyType(
    {
        "download": Origin(_build_application, randomize, _load_downloaded, _is_downloaded),
        "installed package": Origin(_build_lite, randomize, _load_installed, _is_installed, _read_installed_head),
        "featx": Origin(_build_embedded, randomize_folded, _load_embedded, _comes_with_featx),
        KERAS_HUB: Origin(build_hub, randomize_tokens, _load_preset, _is_cached, load_file=presets.load_brought),
    }
)
"""By what a row of `BACKBONES` calls its origin."""
