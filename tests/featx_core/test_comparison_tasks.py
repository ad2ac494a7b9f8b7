"""The tasks of the worker, without the worker: runs are entered by hand, so nothing needs TensorFlow."""

import io

import numpy as np
import pytest
from PIL import Image

import featx_core as fx
from featx_core.comparison import COLORS, Comparison
from featx_core.image_set import ImageSet
from featx_core.layer_sweep import Sweep
from featx_core.progress import Cancelled
from featx_core.worker import comparison_tasks
from featx_core.worker.comparison_keys import (
    compared_rows,
    find_comparison_key,
    find_sweep_key,
    name_runs,
    sketches_key,
)
from featx_core.worker.comparison_tasks import compare_runs, sweep


class Told:
    """A report that remembers its stages, and may cancel at one."""

    def __init__(self, cancel_at=None):
        self.stages, self.cancel_at = [], cancel_at

    def stage(self, name, *, limit_seconds=None):
        self.stages.append(name)
        if name == self.cancel_at:
            raise Cancelled

    def __call__(self, done, total):
        assert 0 <= done <= total


def picture(seed):
    out = io.BytesIO()
    coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8))
    coarse.resize((40, 40), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def enter_run(workspace, backbone, n_features=8, images=None, **fields):
    """Enter a run with features that know the label."""
    spec = fx.Pretrained(backbone=backbone, weights="random", **fields)
    rng = np.random.default_rng(len(backbone))
    images = workspace.images() if images is None else images
    shift = {"cat": 0.0, "dog": 2.0}
    rows = {image.digest: (rng.normal(size=n_features) + shift[image.label]).astype(np.float32) for image in images}
    workspace.vectors.save(spec.digest, rows)
    workspace.ledger.save(spec, {"ms_per_image": 3.0, "n_parameters": 99})
    return spec.digest


@pytest.fixture
def filled():
    workspace = fx.Workspace.open(":memory:")
    workspace.add([(f"{'cat' if i % 2 else 'dog'}/{i}.png", picture(i)) for i in range(24)])
    return workspace


def test_a_comparison_is_kept_under_the_key_that_the_page_asks_for(filled):
    runs = [enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50")]
    told = Told()
    answer = compare_runs(filled, {"run_digests": runs}, told)
    assert answer == {"key": find_comparison_key(filled, runs[::-1]), "n_scored": 3, "n_paired": 1}
    assert told.stages == [
        "Looking for near-duplicates", "Scoring MobileNetV2", "Scoring ResNet50", f"Scoring {COLORS}", "Comparing the spaces",
    ]  # fmt: skip
    found = Comparison.from_json(filled.result(answer["key"]))
    assert sorted(found.names) == ["MobileNetV2", "ResNet50"]
    assert found.facts["runs"] == {"MobileNetV2": runs[0], "ResNet50": runs[1]}
    assert found.facts["n_images"] == 24
    assert found.table["ms_per_image"].tolist()[:2] == [3, 3]
    assert found.table["n_parameters"].tolist()[:2] == [99, 99]
    assert found.table["probe"][0] > 0.8
    again = compare_runs(filled, {"run_digests": runs[::-1]}, Told())
    assert again == {"key": answer["key"], "n_scored": 0, "n_paired": 0}


def test_the_task_gives_what_the_notebook_gives(filled):
    runs = {"MobileNetV2": enter_run(filled, "mobilenet_v2"), "ResNet50": enter_run(filled, "resnet50")}
    key = compare_runs(filled, {"run_digests": list(runs.values())}, Told())["key"]
    images = filled.images()
    features = {name: fx.load_features(filled, digest) for name, digest in runs.items()}
    expected = fx.compare(features, images.labels, images=images)
    found = Comparison.from_json(filled.result(key))
    assert found.verdict == expected.verdict
    assert found.table.equals(expected.table)
    assert found.similarity.equals(expected.similarity)


def test_another_extractor_is_one_row(filled):
    runs = [enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50")]
    compare_runs(filled, {"run_digests": runs}, Told())
    runs.append(enter_run(filled, "vgg16"))
    told = Told()
    answer = compare_runs(filled, {"run_digests": runs}, told)
    assert (answer["n_scored"], answer["n_paired"]) == (1, 2)
    assert told.stages == ["Scoring VGG16", "Comparing the spaces"]


def test_a_cancelled_comparison_keeps_what_it_has(filled):
    runs = [enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50")]
    with pytest.raises(Cancelled):
        compare_runs(filled, {"run_digests": runs}, Told(cancel_at="Scoring ResNet50"))
    told = Told()
    compare_runs(filled, {"run_digests": runs}, told)
    assert told.stages == ["Scoring ResNet50", f"Scoring {COLORS}", "Comparing the spaces"]


def test_the_key_changes_with_images_labels_features_and_runs(filled):
    runs = [enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50")]
    keys = [find_comparison_key(filled, runs), find_comparison_key(filled, runs[:1])]
    filled.set_labels({"0.png": "cat"})
    keys.append(find_comparison_key(filled, runs))
    filled.add([("cat/new.png", picture(99))])
    assert find_comparison_key(filled, runs) == keys[-1]
    for backbone in ("mobilenet_v2", "resnet50"):
        enter_run(filled, backbone)
    keys.append(find_comparison_key(filled, runs))
    filled.remove(["3.png"])
    keys.append(find_comparison_key(filled, runs))
    assert len(set(keys)) == 5


def test_images_without_features_are_left_out_and_said(filled):
    runs = [enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50", images=ImageSet(filled.images()[:20]))]
    key = compare_runs(filled, {"run_digests": runs}, Told())["key"]
    found = Comparison.from_json(filled.result(key))
    assert found.notes == ("4 images without features of every run had no part.",)
    assert found.facts["n_images"] == 20


def test_near_duplicates_are_kept_together(filled):
    small = Image.open(io.BytesIO(picture(0))).resize((80, 80), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    small.save(out, "PNG")
    filled.add([("dog/larger.png", out.getvalue()), ("dog/copy.png", picture(1))])
    filled.set_labels({"larger.png": "dog", "copy.png": "dog"})
    key = compare_runs(filled, {"run_digests": [enter_run(filled, "mobilenet_v2")]}, Told())["key"]
    facts = Comparison.from_json(filled.result(key)).facts
    assert (facts["n_duplicate_groups"], facts["n_duplicates"]) == (2, 4)


def test_runs_are_called_by_what_tells_them_apart(filled):
    digests = [
        enter_run(filled, "mobilenet_v2"),
        enter_run(filled, "resnet50"),
        enter_run(filled, "resnet50", layer="stage3"),
        enter_run(filled, "vgg16"),
        enter_run(filled, "vgg16", seed=7),
        enter_run(filled, "vgg16", seed=7, fit="pad"),
    ]
    names = name_runs([filled.ledger.find(digest) for digest in digests])
    assert list(names.values()) == digests
    assert list(names)[:4] == [
        "MobileNetV2",
        "ResNet50, last layer, average",
        "ResNet50, stage3, average",
        "VGG16, last layer, average (random weights, untrained (seed 0))",
    ]
    assert all("(run " in name for name in list(names)[4:])


def test_what_cannot_be_compared_is_said(filled):
    run = enter_run(filled, "mobilenet_v2")
    with pytest.raises(ValueError, match="A run is no longer in the workspace"):
        compare_runs(filled, {"run_digests": [run, "0" * 64]}, Told())
    with pytest.raises(ValueError, match="A run is no longer in the workspace"):
        compare_runs(filled, {"run_digests": []}, Told())
    other = enter_run(filled, "resnet50", images=ImageSet([]))
    with pytest.raises(ValueError, match="No image has features of all these runs"):
        compare_runs(filled, {"run_digests": [run, other]}, Told())
    with pytest.raises(ValueError, match="needs a workspace"):
        compare_runs(None, {"run_digests": [run]}, Told())


def test_a_sweep_is_kept_under_its_key_and_not_swept_again(filled, monkeypatch):
    spec = fx.Pretrained(weights="random")
    swept = []

    def pretend(images, extractor, *, groups, on_progress):
        swept.append((len(images), extractor, len(groups)))
        return Sweep(comparison_tasks_table(), "", (), {"has_labels": False})

    monkeypatch.setattr(comparison_tasks, "find_extractor", lambda spec, workspace, report: "network")
    monkeypatch.setattr(comparison_tasks, "sweep_layers", pretend)
    for _ in range(2):
        assert sweep(filled, {"spec": spec.to_json()}, Told()) == {"key": find_sweep_key(filled, spec)}
    assert swept == [(24, "network", 24)]
    assert Sweep.from_json(filled.result(find_sweep_key(filled, spec))).facts == {"has_labels": False}
    before = find_sweep_key(filled, spec)
    filled.set_labels({"0.png": None})
    assert find_sweep_key(filled, spec) != before


def comparison_tasks_table():
    from featx_core.layer_sweep import _table

    return _table([{"layer": "a", "stage": "top", "shape": "3", "index": 0, "n_features": 3, "cka_to_last": 1.0}])


def enter_table(workspace, names, labels, shift=2.0, seed=0, title="Table"):
    values = np.random.default_rng(seed).normal(size=(len(names), 5))
    values += shift * np.array([label == "cat" for label in labels])[:, None]
    return fx.add_vectors(workspace, fx.Vectors(values.astype(np.float32), names, labels), title=title)


def test_a_table_is_compared_with_runs_on_the_images_of_its_names(filled):
    run = enter_run(filled, "mobilenet_v2")
    names = (*(f"photos/{i}.jpg" for i in range(23, 3, -1)), "stranger")
    table = enter_table(filled, names, (None,) * 21)
    told = Told()
    answer = compare_runs(filled, {"run_digests": [run, table.digest]}, told)
    assert told.stages[-2] == f"Scoring {COLORS}"
    assert answer["key"] == find_comparison_key(filled, [table.digest, run])
    found = Comparison.from_json(filled.result(answer["key"]))
    assert (found.facts["n_images"], found.facts["noun"]) == (20, "image")
    assert found.notes == ("5 rows without features of every run had no part.",)
    features = {name: fx.load_features(filled, digest) for name, digest in found.facts["runs"].items()}
    images = filled.images().select(f"{i}.png" for i in range(4, 24))
    expected = fx.compare(features, images.labels, images=images)
    assert found.similarity.equals(expected.similarity)
    assert found.table["probe"].tolist() == expected.table["probe"].tolist()


def test_two_tables_are_compared_by_name_without_any_image():
    workspace = fx.Workspace.open(":memory:")
    labels = ["cat", "dog"] * 15
    names = [f"item {i}" for i in range(30)]
    first = enter_table(workspace, tuple(names), tuple(labels), shift=9.0, title="First")
    second = enter_table(workspace, tuple(names[::-1][:28]), (None,) * 28, seed=1, title=COLORS)
    told = Told()
    key = compare_runs(workspace, {"run_digests": [first.digest, second.digest]}, told)["key"]
    assert told.stages == ["Scoring First", f"Scoring {COLORS} (vectors brought in)", "Comparing the spaces"]
    found = Comparison.from_json(workspace.result(key))
    assert found.table["kind"].tolist() == ["extractor", "extractor", "baseline"]
    assert found.table["probe"][0] == 1.0
    assert found.verdict.startswith("First is better than colour histogram")
    assert "with 28 rows" in found.verdict
    assert found.notes[0] == "2 rows without features of every run had no part."


def test_rows_that_are_equal_in_every_table_stay_together():
    workspace = fx.Workspace.open(":memory:")
    values = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    values[1] = values[0]
    names, labels = tuple(f"item {i}" for i in range(20)), ("cat", "dog") * 10
    run = fx.add_vectors(workspace, fx.Vectors(values, names, labels))
    key = compare_runs(workspace, {"run_digests": [run.digest]}, Told())["key"]
    facts = Comparison.from_json(workspace.result(key)).facts
    assert (facts["n_duplicate_groups"], facts["n_duplicates"]) == (1, 2)


def test_tables_that_share_no_name_are_not_compared(filled):
    table = enter_table(filled, ("a", "b"), (None, None))
    with pytest.raises(
        ValueError, match=r"No image has features of all these runs\..*Rows of numbers are compared by name"
    ):
        compare_runs(filled, {"run_digests": [enter_run(filled, "mobilenet_v2"), table.digest]}, Told())


def test_an_image_without_a_label_takes_that_of_its_row(filled):
    filled.set_labels({"3.png": None})
    run = enter_run(filled, "mobilenet_v2", images=[image for image in filled.images() if image.label])
    names = tuple(f"{i}.png" for i in range(24))
    table = enter_table(filled, names, ("owl",) * 24)
    rows = compared_rows(filled, [table.digest]).rows
    assert [label for label, name in zip(rows.labels, rows.names, strict=True) if name in ("3.png", "4.png")] == [
        "owl",
        "dog",
    ]
    assert len(compared_rows(filled, [table.digest, run]).rows) == 23


@pytest.mark.parametrize("content", [b"no json", b"[1]", b"{}", b"\xff"])
def test_what_is_kept_and_cannot_be_read_is_computed_again(filled, content):
    runs = [enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50")]
    key = compare_runs(filled, {"run_digests": runs}, Told())["key"]
    before = filled.result(key)
    filled.put_result(key, content)
    filled.put_result(sketches_key(filled.images()), content)
    assert compare_runs(filled, {"run_digests": runs}, Told())["key"] == key
    assert filled.result(key) == before


def test_scores_that_cannot_be_read_are_computed_again(filled):
    runs = [enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50")]
    key = compare_runs(filled, {"run_digests": runs}, Told())["key"]
    before = filled.result(key)
    spoilt = filled._store.rows("SELECT key FROM results WHERE key LIKE '%score:%'")
    for (name,) in [*spoilt, (key,)]:
        filled.put_result(name, b"no json")
    answer = compare_runs(filled, {"run_digests": runs}, Told())
    assert (answer["n_scored"], answer["n_paired"]) == (3, 1)
    assert filled.result(key) == before


def test_a_sweep_that_cannot_be_read_is_swept_again(filled, monkeypatch):
    spec = fx.Pretrained(weights="random")
    monkeypatch.setattr(comparison_tasks, "find_extractor", lambda *_: "network")
    monkeypatch.setattr(
        comparison_tasks,
        "sweep_layers",
        lambda *_, **__: Sweep(comparison_tasks_table(), "", (), {"has_labels": False}),
    )
    key = find_sweep_key(filled, spec)
    filled.put_result(key, b"no json")
    sweep(filled, {"spec": spec.to_json()}, Told())
    assert Sweep.from_json(filled.result(key)).facts == {"has_labels": False}
