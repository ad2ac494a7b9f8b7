"""Fine-tuning that ends early, goes wrong or is refused."""

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.extraction.extract import extract
from featx_core.learning.fine_tuning.network import compile_classifier
from featx_core.learning.loop import TrainingError
from featx_core.learning.record import record_of_weights
from featx_core.methods import registry as methods
from featx_core.methods.registry import build, train
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.spec import SpecError
from tests.toys.thorough import first_of
from tests.toys.toy_methods import installed
from tests.toys.tuning_toys import Toy, color_workspace, quick


@pytest.fixture(autouse=True, scope="module")
def toys():
    with installed(Toy):
        yield


class CancelIn:
    """Cancels in the stage of this name, after so many calls."""

    def __init__(self, stage, calls):
        self.name, self.calls, self.is_there = stage, calls, False

    def stage(self, name, *, limit_seconds=None):
        self.is_there = name == self.name

    def __call__(self, done, total):
        self.calls -= self.is_there
        if self.calls < 0:
            raise Cancelled


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "calls", "n_epochs"),
    first_of([("Training the last stages", 4, 4), ("Training the new layers", 9, 3)]),
)
def test_cancel_keeps_the_best_epoch(stage, calls, n_epochs):
    workspace, spec = color_workspace(), quick(epochs=4 if n_epochs == 3 else 3, unfrozen_stages=1, patience=0)
    with pytest.raises(Cancelled):
        train(spec, workspace, on_progress=CancelIn(stage, calls))
    record = methods.training_record(spec, workspace)
    assert record.history.ending == "cancelled"
    assert len(record.history.epochs) == n_epochs
    kept = methods.trained_spec(spec, workspace)
    assert kept.weights == record.weights
    assert extract(workspace.images()[:2], build(kept, workspace)).feature_shape == (12,)
    assert train(kept, workspace) == kept


def test_cancel_before_the_first_epoch_keeps_nothing():
    workspace = color_workspace(5)
    with pytest.raises(Cancelled):
        train(quick(), workspace, on_progress=CancelIn("Training the new layers", 1))
    assert methods.trained_spec(quick(), workspace) is None
    assert not methods.training_record(quick(), workspace).history.epochs


def explode(monkeypatch, rate):
    """Let the phase that asks for this learning rate take steps of 1e30."""

    def compiled(model, optimizer, learning_rate):
        compile_classifier(model, "sgd", 1e30 if learning_rate == rate else learning_rate)

    monkeypatch.setattr("featx_core.learning.fine_tuning.training.compile_classifier", compiled)


def test_a_huge_learning_rate_is_named(monkeypatch):
    explode(monkeypatch, 0.02)
    with pytest.raises(TrainingError, match="Choose a smaller learning rate"):
        train(quick(), color_workspace(5))


@pytest.mark.slow
def test_a_diverging_second_phase_keeps_the_first(monkeypatch):
    explode(monkeypatch, 0.5)
    workspace = color_workspace(5)
    spec = train(quick(epochs=2, unfrozen_stages=1, tuning_learning_rate=0.5, tuning_epochs=6), workspace)
    record = record_of_weights(workspace, spec.weights)
    assert record.history.ending == "diverged"
    assert record.history.best in (0, 1)
    kept, base = build(spec, workspace).network.get_weights(), build(Toy()).network.get_weights()
    assert all(np.array_equal(*pair) for pair in zip(base, kept, strict=False))
    assert np.isfinite(kept[-1]).all()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({}, "Received: blue 4, green 10, red 10"),
        ({"green": "red"}, "Received: blue 4, red 20"),
        ({"green": None, "blue": None}, "Received: red 10"),
        ({"green": None, "blue": None, "red": None}, "Received: no labels"),
    ],
)
def test_too_few_images_are_refused_with_counts(labels, message):
    workspace = color_workspace()
    workspace.remove([f"blue{i}.png" for i in range(6)])
    workspace.set_labels({record.name: labels.get(record.label, record.label) for record in workspace.images()})
    with pytest.raises(TrainingError, match=f"at least 2 classes with 5 labelled images each. {message}"):
        train(quick(), workspace)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 0}, "`units` must be 1 to 8192. Received: 0"),
        ({"validation_share": 0.6}, "`validation_share` must be 0.05 to 0.5"),
        ({"weights": "imagenet"}, '`weights` must be "trained" or "file:<sha256>"'),
        ({"weights": f"file:{'0' * 64}"}, "trained base and at least two `class_names`"),
        ({"base": FineTuned()}, "New layers cannot be added to MobileNetV2 fine-tuned"),
        ({"augmentation": (("sneeze", 1.0),)}, "sneeze"),
        ({"optimizer": "magic"}, "`optimizer` of FineTuned must be"),
    ],
)
def test_impossible_specs_are_named(options, message):
    with pytest.raises(SpecError, match=message):
        FineTuned(**options)


def test_a_layer_that_is_not_there_is_named():
    with pytest.raises(SpecError, match="no layer 'nose'"):
        methods.outline(quick(layer="nose"))


def test_an_untrained_spec_is_not_built():
    assert quick().needs_training
    with pytest.raises(SpecError, match="Train it first"):
        build(quick())
