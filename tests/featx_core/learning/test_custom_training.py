"""How custom networks learn: by labels, by contrast, as an autoencoder."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

import featx_core as fx
from featx_core.architecture.presets import PRESETS
from featx_core.base.progress import Cancelled
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.learning.custom.autoencoder import autoencoder_model
from featx_core.learning.custom.contrast import Views, decoupled_loss, matched_views
from featx_core.learning.labels_seen import images_seen
from featx_core.learning.loop import TrainingError
from featx_core.methods import registry as methods
from featx_core.networks.sequential import build_network
from featx_core.specs.learnings import LEARNINGS
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import SpecError

ROWS = (
    fx.layer("Conv2D", filters=4, kernel_size=3, strides=2, activation="relu"),
    fx.layer("BatchNormalization"),
    fx.layer("GlobalAveragePooling2D"),
)


def tiny(learning, **fields):
    chosen = {"image_size": (16, 16), "weights": learning, "epochs": 2, "batch_size": 8} | fields
    return fx.CustomSequential(ROWS, **chosen)


def painted(color, seed):
    """An image of 24 x 24 noisy pixels around one colour."""
    noise = np.random.default_rng(seed).integers(-40, 40, (24, 24, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(np.array(color) + noise, 0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def painted_workspace():
    """Twenty images, ten reddish, ten bluish, each with its own mean colour."""
    made = fx.Workspace.open(":memory:")
    made.add(
        (f"{label}/{number}.png", painted([value + 6 * number for value in color], number + 100 * (label == "red")))
        for label, color in (("red", (160, 60, 60)), ("blue", (60, 60, 160)))
        for number in range(10)
    )
    return made


class CancelAt:
    """A report that cancels at one step of training."""

    def __init__(self, step):
        self.step, self.name, self.stages = step, "", []

    def stage(self, name, *, limit_seconds=None):
        self.name = name
        self.stages.append(name)

    def __call__(self, done, total):
        if self.name == "Training" and done >= self.step:
            raise Cancelled


def test_the_loss_of_two_images_worked_out_by_hand():
    views = np.array([[2, 0], [0, 3], [1, 0], [0, 1]], np.float32)
    expected = np.log(2 * np.exp(0)) - 1 / 0.5  # two other views at cosine 0, the pair at cosine 1
    np.testing.assert_allclose(decoupled_loss(views, 0.5), [expected] * 4, rtol=1e-6)


def test_the_loss_against_its_formula_in_numpy():
    views = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    unit = views / np.linalg.norm(views, axis=1, keepdims=True)
    for i, found in enumerate(np.asarray(decoupled_loss(views, 0.1))):
        pair = (i + 5) % 10
        others = [np.exp(unit[i] @ unit[j] / 0.1) for j in range(10) if j not in (i, pair)]
        assert found == pytest.approx(-unit[i] @ unit[pair] / 0.1 + np.log(sum(others)), rel=1e-4)


def test_the_pair_is_not_in_the_sum_as_in_simclr():
    close = np.array([[1, 0], [-1, 0], [1, 0], [-1, 0]], np.float32)
    assert float(decoupled_loss(close, 0.1)[0]) == pytest.approx(np.log(2) - 20, rel=1e-5)  # SimCLR: never below 0


def test_a_view_is_matched_where_its_pair_is_nearest():
    views = np.array([[1, 0], [0, 1], [1, 0.1], [1, 0.2]], np.float32)
    assert np.asarray(matched_views(views)).tolist() == [1, 1, 0, 0]


@pytest.mark.slow
def test_views_come_in_pairs_of_nearly_equal_batches():
    images = np.broadcast_to(np.linspace(10, 245, 9, dtype=np.uint8)[:, None, None, None], (9, 16, 16, 3)).copy()
    before = images.copy()
    views = Views(images, PREPROCESSING["unit"], batch_size=4, seed=1)
    batches = [batch[0] for batch in views.epoch(0)]
    assert [len(batch) for batch in batches] == [10, 8]
    assert len(views) == 2
    np.testing.assert_array_equal(images, before)
    batch = batches[0]
    assert batch.dtype == np.float32
    assert 0 <= batch.min() < batch.max() <= 1
    means = batch.mean(axis=(1, 2, 3))
    assert not np.array_equal(batch[:5], batch[5:])
    assert np.corrcoef(means[:5], means[5:])[0, 1] > 0.5  # both are of the same images, in the same order
    again = next(Views(images, PREPROCESSING["unit"], batch_size=4, seed=1).epoch(0))[0]
    np.testing.assert_array_equal(again, batch)


@pytest.mark.parametrize("name", PRESETS)
def test_an_autoencoder_gives_what_it_receives_in_shape(name):
    preset = PRESETS[name]
    model = autoencoder_model(build_network(preset.layers, (*preset.image_size, 3)), 0.001)
    assert model.output.shape == model.input.shape
    assert model.count_params() < 1_000_000


def test_an_autoencoder_of_odd_sides():
    model = autoencoder_model(build_network((fx.layer("Conv2D", kernel_size=(9, 2)),), (19, 45, 1)), 0.001)
    assert model.output.shape == (None, 19, 45, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "learning", [name if name == "labels" else pytest.param(name, marks=pytest.mark.thorough) for name in LEARNINGS]
)
def test_training_gives_a_spec_with_weights_of_its_own(learning, painted_workspace):
    asked = tiny(learning, seed=5)
    trained = fx.train(asked, painted_workspace)
    assert trained.learned == learning
    assert not trained.needs_training
    assert trained.badge.startswith(LEARNINGS[learning].badge)
    assert spec_from_json(trained.to_json()) == trained
    assert fx.train(trained, painted_workspace) == trained
    features = fx.extract(painted_workspace.images(), fx.build(trained, painted_workspace), workspace=painted_workspace)
    random = fx.build(dataclasses.replace(asked, weights="random"))
    assert features.values.shape == (20, 4)
    assert np.isfinite(features.values).all()
    assert not np.allclose(features.values, fx.extract(painted_workspace.images(), random).values)
    record = methods.training_record(asked, painted_workspace)
    assert record == methods.training_record(trained, painted_workspace)
    assert record.facts["learning"] == learning
    assert len(record.history.epochs) == 2
    assert methods.trained_spec(asked, painted_workspace) == trained


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("learning", LEARNINGS)
def test_a_seed_repeats_bit_for_bit(learning, painted_workspace):
    first = fx.train(tiny(learning, epochs=1), painted_workspace)
    other = fx.Workspace.open(":memory:")
    other.add((record.name, record.read()) for record in reversed(painted_workspace.images()))
    labels = {record.digest: record.label for record in painted_workspace.images()}
    other.set_labels({record.name: labels[record.digest] for record in other.images()})
    assert fx.train(tiny(learning, epochs=1), other).weights == first.weights
    assert fx.train(tiny(learning, epochs=1, seed=1), other).weights != first.weights


@pytest.mark.slow
@pytest.mark.thorough
def test_labels_that_colours_tell_are_learned(painted_workspace):
    trained = fx.train(tiny("labels", epochs=20, learning_rate=0.05, batch_size=4), painted_workspace)
    record = methods.training_record(trained, painted_workspace)
    assert record.history.epochs[record.history.best].metrics["val_accuracy"] == 1
    assert record.facts["classes"] == ["blue", "red"]
    assert record.facts["n_training"] + record.facts["n_validation"] == 20
    assert images_seen(trained, painted_workspace) == set(record.facts["training"])
    assert sorted(record.facts["training"] + record.facts["digests"]) == sorted(painted_workspace.images().digests)
    assert len(record.facts["training"]) == record.facts["n_training"]


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("learning", ["contrast", "autoencoder"])
def test_the_loss_falls_without_labels(learning, painted_workspace):
    painted_workspace.set_labels(dict.fromkeys(painted_workspace.images().names))
    trained = fx.train(tiny(learning, epochs=6, learning_rate=0.01), painted_workspace)
    losses = [value for _, value in methods.training_record(trained, painted_workspace).history.curve("loss")]
    assert min(losses[-2:]) < losses[0]


@pytest.mark.slow
def test_the_tap_plays_no_part_in_training(painted_workspace):
    asked = tiny("labels", epochs=1)
    trained = fx.train(asked, painted_workspace)
    report = CancelAt(0)
    other = fx.train(dataclasses.replace(asked, layer=1, pooling="avg"), painted_workspace, on_progress=report)
    assert other.weights == trained.weights
    assert report.stages == []
    assert methods.outline(other).tap == 1


@pytest.mark.slow
def test_cancel_keeps_the_best_epoch(painted_workspace):
    asked = tiny("contrast", epochs=9)
    with pytest.raises(Cancelled):
        fx.train(asked, painted_workspace, on_progress=CancelAt(4))
    kept = methods.trained_spec(asked, painted_workspace)
    assert kept.learned == "contrast"
    assert fx.build(kept, painted_workspace).output_shape == (None, 4)
    assert methods.training_record(asked, painted_workspace).history.ending == "cancelled"


@pytest.mark.slow
def test_untrained_and_missing_weights_are_refused(painted_workspace):
    with pytest.raises(SpecError, match="Train it first"):
        fx.build(tiny("labels"), painted_workspace)
    assert methods.trained_spec(tiny("labels"), painted_workspace) is None
    gone = tiny("file:" + "0" * 64, learned="labels")
    for workspace in (None, painted_workspace):
        with pytest.raises(SpecError, match="weights 00000000 are not in this workspace"):
            fx.build(gone, workspace)
    other = dataclasses.replace(fx.train(tiny("labels", epochs=1), painted_workspace), layers=ROWS[:1])
    with pytest.raises(SpecError, match="belong to another network"):
        fx.build(other, painted_workspace)


@pytest.mark.slow
def test_what_cannot_be_learned_from_is_named(workspace):
    with pytest.raises(TrainingError, match=r"Training on labels needs at least 2 classes with 5 .*cat 3, dog 3"):
        fx.train(tiny("labels"), workspace)
    for learning in ("contrast", "autoencoder"):
        with pytest.raises(TrainingError, match=r"at least 8 different images. Received: 6 images"):
            fx.train(tiny(learning), workspace)


@pytest.mark.slow
@pytest.mark.thorough
def test_other_methods_build_on_a_custom_network(painted_workspace):
    base = tiny("contrast", epochs=1, color="grey")
    augmented = fx.train(fx.Augmented(base=base, n_copies=2), painted_workspace)
    features = fx.extract(painted_workspace.images(), fx.build(augmented, painted_workspace))
    assert features.per_image().values.shape == (20, 4)
    assert augmented.base.learned == "contrast"
    tuned = fx.train(fx.FineTuned(base=augmented.base, units=3, epochs=1), painted_workspace)
    assert fx.build(tuned, painted_workspace).output_shape == (None, 3)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"epochs": 0}, "`epochs` must be 1 to 200. Received: 0"),
        ({"learning_rate": 2.0}, "`learning_rate` must be 1e-06 to 1. Received: 2.0"),
        ({"batch_size": 1}, "`batch_size` must be 2 to 256. Received: 1"),
        ({"weights": "sleep"}, '`weights` must be "random", "labels", "contrast", "autoencoder" or "file:'),
        (
            {"learned": "labels"},
            "`learned` must be None, or one of labels, contrast, autoencoder with weights of a file",
        ),
    ],
)
def test_impossible_training_is_said(fields, said):
    with pytest.raises(SpecError, match=said):
        fx.CustomSequential(ROWS, **{"weights": "labels"} | fields)


def test_what_says_nothing_is_plain():
    assert tiny("random", epochs=7, learning_rate=0.5) == tiny("random")
    assert tiny("labels", epochs=7) != tiny("labels")
