import json

import numpy as np
import pandas as pd
import pytest

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.comparison import compare as comparisons
from featx_core.comparison.compare import compare
from featx_core.comparison.inputs import align
from featx_core.comparison.scores import prepare_space, score_extractor, score_pair
from featx_core.comparison.subset import choose_subset
from featx_core.comparison.tables import CHANCE, COLORS, Comparison
from featx_core.extraction.features import Features

LABELS = ["ant", "bee", "cow"] * 30
CODES = np.arange(90) % 3


def draw(seed=0, n_images=90, shifts=(0.8, 0.8, 0.0)):
    """Extractors of the same images whose labels lie apart by `shifts`."""
    rng = np.random.default_rng(seed)
    means = np.random.default_rng(99).normal(size=(3, 12))
    shared = 0.5 * rng.normal(size=(n_images, 12))
    codes = np.arange(n_images) % 3
    return {
        name: (shift * means[codes] + shared + rng.normal(size=(n_images, 12))).astype(np.float32)
        for name, shift in zip("abc", shifts, strict=True)
    }


@pytest.fixture(scope="module")
def found() -> Comparison:
    colors = np.random.default_rng(5).random((90, 8))
    return compare(draw(), LABELS, color_histograms=colors)


def assert_same(first, second):
    for name in ("table", "similarity", "tests"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    assert (first.verdict, first.notes, first.facts) == (second.verdict, second.notes, second.facts)


def test_the_table_ranks_by_the_probe_and_ends_with_the_baselines(found):
    assert found.table["extractor"].tolist()[2:] == ["c", COLORS, CHANCE]
    assert found.table["kind"].tolist() == ["extractor"] * 3 + ["baseline"] * 2
    assert found.names[2] == "c"
    scored = found.table.set_index("extractor")
    assert scored.loc[found.names, "probe"].is_monotonic_decreasing
    assert scored.loc[CHANCE, "probe"] == scored.loc[CHANCE, "knn"] == pytest.approx(1 / 3)
    assert scored.loc["a", "probe"] > 0.7
    assert (scored["probe_low"].dropna() < scored["probe"][:4]).all()
    assert (scored["probe_high"].dropna() > scored["probe"][:4]).all()
    assert scored.loc["a", "silhouette"] > scored.loc["c", "silhouette"]
    assert scored.loc["a", "nmi"] > 0.3 > scored.loc["c", "nmi"]
    assert scored.loc["a", "n_features"] == 12
    assert found.facts == {
        "n_images": 90, "noun": "image", "n_probed": 90, "n_labels": 3, "n_duplicate_groups": 0, "n_duplicates": 0,
        "has_labels": True, "has_verdict": True,
    }  # fmt: skip


def test_the_verdict_follows_from_the_tests(found):
    first, second, _ = found.names
    assert found.verdict == (
        f"{first} and {second} are better than c; there is no significant difference between them with 90 images. c "
        "does no better than chance."
    )
    real = found.tests[found.tests["is_real"] & (found.tests["family"] == "extractors")]
    assert sorted(zip(real["first"], real["second"], strict=True)) == [("a", "c"), ("b", "c")]
    assert set(found.tests["family"]) == {"extractors", CHANCE, COLORS}


def test_matrices_are_square_symmetric_and_hold_their_floor(found):
    for measure in ("cka", "rsa", "overlap"):
        values, floor = found.matrix(measure), found.matrix(measure, "floor_high")
        assert values.index.tolist() == values.columns.tolist() == found.names
        np.testing.assert_array_equal(values, values.T)
        np.testing.assert_array_equal(np.diag(values), 1)
        assert values.loc["a", "b"] > floor.loc["a", "b"]
        assert np.isnan(np.diag(floor)).all()
        assert -1 < found.matrix(measure, "half_1").loc["a", "a"] < 1
    expected = fx.linear_cka(draw()["a"], draw()["b"])
    assert found.matrix("cka").loc["a", "b"] == pytest.approx(expected, abs=1e-9)
    with pytest.raises(ValueError, match=r"`measure` must be one of cka, rsa, overlap.*Received: 'cca', 'value'"):
        found.matrix("cca")


def test_scores_are_those_of_the_probes_by_themselves(found):
    """Up to the folds, which a comparison deals out by what is in the images."""
    knn = fx.knn_accuracy(draw()["a"], LABELS)
    row = found.table.set_index("extractor").loc["a"]
    assert (row["knn"], row["knn_low"], row["knn_high"]) == pytest.approx(knn.interval[:3])


def test_json_and_back(found):
    assert_same(Comparison.from_json(found.to_json()), found)
    assert_same(Comparison.from_json(compare(draw()).to_json().encode()), compare(draw()))
    for broken in ("{}", "[]", "no", json.dumps({"table": 3})):
        with pytest.raises(ValueError, match="not a stored comparison"):
            Comparison.from_json(broken)


def test_the_order_of_extractors_and_images_and_the_names_of_labels_change_nothing(found):
    order = np.random.default_rng(7).permutation(90)
    features, colors = draw(), np.random.default_rng(5).random((90, 8))
    other = compare(
        {name: features[name][order] for name in "cab"},
        [{"ant": "z", "bee": "y", "cow": "x"}[LABELS[i]] for i in order],
        color_histograms=colors[order],
    )
    assert_same(other, found)


def test_a_score_needs_no_other_extractor():
    """What is kept for one extractor stays true when another one joins."""
    features = draw()
    keys = [f"{row:064x}" for row in range(90)]
    subset = choose_subset(keys, LABELS, None)
    alone = score_extractor(features["a"], subset)
    assert json.loads(json.dumps(alone)) == alone
    pair = score_pair(*(prepare_space(features[name], subset) for name in "ab"))
    assert pair == score_pair(*(prepare_space(features[name], subset) for name in "ba"))
    together = comparisons.assemble(
        {name: score_extractor(features[name], subset) for name in "ab"}, {("a", "b"): pair}, subset
    )
    assert together.table.set_index("extractor").loc["a", "probe"] == alone["probe"]["value"]
    assert together.matrix("rsa").loc["b", "a"] == pair["rsa"]["value"]


@pytest.mark.slow
def test_numbers_are_labels_like_their_texts(found):
    """Class 0, too, and class numbers that became floats."""
    expected = compare(draw(), [str(code) for code in CODES])
    for labels in (CODES, CODES.astype(float), pd.Series(CODES, index=np.arange(90) + 7)):
        assert_same(compare(draw(), labels), expected)
    assert compare(draw(), CODES > 0).facts["n_labels"] == 2
    gaps = np.where(np.arange(90) < 3, np.nan, CODES)
    assert compare(draw(), gaps).facts["n_probed"] == 87


def test_an_extractor_that_finds_a_rare_label_does_better_than_chance():
    """95 images of one label and 5 of another, which one feature tells apart: accuracy hardly rises above 95 %."""
    rare = np.arange(100) >= 95
    labels = ["rare" if each else "frequent" for each in rare]
    for seed in range(3):
        vectors = np.random.default_rng(seed).normal(size=(100, 16)) + 6 * rare[:, None] * np.eye(16)[0]
        found = compare({"a": vectors}, labels)
        assert found.verdict == "a does better than chance."
        assert found.tests.set_index("family").loc[CHANCE, "p"] < 0.01
    noise = compare({"a": np.random.default_rng(0).normal(size=(100, 16))}, labels)
    assert noise.verdict == "a does no better than chance."


def test_shuffled_labels_give_chance_and_no_real_difference():
    labels = list(np.random.default_rng(3).permutation(LABELS))
    found = compare(draw(), labels)
    assert "There is no significant difference between" in found.verdict
    assert found.verdict.endswith("None of them is significantly better than chance.")
    low, high = found.table["probe_low"][:3], found.table["probe_high"][:3]
    assert ((low < 1 / 3) & (high > 1 / 3)).all()


def test_without_labels_there_is_no_ranking():
    found = compare(draw())
    assert not found.has_labels
    assert found.names == ["a", "b", "c"]
    assert not {"knn", "probe", "silhouette", "nmi"} & set(found.table.columns)
    assert found.table["effective_dimension"].between(1, 12).all()
    assert found.table["hubness"].notna().all()
    assert found.matrix("overlap").loc["a", "b"] > found.matrix("overlap", "floor_high").loc["a", "b"]
    assert found.verdict.startswith("Without labels there is no ranking")
    assert found.tests.empty


def test_one_label_is_no_label_to_learn():
    found = compare(draw(), ["ant"] * 90)
    assert not found.has_labels
    assert found.verdict.startswith("Scores by label need at least two labels")


def test_too_little_data_says_so():
    found = compare({name: rows[:12] for name, rows in draw().items()}, LABELS[:12])
    assert found.verdict.startswith("Too little data for a verdict: 12 different images of 3 labels.")
    assert found.has_labels
    assert not found.facts["has_verdict"]
    assert found.tests.empty


@pytest.mark.parametrize("n_images", [1, 2, 3, 4, 5, 7])
def test_few_images_are_no_error(n_images):
    features = {name: rows[:n_images] for name, rows in draw().items()}
    found = compare(features, LABELS[:n_images])
    assert len(found.names) == 3
    assert Comparison.from_json(found.to_json()).names == found.names


def test_planted_duplicates_change_nothing_that_looks_at_single_images():
    """Copies of 30 images: the same groups, so the same space; and the probes do not profit."""
    features = draw()
    copied = {name: np.vstack([rows, rows[:30]]) for name, rows in features.items()}
    rng = np.random.default_rng(8)
    labels = list(rng.permutation(LABELS))
    alone, planted = compare(features, labels), compare(copied, labels + labels[:30])
    assert planted.facts["n_duplicate_groups"] == 30
    assert planted.facts["n_duplicates"] == 60
    for column in ("silhouette", "nmi", "effective_dimension", "hubness"):
        expected = alone.table.set_index("extractor")[column]
        np.testing.assert_allclose(planted.table.set_index("extractor")[column][expected.index], expected, atol=1e-9)
    columns = ["cka", "rsa", "overlap"]
    np.testing.assert_allclose(planted.similarity[columns], alone.similarity[columns], atol=1e-9)
    assert (planted.table["probe_low"][:3] < 0.4).all()
    assert planted.verdict.endswith("None of them is significantly better than chance.")


@pytest.mark.slow
def test_features_that_are_not_finite_tell_nothing_and_are_named():
    features = draw()
    features["b"][5, 3] = np.nan
    features["b"][7] = np.inf
    found = compare(features, LABELS)
    assert found.notes == (
        "b: the features of 2 images are not finite. They were replaced with the mean of the others.",
    )
    assert found.table["probe"].notna().all()
    others = compare(draw(), LABELS).table.set_index("extractor")
    assert found.table.set_index("extractor").loc["a", "silhouette"] == pytest.approx(others.loc["a", "silhouette"])


def test_dead_features_score_like_chance():
    found = compare({"dead": np.ones((90, 4)), **draw()}, LABELS)
    dead = found.table.set_index("extractor").loc["dead"]
    assert dead["probe"] <= 0.4
    assert np.isnan(dead["nmi"])
    assert found.matrix("cka").loc["dead", "a"] == 0


def test_progress_ends_at_the_total_and_can_stop():
    seen = []
    compare(draw(), LABELS, on_progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == list(range(1, 49))
    assert {total for _, total in seen} == {48}

    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        compare(draw(), LABELS, on_progress=stop)


def test_what_cannot_be_compared_is_refused():
    features = draw()
    with pytest.raises(ValueError, match=r"`features` is empty"):
        compare({})
    with pytest.raises(ValueError, match=r"'chance' is the name of a baseline"):
        compare({"chance": features["a"]})
    with pytest.raises(ValueError, match=r"same images in the same order.*'a' with 90, 'b' with 80"):
        compare({"a": features["a"], "b": features["b"][:80]})
    with pytest.raises(ValueError, match=r"'a' must have shape .* Received: \(90,\)"):
        compare({"a": features["a"][:, 0]})
    for name, value in {"labels": LABELS[:5], "groups": [1] * 5, "color_histograms": np.ones((5, 2))}.items():
        with pytest.raises(ValueError, match=rf"`{name}` must have one entry for each of 90 images. Received: 5"):
            compare(features, **{name: value})


def features_of(images, seed, **details):
    values = np.random.default_rng(seed).normal(size=(len(images), 6)).astype(np.float32)
    spec = fx.Pretrained(weights="random", seed=seed)
    return Features(values, tuple(images.names), tuple(images.labels), tuple(images.digests), spec, details)


def test_features_are_matched_to_images_by_name(workspace):
    images = workspace.images()
    full, part = features_of(images, 0, ms_per_image=2.5, n_parameters=7), features_of(images[:5], 1)
    given = align({"full": full, "part": part}, images.labels, images=images, groups=None, color_histograms=None)
    assert given.notes == ("1 image without features from every extractor left out.",)
    np.testing.assert_array_equal(given.spaces["full"](), full.vectors[:5])
    assert list(given.keys) == images.digests[:5]
    assert given.labels == images.labels[:5]
    assert given.colors.shape == (5, 512)
    assert len(given.groups) == 5
    found = compare({"full": full, "part": part}, images.labels, images=images)
    row = found.table.set_index("extractor").loc["full"]
    assert (row["badge"], row["n_parameters"], row["ms_per_image"]) == ("random weights, untrained (seed 0)", 7, 2.5)
    assert found.facts["n_images"] == 5
    other = features_of(images[5:], 2)
    with pytest.raises(ValueError, match="No image has features of every extractor"):
        compare({"a": part, "b": other}, images=images)
    with pytest.raises(ValueError, match=r"features of 'a' must have 6 rows, one per image. Received: 3"):
        compare({"a": np.ones((3, 2))}, images=images)
