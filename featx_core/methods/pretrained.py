"""The first way to extract features: a pretrained backbone, tapped at one layer."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from featx_core.architecture.layers import LayerInfo, find_layer, list_layers
from featx_core.backbones.registry import BACKBONES, Backbone, build_network, check_image_size, find_backbone
from featx_core.images.preprocessing import PREPROCESSING, NetworkInput, Preprocessing, describe_input
from featx_core.networks.origins import WEIGHTS_KINDS
from featx_core.specs.spec import Spec, SpecError, later

if TYPE_CHECKING:
    import keras
    import numpy as np

    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import ProgressCallback
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

FILE_WEIGHTS = re.compile(r"file:[0-9a-f]{64}")
MAXIMUM_SEED = 2**32 - 1
POOLING_STEPS = {"avg": "average", "max": "maximum", "flatten": "flatten"}
POOLING_WORDS = {"avg": "average", "max": "maximum", "flatten": "flattened", None: "not pooled"}


@dataclass(frozen=True)
class Pretrained(Spec):
    """Features of one layer of a known network.

    Fields that say nothing new are stored in their plainest form, so that equal extractors have equal digests: an
    `image_size` that is the backbone's own becomes None, and without random weights `seed` becomes 0.

    Attributes:
        backbone: A key of `BACKBONES`.
        weights: "imagenet" or "embedded" (whichever the backbone was trained to; left empty, it becomes that), "random"
            (untrained, a baseline), or "file:" and the SHA-256 of a weights file that is kept in the workspace.
        seed: Of random weights.
        layer: Index into the layers, a stage such as "stage3", a layer's name, or None for the last layer. Made-up names
            are read as a fresh process would number them, so they mean the same everywhere; indices and stages always do.
        pooling: "avg" or "max" over the map, "flatten", or None for the map itself. A layer without a map takes None.
        image_size: Height and width of the input; None: what the backbone was trained for.
        fit: How pictures are brought to that size: "crop", "stretch" or "pad".
        classifier: Whether the network keeps its classifier of 1 000 ImageNet classes, if it has one. Its last layer then
            gives logits, and the input has the backbone's own size.
        precision: In which the network computes: "float32", or the faster "bfloat16" where the processor has it.
    """

    method: ClassVar[str] = "pretrained"
    method_title: ClassVar[str] = "Pretrained"
    method_sentence: ClassVar[str] = "A known network, tapped at any layer."
    can_carry_layers: ClassVar[bool] = True

    backbone: str = "mobilenet_v2"
    weights: str = ""
    seed: int = 0
    layer: int | str | None = None
    pooling: Literal["avg", "max", "flatten"] | None = "avg"
    image_size: tuple[int, int] | None = None
    fit: Literal["crop", "stretch", "pad"] = "crop"
    classifier: bool = False
    precision: Literal["float32", "bfloat16"] = later("float32")

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            row = find_backbone(self.backbone)
            check_image_size(row, self.image_size or row.image_size)
        except ValueError as error:
            raise SpecError(str(error)) from None
        if not self.weights:
            object.__setattr__(self, "weights", row.trained)
        self._check_weights(row)
        if not 0 <= self.seed <= MAXIMUM_SEED:
            raise SpecError(f"`seed` must be 0 to {MAXIMUM_SEED}. Received: {self.seed}.")
        self._check_classifier(row)
        if self.image_size == row.image_size:
            object.__setattr__(self, "image_size", None)
        if self.weights != "random":
            object.__setattr__(self, "seed", 0)

    def _check_weights(self, row: Backbone) -> None:
        if self.weights in (row.trained, "random") or FILE_WEIGHTS.fullmatch(self.weights):
            return
        others = [key for key, other in BACKBONES.items() if other.trained == self.weights]
        hint = f" {row.title} was not trained so; {others[0]!r} was." if others else ""
        raise SpecError(
            f'`weights` must be "{row.trained}", "random" or "file:<sha256>". Received: {self.weights!r}.{hint}'
        )

    def _check_classifier(self, row: Backbone) -> None:
        if not self.classifier:
            return
        if not row.has_classifier:
            raise SpecError(
                f"{row.title} has no classifier: it was trained without the names of things, and knows none. "
                "Set `classifier` to False, or choose a backbone with ImageNet weights."
            )
        if self.image_size not in (None, row.image_size):
            raise SpecError(
                f"With its classifier, {row.title} takes images of {row.side} x {row.side} only. "
                f"Received: {self.image_size[0]} x {self.image_size[1]}."
            )
        if self.layer is None and self.pooling is not None:
            raise SpecError(
                "The classifier gives one score for each class and no map: set `pooling` to None, or choose another "
                f"`layer`. Received: {self.pooling!r}."
            )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the network's input."""
        return self.image_size or BACKBONES[self.backbone].image_size

    @property
    def preprocessing(self) -> Preprocessing:
        """What happens to the numbers of a picture before the network receives them."""
        return PREPROCESSING[BACKBONES[self.backbone].preprocessing]

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The 1 000 ImageNet classes, if the network keeps its classifier."""
        from featx_core.networks import weights

        return weights.class_names() if self.classifier else None

    @property
    def is_fast(self) -> bool:
        """Whether it computes in bfloat16."""
        return self.precision != "float32"

    @property
    def pace_key(self) -> str:
        """The same network at the same size and precision takes the same time."""
        return f"{self.method} {self.backbone} {self.size} {self.precision}"

    def shape_steps(self, outline: Outline) -> tuple[tuple[int, ...] | str, ...]:
        """From the picture to the map, and by pooling to the features."""
        image = (*outline.image_size, 3)
        if self.pooling is None:
            return image, outline.map_shape
        return image, outline.map_shape, POOLING_STEPS[self.pooling], outline.feature_shape

    @property
    def title(self) -> str:
        """Backbone, layer, pooling, and a precision that is not the usual one."""
        layer = (
            "last layer" if self.layer is None else self.layer if isinstance(self.layer, str) else f"layer {self.layer}"
        )
        words = (BACKBONES[self.backbone].title, layer, POOLING_WORDS[self.pooling], self.precision)
        return ", ".join(words if self.is_fast else words[:-1])

    @property
    def badge(self) -> str:
        """Where the weights come from."""
        words = WEIGHTS_KINDS[self.weights_kind].badge
        details = {"random": f" (seed {self.seed})", "file": f" {self.weights[5:13]}"}
        return words + details.get(self.weights_kind, "")

    @property
    def weights_kind(self) -> str:
        """The kind of its weights: a key of `WEIGHTS_KINDS`."""
        return self.weights.split(":")[0]

    def network_input(self, pixels: np.ndarray) -> NetworkInput:
        """Show what the network receives for one picture (uint8 `(height, width, 3)`)."""
        from featx_core.images.fitting import fit_image

        return describe_input(fit_image(pixels, self.size, self.fit), self.preprocessing)

    def outline(self, workspace: Workspace | None = None) -> Outline:
        """List the layers and the shapes that this spec will give, without any weights.

        Raises:
            SpecError: If the layer does not exist, or gives no map to pool.
        """
        from featx_core.architecture.outline import Outline, pooled_shape

        layers = _layers(self.backbone, self.size, self.classifier)
        try:
            tap = find_layer(layers, self.layer)
            shape = layers[tap].output_shape
            features = pooled_shape(shape, self.pooling)
        except ValueError as error:
            raise SpecError(str(error)) from None
        return Outline(layers, tap, self.size, shape, features, layers[tap].n_parameters_so_far)

    def build(self, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> Extractor:
        """Make the network with its weights.

        Args:
            workspace: Where the weights file of the user is kept. Not needed for other weights.
            on_progress: Called with bytes done and bytes in all while weights are downloaded.

        Raises:
            SpecError: If the layer does not exist, or gives no map to pool.
            WeightsError: If the weights cannot be had or do not fit.
            PrecisionError: If this machine cannot compute in that precision.
        """
        from featx_core.networks.extractor import Extractor

        tap = self.outline(workspace).tap
        row = BACKBONES[self.backbone]
        network = self._network(workspace, on_progress)
        return Extractor(
            self,
            network,
            self._output(network, tap),
            tap=tap,
            preprocessing=self.preprocessing,
            fit=self.fit,
            batch_size=row.batch_size_at(self.size),
            classes=self.classes,
            precision=self.precision,
        )

    def architecture(self) -> tuple[keras.Model, keras.KerasTensor]:
        """Make the network and the tensor of its features, untrained. See `Spec.architecture`."""
        network = build_network(BACKBONES[self.backbone], self.size, classifier=self.classifier)
        return network, self._output(network, self.outline().tap)

    def _output(self, network: keras.Model, tap: int) -> keras.KerasTensor:
        is_normalized_last = BACKBONES[self.backbone].normalizes_after_pooling and not self.classifier
        return _output(network, tap, self.pooling, is_normalized_last=is_normalized_last)

    def _network(self, workspace: Workspace | None, on_progress: ProgressCallback | None) -> keras.Model:
        from featx_core.networks import weights

        row = BACKBONES[self.backbone]
        make = functools.partial(build_network, row, self.size, classifier=self.classifier)
        if self.weights == row.trained:
            return row.origin.load(make, row, self.classifier, on_progress)
        if self.weights == "random":
            network = make()
            row.origin.randomize(network, self.preprocessing, self.seed)
            return network
        content = weights.from_workspace(workspace, self.weights)
        network = make()
        weights.load_into(network, content, self.weights[5:13])
        weights.finish_imagenet(row, network)
        return network


def _output(network: keras.Model, tap: int, pooling: str | None, *, is_normalized_last: bool) -> keras.KerasTensor:
    """Pool the tapped layer; a last layer that belongs behind the pooling is put there, as Keras itself does."""
    from featx_core.networks.extractor import pool

    last = network.layers[tap]
    if is_normalized_last and tap == len(network.layers) - 1 and pooling in ("avg", "max"):
        return last(pool(last.input, pooling))
    return pool(last.output, pooling)


@functools.lru_cache(maxsize=64)
def _layers(backbone: str, size: tuple[int, int], classifier: bool) -> tuple[LayerInfo, ...]:
    from featx_core.base.keras_setup import without_weights

    with without_weights():
        return list_layers(build_network(BACKBONES[backbone], size, classifier=classifier))
