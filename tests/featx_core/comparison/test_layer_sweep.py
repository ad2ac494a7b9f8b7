import copy

import numpy as np
import pytest

import featx_core as fx
from featx_core.base.keras_setup import load_keras
from featx_core.base.progress import Cancelled
from featx_core.comparison.layer_sweep import Sweep, sweep_layers
from featx_core.comparison.stages import stages_of, tap_stages
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.learning.history import History
from featx_core.learning.record import TrainingRecord
from featx_core.networks.extractor import Extractor
from featx_core.workspace.workspace import Workspace
from tests.conftest import png


@pytest.fixture(scope="module")
def extractor():
    """Two stages and a top that is the sum of all: what it gives can be computed by hand."""
    keras = load_keras()
    picture = keras.Input((16, 16, 3))
    first = keras.layers.Conv2D(3, 1, use_bias=False, name="as_it_is")(picture)
    pooled = keras.layers.AveragePooling2D(4, name="small")(first)
    top = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", name="sum")(
        keras.layers.GlobalAveragePooling2D(name="mean")(pooled)
    )
    network = keras.Model(picture, top)
    network.get_layer("as_it_is").set_weights([np.eye(3).reshape(1, 1, 3, 3)])
    spec = fx.Pretrained(weights="random")
    return Extractor(spec, network, top, tap=4, preprocessing=PREPROCESSING["none"], fit="stretch", batch_size=4)


@pytest.fixture(scope="module")
def images():
    """Red and blue images: the colours tell the labels apart, their sum does not."""
    import io

    from PIL import Image

    workspace = Workspace.open(":memory:")
    rng = np.random.default_rng(0)
    files = []
    for number in range(40):
        color = np.array([150, 60, 60] if number % 2 else [60, 60, 150])
        pixels = np.clip(color + rng.integers(-40, 40, 3) + rng.integers(-9, 9, (16, 16, 3)), 0, 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        files.append((f"{'red' if number % 2 else 'blue'}/{number}.png", out.getvalue()))
    workspace.add(files)
    return workspace.images()


def test_stages_and_the_last_layer_are_tapped(extractor):
    layers = stages_of(extractor)
    assert [layer.name for layer in layers] == ["as_it_is", "small", "sum"]
    assert [layer.stage for layer in layers] == ["stage1", "stage2", None]


def test_all_layers_come_from_one_pass_and_are_averages(extractor, images):
    seen = []
    kept, (first, small, top) = tap_stages(
        images, extractor, stages_of(extractor), on_progress=lambda done, total: seen.append((done, total))
    )
    means = np.array([image.pixels().reshape(-1, 3).mean(axis=0) for image in images])
    assert kept == list(range(40))
    np.testing.assert_allclose(first, means, rtol=1e-5)
    np.testing.assert_allclose(small, means, rtol=1e-5)
    np.testing.assert_allclose(top[:, 0], means.sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(top, fx.extract(images, extractor).vectors, rtol=1e-5)
    assert seen == [(done, 40) for done in range(4, 41, 4)]


def test_a_stage_that_serves_better_than_the_top_is_named(extractor, images):
    groups = np.arange(40)
    sweep = sweep_layers(images, extractor, groups=groups)
    assert sweep.table["stage"].tolist() == ["stage1", "stage2", "top"]
    assert sweep.table["shape"].tolist() == ["16 x 16 x 3", "4 x 4 x 3", "1"]
    assert sweep.table["n_features"].tolist() == [3, 3, 1]
    assert sweep.table["probe"][0] > 0.95
    assert sweep.table["probe"][2] < 0.75
    assert (sweep.table["probe_low"] < sweep.table["probe"]).all()
    np.testing.assert_allclose(sweep.table["cka_to_last"][2], 1)
    means = np.array([image.pixels().reshape(-1, 3).mean(axis=0) for image in images])
    expected = fx.linear_cka(means, means.sum(axis=1, keepdims=True))
    assert sweep.table["cka_to_last"][0] == pytest.approx(expected, abs=1e-4)
    assert sweep.verdict == "Stage 1 scores higher than the last stage with 40 images."
    again = Sweep.from_json(sweep.to_json())
    assert again.table.equals(sweep.table)
    assert (again.verdict, again.notes, again.facts) == (sweep.verdict, sweep.notes, sweep.facts)


def test_a_network_that_learned_from_the_labels_is_scored_on_other_images(extractor, images):
    spec = fx.FineTuned(class_names=("blue", "red"), weights="file:" + "a" * 64)
    learned = copy.copy(extractor)
    learned.spec = spec
    unmarked = sweep_layers(images, extractor, groups=np.arange(40))
    unknown = sweep_layers(images, learned, groups=np.arange(40))
    assert unknown.table["probe"].isna().all()
    assert unknown.table["cka_to_last"].equals(unmarked.table["cka_to_last"])
    assert (unknown.verdict, unknown.facts["has_labels"]) == ("", False)
    assert unknown.notes[-1].startswith("This network was trained on these labels. It has no scores by label")
    workspace = Workspace.open(":memory:")
    record = TrainingRecord(History(), spec.weights, {"training": images.digests[:12], "digests": images.digests[12:]})
    workspace.put_result("trained:" + "a" * 64, record.to_bytes())
    known = sweep_layers(images, learned, groups=np.arange(40), workspace=workspace)
    assert known.facts["n_probed"] == 28
    assert known.verdict == "Stage 1 scores higher than the last stage with 28 images."
    assert known.notes[-1].endswith("Its scores by label are on 28 images not used in its training.")
    assert known.table["probe_low"][0] < unmarked.table["probe_low"][0]


def test_without_labels_there_are_no_scores(extractor, images):
    sweep = sweep_layers(images, extractor, labels=[None] * 40, groups=np.arange(40))
    assert sweep.table["probe"].isna().all()
    assert sweep.table["cka_to_last"].notna().all()
    assert sweep.verdict == ""
    assert not sweep.facts["has_labels"]


def test_few_images_get_scores_but_no_verdict(extractor, images):
    sweep = sweep_layers(images[:12], extractor, groups=np.arange(12))
    assert sweep.verdict.startswith("Too little data for a verdict: 12 different images of 2 labels.")
    assert sweep.table["probe"].notna().all()
    with pytest.raises(ValueError, match=r"at least 4 images that can be read. Received: 3"):
        sweep_layers(images[:3], extractor)


def test_images_that_cannot_be_read_are_left_out_and_said(extractor):
    workspace = Workspace.open(":memory:")
    workspace.add([(f"{'ab'[i % 2]}/{i}.png", png(i)) for i in range(12)])
    images = workspace.images()
    workspace.remove(["3.png"])
    sweep = sweep_layers(images, extractor, groups=np.arange(12))
    assert sweep.notes[0] == "1 image could not be read."
    assert sweep.facts["n_images"] == 11


def test_progress_goes_through_images_and_trainings_and_can_stop(extractor, images):
    seen = []
    sweep_layers(images, extractor, groups=np.arange(40), on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (85, 85)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)

    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        sweep_layers(images, extractor, on_progress=stop)


def test_what_is_no_sweep_is_refused():
    for text in ("{}", "[1]", "x"):
        with pytest.raises(ValueError, match="not a stored layer sweep"):
            Sweep.from_json(text)
