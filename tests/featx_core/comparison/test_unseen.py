import io

import numpy as np
import pytest
from PIL import Image

import featx_core as fx
from featx_core.comparison.compare import compare_spaces
from featx_core.comparison.inputs import Inputs
from featx_core.comparison.subset import choose_subset
from featx_core.comparison.tables import CHANCE, Comparison
from featx_core.comparison.unseen import find_unseen
from featx_core.extraction.features import Features
from featx_core.measures.probes import probe_interval
from featx_core.specs.fine_tuned import FineTuned

KEYS = [f"{number:064x}" for number in range(120)]
LABELS = ["cat", "dog"] * 60
SIGNS = np.where(np.arange(120) % 2, 1.0, -1.0)[:, None]


def spaces(seed=0, **shifts):
    """Noise in which each space knows the labels by its shift; "leaky" knows those of the first images alone."""
    rng = np.random.default_rng(seed)
    found = {name: rng.normal(size=(120, 6)) + shift * SIGNS for name, shift in shifts.items()}
    return found | {"leaky": rng.normal(size=(120, 6)) + 9 * SIGNS * (np.arange(120) < 80)[:, None]}


def found_on(vectors, n_seen=80, **fields):
    given = {name: (lambda each=each: each) for name, each in vectors.items()}
    fields = {"labels": LABELS, "seen": {"leaky": KEYS[:n_seen]}} | fields
    return compare_spaces(Inputs(given, KEYS, **fields))


def test_unseen_images_are_in_groups_without_a_seen_one():
    groups = np.arange(120) // 2
    subset = choose_subset(KEYS, ["cat", "dog", None] * 40, groups)
    found = find_unseen(subset, {"a": {KEYS[0], KEYS[7]}, "b": None, "c": (), "d": {"other"}})
    rows = subset.rows[subset.probed]
    assert set(found) == {"a", "b"}
    assert sorted(rows[~found["a"]]) == [0, 1, 6, 7]
    assert not found["b"].any()


def test_what_was_learned_by_heart_does_not_count():
    found = found_on(spaces(plain=0.0))
    table = found.table.set_index("extractor")
    assert table.index.tolist() == ["plain", "leaky", CHANCE]
    assert table["saw_labels"].tolist() == [False, True, False]
    assert table["n_scored"].tolist()[:2] == [120, 40]
    assert 0.3 < table.loc["leaky", "probe"] < 0.7
    assert table.loc["leaky", ["silhouette", "nmi"]].isna().all()
    assert table.loc["plain", ["silhouette", "nmi"]].notna().all()
    assert table.loc["leaky", "effective_dimension"] > 1
    assert found.verdict == (
        "On 40 images that were not used in its training, leaky does not differ significantly from plain. None of "
        "them is significantly better than chance."
    )
    assert found.notes == (
        "leaky was trained on these labels. Its scores by label are on 40 images not used in its training.",
    )
    (pair,) = found.tests[found.tests["family"] == "extractors"].to_dict("records")
    assert pair["n_images"] == 40
    assert Comparison.from_json(found.to_json()).table.equals(found.table)


def test_without_the_mark_it_would_be_the_best():
    """What the marking is for: the same features, not marked."""
    found = found_on(spaces(plain=0.0), seen={})
    assert found.verdict.startswith("leaky is better than plain")


def test_its_scores_are_those_of_the_whole_probe_on_the_rest():
    vectors = spaces(plain=0.3)["leaky"]
    found = found_on({"leaky": vectors}).table.set_index("extractor").loc["leaky"]
    subset = choose_subset(KEYS, LABELS, None)
    score = fx.linear_probe(vectors, LABELS, folds=subset.folds)
    expected = probe_interval(score.correct[80:], np.arange(40) % 2, np.arange(40))
    assert (found["probe"], found["probe_low"], found["probe_high"]) == pytest.approx(expected[:3])
    nearest = fx.knn_accuracy(vectors, LABELS).correct[80:]
    assert found["knn"] == pytest.approx(nearest.mean())


@pytest.mark.slow
def test_where_it_is_really_better_it_says_so():
    vectors = spaces(weak=0.1, strong=3.0)
    rng = np.random.default_rng(1)
    vectors["leaky"] = rng.normal(size=(120, 6)) + 3 * SIGNS
    found = found_on(vectors)
    assert found.verdict == (
        "strong is better than weak with 120 images. On 40 images that were not used in its training, leaky is better "
        "than weak and does not differ significantly from strong. weak does no better than chance."
    )
    weaker = found_on({**vectors, "leaky": rng.normal(size=(120, 6)) - 0 * SIGNS})
    assert "leaky is worse than strong and does not differ significantly from weak." in weaker.verdict


def test_two_trainings_are_compared_on_what_neither_saw():
    vectors = spaces(plain=0.0, tuned=3.0)
    found = found_on(vectors, seen={"leaky": KEYS[:80], "tuned": KEYS[:60]})
    assert "On 60 images that were not used in its training, tuned is better than plain." in found.verdict
    assert "On 40 images that were used in neither training, tuned is better than leaky." in found.verdict


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (KEYS[:110], "only 10 images were not used in its training."),
        (KEYS[:119], "only 1 image was not used in its training."),
        (None, "no image is known to be absent from its training."),
    ],
)
def test_with_too_few_other_images_it_has_no_part_in_the_verdict(seen, words):
    found = found_on(spaces(plain=0.0), seen={"leaky": seen})
    assert found.verdict == (
        f"plain does no better than chance. leaky is left out of the verdict: it was trained on these labels, and {words}"
    )
    assert set(found.tests["first"]) == {"plain"}
    leaky = found.table.set_index("extractor").loc["leaky"]
    assert (leaky["n_scored"], np.isnan(leaky["probe"])) == ((0, True) if seen is None else (120 - len(seen), False))
    if seen is None:
        assert found.notes == (
            (
                "leaky was trained on these labels. It has no scores by label: no image is known to be absent "
                "from its training."
            ),
        )


def test_alone_and_all_seen_there_is_no_verdict():
    found = found_on({"leaky": spaces()["leaky"]}, seen={"leaky": None})
    assert not found.facts["has_verdict"]
    assert found.verdict.startswith("leaky is left out of the verdict")


def test_one_that_learned_from_other_images_is_compared_as_any():
    assert (
        found_on(spaces(plain=0.0), seen={"leaky": ["other"]}).to_json()
        == found_on(spaces(plain=0.0), seen={}).to_json()
    )


def test_without_labels_nothing_is_marked_by_label():
    found = found_on(spaces(plain=0.0), labels=None)
    assert not found.has_labels
    assert found.notes == ()


def test_features_of_a_trained_spec_are_marked_in_a_notebook():
    """Without the workspace it is not known which images the training saw."""
    tuned = FineTuned(class_names=("cat", "dog"), weights="file:" + "a" * 64)
    values = spaces(plain=0.0)
    features = Features(values["leaky"].astype(np.float32), tuple(KEYS), tuple(LABELS), tuple(KEYS), tuned)
    found = fx.compare({"frozen": values["plain"], "tuned": features}, LABELS)
    assert "tuned is left out of the verdict: it was trained on these labels, and no image" in found.verdict
    assert found.table.set_index("extractor").loc["tuned", "saw_labels"]


def noise_workspace(n_images=120):
    """Pictures of noise, labelled by position: nothing can be learned that holds for another one."""
    rng, files = np.random.default_rng(11), []
    for number in range(n_images):
        out = io.BytesIO()
        noise = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        noise.resize((64, 64), Image.Resampling.BILINEAR).save(out, "PNG")
        files.append((f"{'ab'[number % 2]}/{number}.png", out.getvalue()))
    workspace = fx.Workspace.open(":memory:")
    workspace.add(files)
    return workspace


@pytest.mark.slow
@pytest.mark.thorough
def test_a_network_that_learned_labels_of_noise_is_not_better():
    workspace = noise_workspace()
    images = workspace.images()
    rows = (
        fx.layer("Conv2D", filters=16, kernel_size=3, activation="relu"),
        fx.layer("Flatten"),
        fx.layer("Dense", units=32, activation="relu"),
    )
    runs = {}
    for name, weights in (("untrained", "random"), ("trained", "labels")):
        spec = fx.train(fx.CustomSequential(layers=rows, image_size=(16, 16), weights=weights), workspace)
        runs[name] = fx.extract(images, fx.build(spec, workspace))
    unmarked = fx.compare({name: run.vectors for name, run in runs.items()}, images.labels, images=images)
    assert unmarked.verdict.startswith("trained is better than untrained")  # what the marking is for
    for known in (None, workspace):  # the images know their workspace, too
        found = fx.compare(runs, images.labels, images=images, workspace=known)
        assert "is better" not in found.verdict
        trained = found.table.set_index("extractor").loc["trained"]
        assert trained["saw_labels"]
        assert 20 <= trained["n_scored"] <= 30
