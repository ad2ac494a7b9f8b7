"""Fine-tuning in the app: its form, its curves, what it is worth, its file, its colours on the map."""

import numpy as np
import pytest

from featx_core.learning.history import Epoch, History
from featx_core.learning.record import TrainingRecord, training_key
from featx_core.learning.weight_arrays import write_arrays
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.pretrained import Pretrained
from tests.toys.app.extracting import asked
from tests.toys.app.map_packs import colors
from tests.toys.app.visiting import element, keep_run

BASE = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))
HISTORY = History(
    tuple(Epoch("new layers", {"loss": 2.0 - i, "val_loss": 2.5 - i, "accuracy": 0.5}, 0.1) for i in range(2)), 1
)


def base_vectors(labels):
    """Features of the base in which the labels lie apart."""
    generator = np.random.default_rng(0)
    return np.array([generator.normal(size=576) + (8 if label == "a" else 0) for label in labels])


@pytest.fixture
def labels():
    return ["a" if i % 2 else "b" for i in range(20)]


@pytest.fixture
def visitor(visit, shelve, make_png, labels):
    """A visitor at the form, with features of a base kept."""
    came = visit(shelve([(f"{label}/{label}{i}.png", make_png(i)) for i, label in enumerate(labels)]))
    keep_run(came.workspace, base_vectors(labels), BASE)
    return set_up(came.open("extract"), method="fine_tuned", tuned_base=BASE.digest)


def set_up(visitor, **widgets):
    for key, value in widgets.items():
        element(visitor, key).set_value(value)
        visitor.run()
    return visitor


def charts(visitor):
    return [chart.key for chart in visitor.tab.get("plotly_chart")]


def plain(visitor):
    return visitor.words.replace("\\", "")


def test_the_form_is_complete_and_says_what_comes_out(visitor):
    assert visitor.tab.code[0].value == "(n, 32, 32, 3) → (n, 576) → new layer → (n, 1024)"
    assert "Train, then extract from 20 images" in visitor.buttons
    assert visitor.has_no_fault


@pytest.mark.slow
def test_everything_that_was_set_reaches_the_worker(visitor, worker):
    worker.holds = True
    set_up(
        visitor,
        tuned_units=64,
        tuned_optimizer="adam",
        tuned_epochs=7,
        tuned_rate=0.01,
        tuned_stages=2,
        tuned_stage_epochs=3,
        tuned_stage_rate=1e-4,
        tuned_batch=4,
        tuned_dropout=0.3,
        tuned_share=0.25,
        tuned_patience=0,
        tuned_augmentation="tutorial",
        tuned_seed=9,
        tuned_balanced=True,
    )
    set_up(visitor, **{f"tuned_layer_{BASE.digest[:12]}": "stage1"})
    visitor.tab.button(key="run").click().run()
    expected = FineTuned(
        BASE,
        units=64,
        optimizer="adam",
        epochs=7,
        learning_rate=0.01,
        unfrozen_stages=2,
        tuning_epochs=3,
        tuning_learning_rate=1e-4,
        batch_size=4,
        dropout=0.3,
        validation_share=0.25,
        patience=0,
        augmentation=(("horizontal_flip", 0.5), ("rotation", 20.0), ("shift", 0.1)),
        seed=9,
        class_weights=True,
        class_names=("a", "b"),
        layer="stage1",
    )
    assert asked(worker)[0] == expected


def test_too_few_labelled_images_are_counted(visit, shelve, make_png):
    token = shelve([(f"{label}/{i}{label}.png", make_png(i + 9 * ord(label))) for i in range(3) for label in "ab"])
    visitor = set_up(visit(token).open("extract"), method="fine_tuned")
    assert "at least 2 classes with 5 labelled images each. Received: a 3, b 3." in plain(visitor)
    assert not any(label.startswith("Train") for label in visitor.buttons)
    assert visitor.has_no_fault


@pytest.mark.slow
def test_a_training_ends_in_what_it_is_worth(visitor, worker):
    set_up(visitor, tuned_epochs=3, tuned_units=16)
    visitor.tab.button(key="run").click().run()
    visitor.run()
    words = plain(visitor)
    assert "a linear probe on the frozen features 4" in words
    assert "Fine-tuning is not better than the frozen backbone." in words or "does worse" in words
    assert "fine-tuned on 2 labels" in words
    kinds = [key.split("_")[0] for key in charts(visitor)]
    assert kinds == ["glance", "history", "history", "classes", "confusion", "picture"]
    facts = {metric.label: metric.value for metric in visitor.tab.metric}
    assert facts["Shape"] == "(20, 16)"
    assert facts["Most frequent label"] == "50 %"
    assert "Trained on 16 images, evaluated on 4 others" in words
    assert visitor.has_no_fault

    visitor.tab.session_state["before_after"] = True
    assert {key[:10] for key in charts(visitor.run())} >= {"pair_left_", "pair_right"}
    visitor.press("Prepare a .keras file").run()
    assert worker.submitted[-1] == "model_file"
    assert any(
        button.label.startswith("Download MobileNetV3Small-fine-tuned") for button in visitor.tab.download_button
    )

    visitor.open("map")
    set_up(visitor, map_color="predicted")
    names = {each["name"] for each in colors(visitor)["classes"]}
    assert names <= {"a", "b"}
    set_up(visitor, map_color="training_part")
    names = {each["name"] for each in colors(visitor)["classes"]}
    assert names == {"training", "validation"}
    set_up(visitor, picked_run=BASE.digest)
    assert visitor.tab.selectbox(key="map_color").value == "label", "the base predicts nothing"
    assert visitor.has_no_fault


def put_record(visitor, worker, ending, weights=""):
    workspace = visitor.workspace
    spec = asked(worker)[0]
    from featx_core.learning.fine_tuning.examples import labelled

    key = training_key(spec, labelled(workspace.images()))
    history = History(HISTORY.epochs, HISTORY.best, ending)
    workspace.put_result(key, TrainingRecord(history, weights).to_bytes())


def test_the_curves_grow_while_it_trains(visitor, worker):
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    assert "appear here after the first epoch" in visitor.words
    put_record(visitor, worker, "")
    visitor.run()
    assert charts(visitor) == ["history_live_loss", "history_live_accuracy"]
    assert "2 epochs, 0.2 s, 0.1 s per epoch. Training is still running." in visitor.words


def test_after_a_cancel_the_best_epoch_is_offered(visitor, worker):
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    artefact = visitor.workspace.put_artefact("learned", write_arrays([np.ones(2, np.float32)]))
    put_record(visitor, worker, "cancelled", f"file:{artefact}")
    worker.change(worker.jobs()[0].key, state="cancelled")
    visitor.run()
    assert "Training completed 2 epochs. The best of them can be used." in visitor.words
    visitor.press("Extract from 20 images with the best epoch")
    assert asked(worker)[0].weights == f"file:{artefact}"
    assert asked(worker)[0].class_names == ("a", "b")


def test_after_a_cancel_without_an_epoch_nothing_is_offered(visitor, worker):
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    worker.change(worker.jobs()[0].key, state="cancelled")
    assert not any("best epoch" in label for label in visitor.run().buttons)
    assert visitor.has_no_fault
