"""Transfer learning: new layers behind a network, trained on the labels of the workspace."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from featx_core.methods.pretrained import POOLING_STEPS, Pretrained
from featx_core.specs.spec import Spec, SpecError

if TYPE_CHECKING:
    from featx_core.architecture.layers import LayerInfo
    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.extraction.columns import RunColumn
    from featx_core.extraction.features import Features
    from featx_core.images.image_set import ImageSet
    from featx_core.images.preprocessing import NetworkInput
    from featx_core.learning.record import Learned, Live, Record
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

DEFAULT_BASE = Pretrained()
TRAINED = "trained"


@dataclass(frozen=True)
class FineTuned(Spec):
    """Features of a new layer behind a known network, learned from labels.

    The new layers are global average pooling (where the base gives a map), `Dense(units, relu)`, dropout, and a softmax
    over the classes: one flat functional network. In the first phase the base is frozen. Its features are computed once,
    by the ordinary extraction, kept in the workspace as a run of their own, and the new layers learn from them. In the second,
    asked for by `unfrozen_stages`, the last stages learn too, at a small rate, with batch normalization frozen; the result
    counts only where the validation loss becomes lower.

    Augmentation, too, goes together with a frozen base: features of `augmented_copies` changed copies of each training image
    are computed before the first phase, and each epoch draws one of the copies or the original for each image. The second
    phase changes the pictures anew in each epoch. Validation images are never changed.

    Attributes:
        base: The network to build on: its features should be one vector an image, such as a `Pretrained` with average pooling.
        units: Length of the new feature layer.
        dropout: Share of the new features that are left out at random in training; 0 for none.
        optimizer: A key of `featx_core.learning.fine_tuning.network.OPTIMIZERS`.
        learning_rate: Of the first phase.
        epochs: Of the first phase, at most.
        batch_size: Images a step of training.
        class_weights: Whether each class counts alike, however many images it has.
        patience: Epochs without a lower validation loss after which a phase stops; 0 never stops early.
        validation_share: Of the labelled images that are held out, about. Equal and nearly equal images lie on one side.
        augmentation: Random changes in training: pairs of a key of `AUGMENTATIONS` and a strength.
        augmented_copies: Changed copies of each training image in the first phase.
        unfrozen_stages: How many stages of the base learn in the second phase; 0 for no second phase.
        tuning_learning_rate: Of the second phase.
        tuning_epochs: Of the second phase, at most.
        class_names: The labels to tell apart; empty before training for all labels that there are.
        layer: Where features are taken: an index, a stage, a name, or None for the new feature layer.
        pooling: Of that layer, if it gives a map.
        seed: Of the split, the first weights, the order of images, dropout and augmentation.
        weights: "trained" before training, then "file:" and the SHA-256 of what was learned, kept in the workspace.

    Reference:
        The tutorial's fine-tuned MobileNetV2; Keras guide "Transfer learning and fine-tuning" (why batch normalization stays
        frozen).
    """

    method: ClassVar[str] = "fine_tuned"
    method_title: ClassVar[str] = "Fine-tuned"
    method_sentence: ClassVar[str] = "A known network with a new layer that learns your labels."

    base: Spec = DEFAULT_BASE
    units: int = 1024
    dropout: float = 0.0
    optimizer: Literal["rmsprop", "adam", "adamw", "sgd"] = "rmsprop"
    learning_rate: float = 1e-3
    epochs: int = 20
    batch_size: int = 32
    class_weights: bool = False
    patience: int = 5
    validation_share: float = 0.2
    augmentation: tuple[tuple[str, float], ...] = ()
    augmented_copies: int = 4
    unfrozen_stages: int = 0
    tuning_learning_rate: float = 1e-5
    tuning_epochs: int = 5
    class_names: tuple[str, ...] = ()
    layer: int | str | None = None
    pooling: Literal["avg", "max", "flatten"] | None = "avg"
    seed: int = 0
    weights: str = TRAINED

    def __post_init__(self) -> None:
        super().__post_init__()
        from featx_core.specs.fine_tuned_options import check_options, plainest

        check_options(self)
        for name, value in plainest(self).items():
            object.__setattr__(self, name, value)

    @property
    def title(self) -> str:
        """Base, and where the features are taken."""
        layer = (
            "new layer" if self.layer is None else self.layer if isinstance(self.layer, str) else f"layer {self.layer}"
        )
        return f"{self.base.title.split(',')[0]} fine-tuned, {layer}"

    @property
    def badge(self) -> str:
        """Whether it has learned, and where the weights of the base come from."""
        if self.needs_training:
            return f"not trained yet; base: {self.base.badge}"
        return f"fine-tuned on {len(self.class_names)} labels ({self.weights[5:13]}); base: {self.base.badge}"

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The labels that the last layer tells apart."""
        return self.class_names or None

    @property
    def pace_key(self) -> str:
        """The new layers take no time beside the base."""
        return self.base.pace_key

    @property
    def needs_training(self) -> bool:
        """Whether the weights are still to be learned."""
        return self.weights == TRAINED

    def network_input(self, pixels: np.ndarray) -> NetworkInput:
        """Show what the network receives for one picture (uint8 `(height, width, 3)`)."""
        return self.base.network_input(pixels)

    def shape_steps(self, outline: Outline) -> tuple[tuple[int, ...] | str, ...]:
        """From the picture by the base to the features."""
        image = (*outline.image_size, 3)
        if self.layer is None:
            return image, outline.layers[outline.tap - 1].output_shape, "new layer", outline.feature_shape
        if outline.map_shape == outline.feature_shape:
            return image, outline.feature_shape
        return image, outline.map_shape, POOLING_STEPS[str(self.pooling)], outline.feature_shape

    def outline(self, workspace: Workspace | None = None) -> Outline:
        """List the layers and the shapes that this spec will give, without any weights.

        As long as `class_names` is empty, the last layer is listed with 2 classes.

        Raises:
            SpecError: If the base carries no new layers, or there is no such layer.
        """
        from featx_core.architecture.outline import Outline, pooled_shape

        n_classes = max(len(self.class_names), 2)
        layers, size = _layers(self.base, self.units, self.dropout, n_classes)
        tap = self._tap(layers)
        shape = layers[tap].output_shape
        pooled = pooled_shape(shape, self._pooling_of(shape))
        return Outline(layers, tap, size, shape, pooled, layers[tap].n_parameters_so_far)

    def train(self, workspace: Workspace, report: StageCallback) -> Spec:
        """Train the base where it needs that, then the new layers. See `Spec.train`.

        Raises:
            TrainingError: If there are too few labelled images, with the counts, or nothing could be learned.
        """
        from featx_core.learning.fine_tuning.examples import check_labels, choose_examples
        from featx_core.learning.fine_tuning.teaching import teach
        from featx_core.learning.record import learn_once, training_key

        if not self.needs_training:
            return self
        check_labels(workspace.images(), self.class_names)
        spec = dataclasses.replace(self, base=self.base.train(workspace, report))
        asked, images = spec._asked(workspace)

        def learn(live: Live) -> Learned:
            examples = choose_examples(images, asked.class_names, asked.validation_share, asked.seed, report)
            return teach(asked, examples, workspace, report, live)

        weights = learn_once(workspace, training_key(asked, images), f"{self.title}, learned", learn)
        return dataclasses.replace(spec, class_names=asked.class_names, weights=weights)

    def training_record(self, workspace: Workspace) -> Record | None:
        """Fetch how the training went or goes. See `Spec.training_record`."""
        from featx_core.learning.record import find_record, record_of_weights, training_key

        if not self.needs_training:
            return record_of_weights(workspace, self.weights)
        base = self.base.kept(workspace)
        if base is None:
            return self.base.training_record(workspace)
        return find_record(workspace, training_key(*dataclasses.replace(self, base=base)._asked(workspace)))

    def kept(self, workspace: Workspace) -> Spec | None:
        """Give the trained spec, where the workspace holds what was learned. See `Spec.kept`."""
        base = self.base.kept(workspace)
        record = self.training_record(workspace)
        if not self.needs_training or base is None or record is None or not record.weights:
            return None if self.needs_training else self
        names = dataclasses.replace(self, base=base)._asked(workspace)[0].class_names
        return dataclasses.replace(self, base=base, class_names=names, weights=record.weights)

    def columns(self, workspace: Workspace, features: Features) -> Mapping[str, RunColumn]:
        """Tell the predicted class of each image, and its part in the training. See `Spec.columns`."""
        from featx_core.learning.fine_tuning.predictions import prediction_columns

        return {} if self.needs_training else prediction_columns(self, workspace, features)

    def build(self, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> Extractor:
        """Make the network with its learned weights.

        Args:
            workspace: Where they are kept.
            on_progress: Called with bytes done and bytes in all while weights of the base are downloaded.

        Raises:
            SpecError: If there is no such layer.
            WeightsError: If the weights cannot be had.
        """
        from featx_core.base.keras_setup import load_keras
        from featx_core.learning.fine_tuning.network import add_head, let_learn
        from featx_core.learning.weight_arrays import assign_arrays, read_arrays
        from featx_core.networks.extractor import Extractor, pool
        from featx_core.networks.weights import from_workspace

        arrays = read_arrays(from_workspace(workspace, self.weights))
        base = self.base.build(workspace, on_progress=on_progress)
        head = add_head(base.model.output, self.units, self.dropout, len(self.class_names))
        network = load_keras().Model(base.network.input, head)
        learned = let_learn(network, self.unfrozen_stages)
        if len(arrays) < len(learned):  # it was cancelled before the second phase
            learned = let_learn(network, 0)
        assign_arrays(learned, arrays)
        tap = self.outline(workspace).tap
        output = network.layers[tap].output
        return Extractor(
            self,
            network,
            pool(output, self._pooling_of(tuple(output.shape[1:]))),
            tap=tap,
            preprocessing=base.preprocessing,
            fit=base.fit,
            batch_size=base.batch_size,
            classes=self.classes,
        )

    def _asked(self, workspace: Workspace) -> tuple[FineTuned, ImageSet]:
        """Give this spec as it names a training, and the images that it would learn from now."""
        from featx_core.base.palette import label_styles
        from featx_core.learning.fine_tuning.examples import labelled

        images = labelled(workspace.images(), self.class_names)
        names = self.class_names or tuple(str(label) for label in label_styles(images.labels))
        return dataclasses.replace(self, layer=None, class_names=names, weights=TRAINED), images

    def _tap(self, layers: tuple[LayerInfo, ...]) -> int:
        from featx_core.architecture.layers import find_layer
        from featx_core.learning.fine_tuning.network import FEATURES

        try:
            return find_layer(layers, FEATURES if self.layer is None else self.layer)
        except ValueError as error:
            raise SpecError(str(error)) from None

    def _pooling_of(self, shape: tuple[int, ...]) -> str | None:
        return self.pooling if len(shape) == 3 else None


@functools.lru_cache(maxsize=64)
def _layers(base: Spec, units: int, dropout: float, n_classes: int) -> tuple[tuple[LayerInfo, ...], tuple[int, int]]:
    from featx_core.architecture.layers import list_layers
    from featx_core.base.keras_setup import load_keras, without_weights
    from featx_core.learning.fine_tuning.network import add_head

    with without_weights():
        network, output = base.architecture()
        made = load_keras().Model(network.input, add_head(output, units, dropout, n_classes))
        return list_layers(made), (int(made.input.shape[1]), int(made.input.shape[2]))
