"""The tasks of the worker, without the worker: runs are entered by hand, so nothing needs TensorFlow."""

import io

import pytest
from PIL import Image

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.comparison.layer_sweep import Sweep
from featx_core.comparison.tables import COLORS, Comparison
from featx_core.images.image_set import ImageSet
from featx_core.worker import comparison_tasks
from featx_core.worker.comparison_keys import find_comparison_key, find_sweep_key, name_runs, sketches_key
from featx_core.worker.comparison_tasks import compare_runs, sweep
from tests.toys.entered_runs import Told, enter_run, filled_workspace, picture


@pytest.fixture
def filled():
    return filled_workspace()


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
        "VGG16, random weights, untrained (seed 0)",
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
    from featx_core.comparison.layer_sweep import _table

    return _table([{"layer": "a", "stage": "top", "shape": "3", "index": 0, "n_features": 3, "cka_to_last": 1.0}])


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
