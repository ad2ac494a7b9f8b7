"""The rows of `METHODS`, and the context that their functions receive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from featx_core.specs.spec import Spec, SpecError

if TYPE_CHECKING:
    import keras

    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.extraction.colorings import RunColoring
    from featx_core.extraction.features import Features
    from featx_core.learning.record import TrainingRecord
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

Steps = tuple[tuple[int, ...] | str, ...]
"""The way from the input to the features: shapes for one image, and words for what happens in between."""


@dataclass(frozen=True, eq=False)
class Context:
    """What the functions of a method are handed: where they work, and how to ask the method of another spec.

    Attributes:
        methods: All methods by name.
        workspace: Holds images, labels and weights. None where there is none.
        on_progress: Told of bytes done and bytes in all while weights are downloaded.
    """

    methods: Mapping[str, Method]
    workspace: Workspace | None = None
    on_progress: ProgressCallback | None = None

    def of(self, spec: Spec) -> Method:
        """Return the method of a spec."""
        return self.methods[spec.method]

    def outline(self, spec: Spec) -> Outline:
        """List the layers and shapes of another spec."""
        return self.of(spec).outline(spec, self)

    def build(self, spec: Spec) -> Extractor:
        """Make the extractor of another spec."""
        return self.of(spec).build(spec, self)


@dataclass(frozen=True)
class Training:
    """How a method learns.

    Attributes:
        train: From a spec, the context and a report of stages to the spec that names what was learned.
        record: Fetches how the training went or goes, also while it is under way; None where there is none. Needs no
            TensorFlow.
        trained: Gives the trained spec where the workspace holds what was learned, be it by a training that was cancelled;
            None where nothing was learned yet. Needs no TensorFlow.
    """

    train: Callable[[Any, Context, StageCallback], Spec]
    record: Callable[[Any, Context], TrainingRecord | None]
    trained: Callable[[Any, Context], Spec | None]


NOTHING_TO_LEARN = Training(
    train=lambda spec, context, report: spec, record=lambda spec, context: None, trained=lambda spec, context: spec
)


def input_to_features(spec: Spec, outline: Outline, context: Context) -> Steps:
    """Return the shape of the input and that of the features."""
    return ((*outline.image_size, 3), outline.feature_shape)


def no_architecture(spec: Spec, context: Context) -> tuple[keras.Model, keras.KerasTensor]:
    """Refuse: no layers can be put behind such a network."""
    raise SpecError(f"New layers cannot be added to {spec.title}: choose a pretrained or a custom network.")


@dataclass(frozen=True)
class Method:
    """One way to extract features: the spec that asks for it, and the functions that do it.

    Each function takes the spec first and a `Context` last.

    Attributes:
        spec: The class of its specs.
        title: Its name as shown.
        sentence: What it is, in one sentence.
        outline: Lists the layers and the shapes, without any weights.
        build: Makes the network with its weights. Takes seconds, and memory for the weights.
        steps: Tells the way from the input to the features, from the spec, its outline and the context.
        training: How it learns.
        architecture: Makes the network and the tensor of its features, untrained, so that new layers can be added to it.
        colorings: Tells what a run says of each image besides the features, such as a predicted class.
        class_names: Names of the values of the last layer, where that is a classifier.
        pace: Specs for which this gives equal words take about the same time an image.
        caption: What people should know of heatmaps and feature maps; empty where nothing would surprise.
        has_quick_outline: Whether `outline` needs no Keras, and takes no longer than a click may.
        takes_tables: Whether it also works in a workspace that holds rows of numbers and no images.
    """

    spec: type[Spec]
    title: str
    sentence: str
    outline: Callable[[Any, Context], Outline]
    build: Callable[[Any, Context], Extractor]
    steps: Callable[[Any, Outline, Context], Steps] = input_to_features
    training: Training = NOTHING_TO_LEARN
    architecture: Callable[[Any, Context], tuple[keras.Model, keras.KerasTensor]] = no_architecture
    colorings: Callable[[Any, Features, Context], Mapping[str, RunColoring]] = lambda spec, features, context: {}
    class_names: Callable[[Any, Context], tuple[str, ...] | None] = lambda spec, context: None
    pace: Callable[[Any, Context], str] = lambda spec, context: spec.digest
    caption: Callable[[Any, Context], str] = lambda spec, context: ""
    has_quick_outline: Callable[[Any, Context], bool] = lambda spec, context: False
    takes_tables: bool = False
