"""Fine-tuning, from the spec to the features: on a toy network that learns three colours."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from featx_core.extraction.extract import extract
from featx_core.heatmaps.explain import explain
from featx_core.heatmaps.targets import ClassTarget
from featx_core.learning.fine_tuning.report import TuningReport
from featx_core.learning.loop import TrainingError
from featx_core.learning.weight_arrays import read_arrays
from featx_core.methods import registry as methods
from featx_core.methods.registry import build, train
from featx_core.networks.weights_loading import WeightsError
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from tests.toys.toy_methods import installed
from tests.toys.tuning_toys import SIDE, Toy, color_workspace, quick


@pytest.fixture(autouse=True, scope="module")
def toys():
    with installed(Toy):
        yield


@pytest.fixture(scope="module")
def tuned(toys):
    """One fine-tuning for many tests: workspace, trained spec, extractor, features. They are only looked at."""
    workspace = color_workspace(n_unlabelled=3)
    spec = train(quick(), workspace)
    extractor = build(spec, workspace)
    return SimpleNamespace(
        workspace=workspace,
        spec=spec,
        extractor=extractor,
        features=extract(workspace.images(), extractor, workspace=workspace),
    )


def learned(tuned):
    return read_arrays(tuned.workspace.artefact(tuned.spec.weights[5:]))


def test_the_new_layer_of_the_tutorial_gives_1024_features():
    spec = FineTuned(Toy())
    outline = methods.outline(spec)
    assert outline.feature_shape == (1024,)
    assert [layer.name for layer in outline.layers[-2:]] == ["new_features", "new_classes"]
    assert methods.shape_steps(spec, outline) == ((SIDE, SIDE, 3), (8,), "new layer", (1024,))
    assert methods.shape_steps(
        quick(layer="stage1", pooling="max"), methods.outline(quick(layer="stage1", pooling="max"))
    ) == (
        (SIDE, SIDE, 3),
        (SIDE, SIDE, 6),
        "maximum",
        (6,),
    )


@pytest.mark.slow
def test_features_are_those_of_the_new_layer_worked_out_by_hand(tuned):
    base = build(Toy())
    pictures = np.stack([tuned.extractor.fit_image(record.pixels()) for record in tuned.workspace.images()])
    kernel, bias, *_ = learned(tuned)
    assert np.allclose(tuned.features.values, np.maximum(base(pictures) @ kernel + bias, 0), atol=1e-5)
    assert tuned.features.values.shape == (33, 12)


@pytest.mark.slow
def test_the_network_is_flat_and_its_outline_is_true(tuned):
    outline = methods.outline(tuned.spec, tuned.workspace)
    assert [(layer.index, layer.output_shape) for layer in outline.layers] == [
        (layer.index, layer.output_shape) for layer in tuned.extractor.layers
    ]
    assert not any(hasattr(layer, "layers") for layer in tuned.extractor.network.layers)
    assert outline.layers[outline.tap].name == "new_features"
    assert outline.image_size == (SIDE, SIDE)


@pytest.mark.slow
def test_the_frozen_base_is_bit_equal_after_training(tuned):
    before = build(Toy()).network.get_weights()
    after = tuned.extractor.network.get_weights()
    assert len(after) == len(before) + 4
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=False))


def test_it_learns_the_colours(tuned):
    report = TuningReport.from_facts(methods.training_record(tuned.spec, tuned.workspace).facts)
    assert report.accuracy.value > 0.8
    assert report.classes == ("blue", "green", "red")
    assert report.baseline == pytest.approx(1 / 3)


@pytest.mark.slow
def test_unlabelled_images_are_not_learned_from_but_get_features_and_a_prediction(tuned):
    without = color_workspace()
    assert train(quick(), without).weights == tuned.spec.weights
    columns = methods.run_colorings(tuned.spec, tuned.workspace, tuned.features)
    assert set(columns["training_part"].values[-3:]) == {"not in the training"}
    assert set(columns["predicted"].values[-3:]) <= set(tuned.spec.class_names)


def test_predicted_classes_are_those_of_the_network(tuned):
    pictures = np.stack([tuned.extractor.fit_image(record.pixels()) for record in tuned.workspace.images()])
    scores = np.asarray(tuned.extractor.network(tuned.extractor.preprocess(pictures), training=False))
    expected = tuple(tuned.spec.class_names[code] for code in scores.argmax(axis=1))
    assert methods.run_colorings(tuned.spec, tuned.workspace, tuned.features)["predicted"].values == expected
    facts = methods.training_record(tuned.spec, tuned.workspace).facts
    by_name = dict(zip(tuned.features.names, expected, strict=True))
    assert [by_name[name] for name in facts["names"]] == [facts["classes"][code] for code in facts["predicted"]]


@pytest.mark.slow
def test_a_seed_repeats_bit_for_bit_and_another_differs(tuned):
    again, other = color_workspace(n_unlabelled=3), color_workspace(n_unlabelled=3)
    spec = train(quick(), again)
    assert spec == tuned.spec
    assert np.array_equal(extract(again.images(), build(spec, again)).values, tuned.features.values)
    assert train(quick(seed=1), other).weights != spec.weights


@pytest.mark.slow
def test_the_order_of_images_changes_nothing(tuned):
    ordered = tuned.workspace.images()
    backwards = color_workspace(0)
    backwards.add([(f"{record.label}/{record.name}", record.read()) for record in reversed(ordered) if record.label])
    assert train(quick(), backwards).weights == tuned.spec.weights


def test_training_is_not_done_again_also_not_for_another_layer(tuned, monkeypatch):
    monkeypatch.setattr("featx_core.learning.fine_tuning.training.fine_tune", lambda *_: pytest.fail("trained again"))
    assert train(quick(), tuned.workspace) == tuned.spec
    early = train(quick(layer="stage1", pooling="max"), tuned.workspace)
    assert early == dataclasses.replace(tuned.spec, layer="stage1", pooling="max")
    assert extract(tuned.workspace.images()[:2], build(early, tuned.workspace)).feature_shape == (6,)
    features = extract(tuned.workspace.images(), build(early, tuned.workspace))
    assert (
        methods.run_colorings(early, tuned.workspace, features)["predicted"]
        == (methods.run_colorings(tuned.spec, tuned.workspace, tuned.features)["predicted"])
    )


def test_features_of_the_base_are_a_run_of_their_own_and_used_again(tuned, monkeypatch):
    assert tuned.workspace.ledger.find(Toy().digest).details["n_images"] == 33
    monkeypatch.setattr(Toy, "build", lambda *_, **__: pytest.fail("built again"))
    assert train(quick(epochs=1), tuned.workspace).weights != tuned.spec.weights


def test_digest_and_network_need_no_images(tuned, tmp_path):
    tuned.workspace.copy_to(tmp_path / "copy.featx")
    copy = type(tuned.workspace).open(tmp_path / "copy.featx")
    pictures = np.stack([tuned.extractor.fit_image(record.pixels()) for record in copy.images()[:4]])
    copy.remove(copy.images().names)
    spec = spec_from_json(tuned.spec.to_json())
    assert spec.digest == tuned.spec.digest
    assert np.array_equal(build(spec, copy)(pictures), tuned.extractor(pictures))
    copy.close()


def test_learned_weights_that_are_not_there_are_named(tuned):
    with pytest.raises(WeightsError, match="no longer holds the weights file"):
        build(tuned.spec, color_workspace(1))


def test_heatmaps_explain_a_class_and_the_new_features(tuned):
    image = tuned.workspace.images()[0]
    for target in (ClassTarget(), ClassTarget(2), None):
        heatmap = explain(image, tuned.extractor, "grad_cam", target=target)
        assert heatmap.values.shape == (24, 24)
    assert "red" in explain(image, tuned.extractor, "grad_cam", target=ClassTarget(2)).title


@pytest.mark.slow
def test_the_second_phase_changes_the_last_stage_alone_and_no_statistics():
    workspace = color_workspace(6)
    spec = train(quick(epochs=2, unfrozen_stages=1, tuning_epochs=4, tuning_learning_rate=0.005), workspace)
    record = methods.training_record(spec, workspace)
    assert record.history.phases == ("new layers", "last stages")
    assert record.history.best >= 2, "the second phase should have helped here"
    before, after = build(Toy()).network, build(spec, workspace).network
    changed = {
        layer.name
        for layer, same in zip(after.layers, before.layers, strict=False)
        if not all(np.array_equal(*pair) for pair in zip(layer.get_weights(), same.get_weights(), strict=True))
    }
    convolutions = [layer.name for layer in after.layers if type(layer).__name__ == "Conv2D"]
    assert changed == {convolutions[-1]}, "the stage behind it is a pooling, which has nothing to learn"
    assert len(read_arrays(workspace.artefact(spec.weights[5:]))) == 6


@pytest.mark.slow
def test_a_base_that_gives_a_map_is_pooled():
    workspace = color_workspace(6)
    spec = train(quick(base=Toy(gives_map=True), epochs=2), workspace)
    pooled = train(quick(base=Toy(), epochs=2), workspace)
    extractor = build(spec, workspace)
    assert [layer.name for layer in extractor.layers[-3:]] == ["new_pooling", "new_features", "new_classes"]
    images = workspace.images()
    assert np.allclose(extract(images, extractor).values, extract(images, build(pooled, workspace)).values, atol=1e-4)


@pytest.mark.slow
@pytest.mark.thorough
def test_augmentation_learns_from_changed_copies_and_repeats():
    options = {"epochs": 2, "augmentation": (("rotation", 20.0),), "augmented_copies": 2, "unfrozen_stages": 1}
    workspaces = [color_workspace(5), color_workspace(5)]
    first, second = (train(quick(**options, tuning_epochs=1), workspace) for workspace in workspaces)
    assert first == second
    plain = methods.training_record(train(quick(epochs=2), workspaces[0]), workspaces[0]).history.epochs[0]
    assert methods.training_record(first, workspaces[0]).history.epochs[0].metrics["loss"] != plain.metrics["loss"]


@pytest.mark.slow
def test_chosen_labels_alone_are_learned(tuned):
    workspace = color_workspace(6)
    spec = train(quick(epochs=1, class_names=("blue", "red")), workspace)
    assert spec.class_names == ("blue", "red")
    assert build(spec, workspace).network.output.shape == (None, 2)
    with pytest.raises(TrainingError, match="Received: pink 0, red 6"):
        train(quick(class_names=("pink", "red")), workspace)


def test_options_that_nothing_uses_do_not_count():
    assert quick(augmented_copies=9, tuning_epochs=3, tuning_learning_rate=0.1, pooling="max") == quick()
    assert quick(unfrozen_stages=1, tuning_epochs=3) != quick(unfrozen_stages=1)


@pytest.mark.thorough
@pytest.mark.slow
def test_the_sample_shapes_against_the_probe():
    """Says whether it beats the frozen backbone, in words that fit the counts."""
    from featx_core.images.samples import SAMPLES

    workspace = color_workspace(0)
    workspace.add(SAMPLES["shapes"].make())
    base = Pretrained("mobilenet_v3_small", weights="random", image_size=(64, 64))
    spec = train(FineTuned(base, epochs=15), workspace)
    report = TuningReport.from_facts(methods.training_record(spec, workspace).facts)
    ours, theirs = int(report.correct.sum()), int(report.probe_correct.sum())
    assert (
        f"fine-tuning classifies {ours} correctly and a linear probe on the frozen features {theirs}" in report.verdict
    )
    expected = "beats" if ours > theirs else "does worse than"
    assert (expected if report.p_value < 0.05 else "is not better than") in report.verdict
    assert len(report.truth) == 48
    assert extract(workspace.images(), build(spec, workspace)).values.shape == (240, 1024)
