"""The parts of fine-tuning: the split, the free layers, the report, the figures, the probe on a split."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from featx_core.base.keras_setup import load_keras
from featx_core.base.progress import Stages
from featx_core.figures.fine_tuning import class_figure, confusion_figure
from featx_core.figures.training import history_figure, metrics_of
from featx_core.learning.fine_tuning.examples import choose_examples, labelled, split
from featx_core.learning.fine_tuning.network import OPTIMIZERS, add_head, compile_classifier, set_trainable
from featx_core.learning.fine_tuning.predictions import class_scores
from featx_core.learning.fine_tuning.report import TuningReport
from featx_core.learning.history import Epoch, History
from featx_core.learning.loop import TrainingError
from featx_core.measures.folds import assign_folds
from featx_core.measures.intervals import wilson
from featx_core.measures.probes import held_out_probe
from featx_core.methods import registry as methods
from featx_core.methods.method import Context
from featx_core.networks import keras_file as keras_files
from featx_core.networks.keras_file import ExportError, keras_file
from featx_core.specs.pretrained import Pretrained
from tests.toys.tuning_toys import COLORS, Toy, color_workspace, colored

FACTS = {
    "classes": ["a", "b", "never seen"],
    "training": [],
    "training_counts": [6, 8, 5],
    "names": [f"{row}.png" for row in range(8)],
    "digests": [str(row) for row in range(8)],
    "truth": [0, 0, 0, 0, 1, 1, 1, 1],
    "groups": [0, 1, 2, 3, 4, 5, 6, 7],
    "predicted": [0, 0, 0, 1, 1, 1, 0, 1],
    "confidence": [0.9, 0.9, 0.8, 0.6, 0.9, 0.9, 0.7, 0.9],
    "probe_correct": [1, 1, 1, 1, 0, 0, 0, 0],
}
REPORT = TuningReport.from_facts(FACTS)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.25, 0.5])
def test_the_split_is_stratified_and_keeps_groups_whole(share):
    generator = np.random.default_rng(3)
    codes = np.repeat([0, 1, 2], [40, 20, 12])
    groups = np.concatenate(
        [100 * code + generator.integers(0, 15, number) for code, number in enumerate((40, 20, 12))]
    )
    held_out = split(codes, groups, share, seed=1)
    assert not set(groups[held_out]) & set(groups[~held_out])
    assert set(codes[held_out]) == set(codes[~held_out]) == {0, 1, 2}
    assert abs(held_out.mean() - share) < 0.08
    assert np.array_equal(held_out, split(codes, groups, share, seed=1))


def test_without_groups_the_split_is_exact_and_depends_on_the_seed():
    codes = np.repeat([0, 1], 10)
    splits = [split(codes, np.arange(20), 0.2, seed) for seed in range(4)]
    assert all(np.bincount(codes[held_out]).tolist() == [2, 2] for held_out in splits)
    assert len({held_out.tobytes() for held_out in splits}) > 1


def test_near_duplicates_of_the_sketches_never_sit_on_both_sides():
    workspace = color_workspace(8)
    pictures = {record.name: record.pixels() for record in workspace.images()}
    for name, pixels in list(pictures.items())[:8]:
        workspace.add([(f"{name[:-5]}/again-{name}", png_of(np.clip(pixels.astype(int) + 5, 0, 255)))])
    images = labelled(workspace.images())
    examples = choose_examples(images, ("blue", "green", "red"), 0.25, 0, Stages())
    sides = dict(zip(images.names, examples.is_validation, strict=True))
    assert len(set(examples.groups)) == 24
    assert all(sides[name] == sides[f"again-{name}"] for name in list(pictures)[:8])


def png_of(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def test_a_class_of_one_picture_cannot_be_on_both_sides():
    workspace = color_workspace(6)
    workspace.remove([f"red{i}.png" for i in range(1, 6)])
    workspace.add([(f"red/copy{i}.png", colored(COLORS["red"], 0)) for i in range(5)])
    images = labelled(workspace.images())
    with pytest.raises(TrainingError, match="All 6 images of red are near-duplicates"):
        choose_examples(images, ("blue", "green", "red"), 0.2, 0, Stages())


def test_accuracy_baseline_and_confusion_are_those_counted_by_hand():
    assert REPORT.accuracy.value == 6 / 8
    assert REPORT.baseline == 0.5, "b has most training images; half of the validation images are b"
    assert REPORT.confusion.tolist() == [[3, 1, 0], [1, 3, 0], [0, 0, 0]]
    assert [(score.name, score.n_images) for score in REPORT.per_class] == [("a", 4), ("b", 4), ("never seen", 0)]
    assert REPORT.per_class[2].interval is None
    assert REPORT.per_class[0].interval[1:3] == pytest.approx(wilson(0.75, 4))
    assert REPORT.wrong == [6, 3], "the surest mistake first"


def test_the_verdict_is_plain():
    assert REPORT.p_value == pytest.approx(0.625), "4 disagreements, 3 one way: (1 + 4) / 16 twice"
    assert REPORT.verdict == (
        "Fine-tuning is not better than the frozen backbone. On 8 validation images, fine-tuning classifies 6 correctly "
        "and a linear probe on the frozen features 4: no significant difference with this number of images (p = 0.62)."
    )
    perfect = dataclasses.replace(REPORT, predicted=REPORT.truth, probe_correct=np.zeros(8, bool))
    assert perfect.verdict.startswith("Fine-tuning beats the frozen backbone.")
    assert perfect.p_value == 2 / 2**8
    hopeless = dataclasses.replace(REPORT, predicted=1 - REPORT.truth, probe_correct=np.ones(8, bool))
    assert hopeless.verdict.startswith("Fine-tuning does worse than the frozen backbone.")


def test_facts_of_something_else_are_refused():
    with pytest.raises(ValueError, match="not the facts of a fine-tuning"):
        TuningReport.from_facts({"kernels": []})


def test_class_figure_shows_each_class_with_images_and_the_baseline():
    figure = class_figure(REPORT)
    trace = figure.data[0]
    assert list(trace.text) == ["b", "a", "all classes"]
    assert list(trace.x) == [75, 75, 75]
    assert figure.layout.shapes[0].x0 == 50
    assert "%" in figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text == "Class"


def test_confusion_figure_counts_images():
    figure = confusion_figure(REPORT)
    assert figure.data[0].z.tolist() == REPORT.confusion.tolist()
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Predicted class", "True class")


def test_history_figure_draws_both_curves_the_kept_epoch_and_the_phases():
    epochs = [Epoch("head", {"loss": 2.0 - i, "val_loss": 3.0 - i, "accuracy": 0.5}, 1.0) for i in range(2)]
    history = History((*epochs, Epoch("all", {"loss": 0.1, "val_loss": 5.0, "accuracy": 1.0}, 1.0)), 1, "finished")
    loss, accuracy = history_figure(history), history_figure(history, "accuracy", dark=True)
    assert metrics_of(history) == ["loss", "accuracy"]
    assert [trace.name for trace in loss.data] == ["training", "validation", "kept"]
    assert list(loss.data[1].y) == [3.0, 2.0, 5.0]
    assert (loss.data[2].x, loss.data[2].y) == ((2,), (2.0,))
    assert loss.layout.shapes[0].x0 == 2.5
    assert list(accuracy.data[0].y) == [50, 50, 100]
    assert accuracy.layout.yaxis.title.text == "Accuracy (%)"
    assert not history_figure(History()).data


def test_scores_are_a_softmax():
    arrays = [np.zeros((5, 5)), np.array([[1.0, 0.0], [0.0, 1.0]], np.float32), np.array([0.0, 1.0], np.float32)]
    scores = class_scores(np.array([[1.0, 0.0], [1000.0, 0.0]], np.float32), arrays)
    assert scores[0] == pytest.approx([0.5, 0.5])
    assert scores[1] == pytest.approx([1, 0])


def headed(network, features):
    return load_keras().Model(network.input, add_head(features, 4, 0.1, 2))


def test_only_what_may_learn_is_free():
    network = headed(*Toy().architecture())
    assert [variable.name for variable in set_trainable(network, 0)] == ["kernel", "bias", "kernel", "bias"]
    n_free = [len(set_trainable(network, n_stages)) for n_stages in (1, 2, 9)]
    assert n_free == [6, 8, 8], "the last pooling counts for no stage; batch normalization is never free"
    assert all(not layer.trainable for layer in network.layers if type(layer).__name__ == "BatchNormalization")


def test_the_last_stage_of_vgg16_is_its_last_block_of_convolutions():
    from featx_core.base.keras_setup import without_weights

    with without_weights():
        spec = Pretrained("vgg16", weights="random", image_size=(32, 32))
        network = headed(*methods.METHODS["pretrained"].architecture(spec, Context(methods.METHODS)))
        set_trainable(network, 1)
    free = [layer.name for layer in network.layers if layer.trainable and layer.weights]
    assert free == ["block5_conv1", "block5_conv2", "block5_conv3", "new_features", "new_classes"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_learning_rate(name):
    keras = load_keras()
    inputs = keras.layers.Input((3,))
    model = keras.Model(inputs, add_head(inputs, 4, 0.0, 2))
    compile_classifier(model, name, 0.125)
    assert type(model.optimizer).__name__ == OPTIMIZERS[name].constructor
    assert float(model.optimizer.learning_rate) == 0.125
    loss = model.train_on_batch(np.ones((4, 3)), np.array([0, 1, 0, 1]))[0]
    assert np.isfinite(loss)


@pytest.mark.slow
def test_the_probe_on_a_split_agrees_with_scikit_learn():
    generator = np.random.default_rng(0)
    codes = np.arange(80) % 4
    vectors = generator.normal(size=(80, 6)) + 1.2 * np.eye(4, 6)[codes]
    held_out = np.arange(80) >= 60
    found = held_out_probe(vectors, codes.tolist(), held_out)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    grid = {"logisticregression__C": [c / 6 for c in (0.1, 1.0, 10.0)]}
    folds = PredefinedSplit(assign_folds(codes[:60], np.arange(60)))
    theirs = GridSearchCV(pipeline, grid, cv=folds).fit(vectors[:60], codes[:60])
    assert np.array_equal(found, theirs.predict(vectors[60:]) == codes[60:])
    assert 5 < found.sum() < 20


def test_the_probe_does_not_look_at_held_out_labels():
    codes = np.arange(40) % 2
    vectors = np.random.default_rng(1).normal(size=(40, 5)) + 3 * codes[:, None]
    held_out = np.arange(40) >= 30
    assert held_out_probe(vectors, codes.tolist(), held_out).all()
    swapped = np.where(held_out, 1 - codes, codes)
    assert not held_out_probe(vectors, swapped.tolist(), held_out).any()
    with pytest.raises(ValueError, match="at least two groups"):
        held_out_probe(vectors, codes.tolist(), held_out, groups=held_out.astype(int))


def test_a_network_comes_back_the_same_from_its_file(tmp_path):
    extractor = Toy().build()
    path = tmp_path / "network.keras"
    path.write_bytes(keras_file(extractor))
    copy = load_keras().saving.load_model(path, safe_mode=True)
    pictures = np.random.default_rng(5).normal(size=(3, 16, 16, 3)).astype(np.float32)
    assert np.array_equal(np.asarray(copy(pictures)), np.asarray(extractor.network(pictures)))


def test_a_network_that_comes_back_otherwise_is_not_offered(monkeypatch):
    monkeypatch.setattr(keras_files, "MAX_DIFFERENCE", -1.0)
    with pytest.raises(ExportError, match="gives other values"):
        keras_file(Toy().build())


def test_a_network_that_cannot_be_read_back_is_not_offered(monkeypatch):
    def refuse(*_, **__):
        raise ValueError("unknown layer")

    monkeypatch.setattr(load_keras().saving, "load_model", refuse)
    with pytest.raises(ExportError, match="cannot be read back"):
        keras_file(Toy().build())
