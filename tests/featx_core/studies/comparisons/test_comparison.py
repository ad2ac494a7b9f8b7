"""The comparison of runs. They are entered by hand, so nothing needs TensorFlow."""

import io

import pytest
from PIL import Image

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.comparison.tables import COLORS
from featx_core.images.image_set import ImageSet
from featx_core.learning.history import History
from featx_core.learning.record import TrainingRecord
from featx_core.studies.comparisons.comparison import ComparisonStudy
from featx_core.studies.sketches import SketchesStudy
from tests.toys.entered_runs import Told, enter_run, filled_workspace, picture
from tests.toys.studying import do, done, watched

pytestmark = pytest.mark.slow


@pytest.fixture
def filled():
    return filled_workspace()


@pytest.fixture
def runs(filled):
    return enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50")


def test_a_comparison_is_kept_with_its_parts_and_found_whatever_the_order_of_the_runs(filled, runs):
    told = Told()
    with watched(filled) as kinds:
        found = done(filled, ComparisonStudy(runs), told)
        assert sorted(kinds) == ["comparison", *["extractor_score"] * 3, "pair_score", "sketches"]
        assert do(filled, ComparisonStudy(runs[::-1])) == {"n_computed": 0, "problems": {}}
        assert len(kinds) == 6
    assert told.stages == [
        "Looking for near-duplicates", "Comparing images",
        "Scoring MobileNetV2", "Scoring ResNet50", f"Scoring {COLORS}", "Comparing the spaces",
    ]  # fmt: skip
    assert sorted(found.names) == ["MobileNetV2", "ResNet50"]
    assert found.facts["runs"] == {"MobileNetV2": runs[0], "ResNet50": runs[1]}
    assert found.facts["n_images"] == 24
    assert found.table["ms_per_image"].tolist()[:2] == [3, 3]
    assert found.table["n_parameters"].tolist()[:2] == [99, 99]
    assert found.table["probe"][0] > 0.8


def test_the_study_gives_what_the_notebook_gives(filled, runs):
    found = done(filled, ComparisonStudy(runs))
    images = filled.images()
    features = {
        name: fx.load_features(filled, digest) for name, digest in zip(("MobileNetV2", "ResNet50"), runs, strict=True)
    }
    expected = fx.compare(features, images.labels, images=images)
    assert found.verdict == expected.verdict
    assert found.table.equals(expected.table)
    assert found.similarity.equals(expected.similarity)


def test_a_run_that_learned_from_the_labels_is_scored_on_the_images_held_out(filled, runs):
    """Its record says which; a run on other weights of which there is no record has no scores by label."""
    digests = filled.images().digests
    for weights in ("a" * 64, "b" * 64):
        spec = fx.FineTuned(class_names=("cat", "dog"), weights=f"file:{weights}")
        filled.vectors.save(spec.digest, filled.vectors.load(runs[0], digests))
        filled.ledger.save(spec, {})
    record = TrainingRecord(History(), "file:" + "a" * 64, {"training": digests[:16], "digests": digests[16:]})
    filled.put_result("trained:" + "a" * 64, record.to_bytes())
    known, unknown = sorted(filled.ledger.runs(), key=lambda run: run.spec.badge)[:2]
    found = done(filled, ComparisonStudy((*runs, known.digest, unknown.digest)))
    table = found.table.assign(run=found.table["extractor"].map(found.facts["runs"])).set_index("run")
    assert table.loc[[*runs, known.digest, unknown.digest], "saw_labels"].tolist() == [False, False, True, True]
    assert table.loc[[runs[0], known.digest, unknown.digest], "n_scored"].tolist() == [24, 8, 0]
    assert table.loc[unknown.digest, ["knn", "probe", "silhouette", "nmi"]].isna().all()
    assert found.verdict.count("is left out of the verdict: it was trained on these labels") == 2
    assert any("no image is known to be absent from its training" in note for note in found.notes)


def test_another_extractor_is_one_row(filled, runs):
    do(filled, ComparisonStudy(runs))
    told = Told()
    with watched(filled) as kinds:
        do(filled, ComparisonStudy((*runs, enter_run(filled, "vgg16"))), told=told)
    assert kinds == ["extractor_score", "pair_score", "pair_score", "comparison"]
    assert told.stages == ["Comparing images", "Scoring VGG16", "Comparing the spaces"]


def test_a_cancelled_comparison_keeps_what_it_has(filled, runs):
    with pytest.raises(Cancelled):
        do(filled, ComparisonStudy(runs), told=Told(cancel_at="Scoring ResNet50"))
    told = Told()
    do(filled, ComparisonStudy(runs), told=told)
    assert told.stages == ["Comparing images", "Scoring ResNet50", f"Scoring {COLORS}", "Comparing the spaces"]


def test_the_key_changes_with_images_labels_features_and_runs(filled, runs):
    study = ComparisonStudy(runs)
    keys = [study.key(filled), ComparisonStudy(runs[:1]).key(filled)]
    filled.set_labels({"0.png": "cat"})
    keys.append(study.key(filled))
    filled.add([("cat/new.png", picture(99))])
    assert study.key(filled) == keys[-1]
    for backbone in ("mobilenet_v2", "resnet50"):
        enter_run(filled, backbone)
    keys.append(study.key(filled))
    filled.remove(["3.png"])
    keys.append(study.key(filled))
    assert len(set(keys)) == 5


def test_images_without_features_are_left_out_and_said(filled):
    runs = enter_run(filled, "mobilenet_v2"), enter_run(filled, "resnet50", images=ImageSet(filled.images()[:20]))
    found = done(filled, ComparisonStudy(runs))
    assert found.notes == ("4 images without features from every run left out.",)
    assert found.facts["n_images"] == 20


def test_near_duplicates_are_kept_together(filled):
    small = Image.open(io.BytesIO(picture(0))).resize((80, 80), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    small.save(out, "PNG")
    filled.add([("dog/larger.png", out.getvalue()), ("dog/copy.png", picture(1))])
    filled.set_labels({"larger.png": "dog", "copy.png": "dog"})
    facts = done(filled, ComparisonStudy((enter_run(filled, "mobilenet_v2"),))).facts
    assert (facts["n_duplicate_groups"], facts["n_duplicates"]) == (2, 4)


def test_what_cannot_be_compared_is_said(filled):
    run = enter_run(filled, "mobilenet_v2")
    for gone in ((run, "0" * 64), ()):
        with pytest.raises(ValueError, match="A run is no longer in the workspace"):
            do(filled, ComparisonStudy(gone))
    other = enter_run(filled, "resnet50", images=ImageSet([]))
    with pytest.raises(ValueError, match="No image has features of all these runs"):
        do(filled, ComparisonStudy((run, other)))


@pytest.mark.parametrize("content", [b"no json", b"[1]", b"{}", b"\xff"])
def test_what_is_kept_and_cannot_be_read_is_computed_again(filled, runs, content):
    study, sketches = ComparisonStudy(runs), SketchesStudy(tuple(filled.images().digests))
    do(filled, study)
    before = filled.result(study.key(filled))
    filled.put_result(study.key(filled), content)
    filled.put_result(sketches.key(filled), content)
    do(filled, study)
    assert filled.result(study.key(filled)) == before
    assert sketches.find(filled).pictures.shape == (24, 256, 3)


@pytest.mark.parametrize("content", [b"no json", b"[1]", b"\xff"])
def test_scores_that_cannot_be_read_are_computed_again(filled, runs, content):
    study = ComparisonStudy(runs)
    do(filled, study)
    before = filled.result(study.key(filled))
    spoilt = filled._store.rows("SELECT key FROM results WHERE key LIKE '%score:%'")
    for (name,) in [*spoilt, (study.key(filled),)]:
        filled.put_result(name, content)
    with watched(filled) as kinds:
        do(filled, study)
    assert sorted(kinds) == ["comparison", *["extractor_score"] * 3, "pair_score"]
    assert filled.result(study.key(filled)) == before
