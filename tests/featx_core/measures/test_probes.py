import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from featx_core.base.progress import Cancelled
from featx_core.measures.folds import assign_folds
from featx_core.measures.probes import N_TRAININGS, REGULARIZATIONS, has_few, knn_accuracy, linear_probe, probe_interval


def draw(rng, n_images=90, n_features=20, n_labels=3, shift=0.5):
    """Labels whose means lie apart, in noise."""
    codes = np.arange(n_images) % n_labels
    means = np.random.default_rng(99).normal(size=(n_labels, n_features))
    return shift * means[codes] + rng.normal(size=(n_images, n_features)), codes


def smallest_best(results):
    """The first of the best, where scikit-learn's own choice is left to the 17th digit."""
    return int(np.argmax(np.round(results["mean_test_score"], 9)))


@threadpool_limits.wrap(limits=1)  # threads only wait for each other over so little
def sklearn_probe(vectors, codes, folds):
    """The definition, written out with scikit-learn alone."""
    correct, choices = np.zeros(len(codes)), []
    for fold in range(5):
        training = folds != fold
        pipeline = make_pipeline(
            StandardScaler(),
            FunctionTransformer(lambda rows: rows / np.sqrt(rows.shape[1])),
            LogisticRegression(max_iter=10_000, tol=1e-8),
        )
        grid = {"logisticregression__C": list(REGULARIZATIONS)}
        search = GridSearchCV(pipeline, grid, cv=PredefinedSplit(folds[training]), refit=smallest_best)
        search.fit(vectors[training], codes[training])
        correct[~training] = search.predict(vectors[~training]) == codes[~training]
        choices.append(search.best_params_["logisticregression__C"])
    return correct, tuple(choices)


@pytest.mark.parametrize("n_features", [5, 20, 400])
def test_the_linear_probe_is_scikit_learns_pipeline(n_features):
    """Also where there are more features than images, and some that are constant."""
    vectors, codes = draw(np.random.default_rng(1), n_features=n_features, shift=2 / n_features**0.5)
    vectors[:, 0] = 7.5
    vectors[:, 1] *= 1000
    score = linear_probe(vectors, codes)
    correct, choices = sklearn_probe(vectors, codes, score.folds)
    np.testing.assert_array_equal(score.correct, correct)
    assert score.choices == choices
    assert score.interval.value == correct.mean()
    assert 0.4 < score.interval.value < 0.98


def test_knn_is_scikit_learns_leave_one_out():
    vectors, codes = draw(np.random.default_rng(2), n_labels=2)
    expected = []
    for row in range(len(codes)):
        others = np.arange(len(codes)) != row
        classifier = KNeighborsClassifier(5, metric="cosine").fit(vectors[others], codes[others])
        expected.append(classifier.predict(vectors[row : row + 1])[0] == codes[row])
    np.testing.assert_array_equal(knn_accuracy(vectors, codes).correct, expected)


def test_knn_by_hand_with_ties_shared():
    """Two votes each: the first and the last see both labels, the second sees the wrong one twice."""
    score = knn_accuracy(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), ["a", "b", "a"], k=2)
    assert score.correct.tolist() == [0.5, 0, 0.5]
    assert score.interval.value == pytest.approx(1 / 3)


def test_images_as_near_as_the_last_neighbour_share_its_vote():
    vectors = np.array([[1.0, 0.0], [1.0, 0.5], [1.0, -0.5], [1.0, 0.5]])
    assert knn_accuracy(vectors, ["a", "a", "b", "b"], k=1).correct[0] == 0


def test_a_group_does_not_vote_for_itself():
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    labels = ["a", "a", "b", "b"]
    assert knn_accuracy(vectors, labels, k=1).interval.value == 1
    assert knn_accuracy(vectors, labels, k=1, groups=[0, 0, 1, 1]).interval.value == 0


@pytest.mark.parametrize("probe", [knn_accuracy, linear_probe])
def test_planted_duplicates_do_not_leak(probe):
    """Labels without meaning, each image six times: without groups a probe seems to know them."""
    rng = np.random.default_rng(3)
    vectors, codes = rng.normal(size=(60, 30)), rng.integers(0, 4, 60)
    groups, labels = np.repeat(np.arange(60), 6), np.repeat(codes, 6)
    many = np.repeat(vectors, 6, axis=0) + rng.normal(size=(360, 30)) * 1e-3
    assert probe(many, labels).interval.value > 0.6
    kept = probe(many, labels, groups=groups).interval
    assert kept.value < 0.38
    assert kept.low < 0.25 < kept.high
    assert kept.n_effective < 60


@pytest.mark.parametrize("probe", [knn_accuracy, linear_probe])
def test_names_of_labels_play_no_part(probe):
    vectors, codes = draw(np.random.default_rng(4))
    first = probe(vectors, codes)
    second = probe(vectors, [{0: "z", 1: "a", 2: "m"}[code] for code in codes])
    np.testing.assert_array_equal(first.correct, second.correct)
    assert first.interval == second.interval


def test_the_scale_of_the_features_plays_no_part():
    vectors, codes = draw(np.random.default_rng(5))
    before = vectors.copy()
    for probe in (knn_accuracy, linear_probe):
        np.testing.assert_array_equal(probe(vectors, codes).correct, probe(1e-4 * vectors, codes).correct)
    np.testing.assert_array_equal(vectors, before)


def test_a_label_that_training_never_saw_is_wrong_and_no_error():
    vectors, codes = draw(np.random.default_rng(6), n_images=15)
    folds = codes.copy()
    assert linear_probe(vectors, codes, folds=folds).interval.value == 0
    assert linear_probe(vectors, np.zeros(15, int)).interval.value == 1


def test_progress_counts_trainings_and_can_stop():
    vectors, codes = draw(np.random.default_rng(7))
    seen = []
    linear_probe(vectors, codes, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, N_TRAININGS) for done in range(1, N_TRAININGS + 1)]

    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        linear_probe(vectors, codes, on_progress=stop)


def test_what_cannot_be_scored_is_refused():
    vectors, codes = draw(np.random.default_rng(8), n_images=12)
    with pytest.raises(ValueError, match=r"`vectors` must have shape .* Received: \(12,\)"):
        linear_probe(vectors[:, 0], codes)
    with pytest.raises(ValueError, match=r"`labels` must have one entry for each of 12 images. Received: 3"):
        knn_accuracy(vectors, [1, 2, 3])
    for missing in (None, "", float("nan")):
        with pytest.raises(ValueError, match=r"`labels` must have no gaps"):
            knn_accuracy(vectors, [0] * 11 + [missing])
    with pytest.raises(ValueError, match=r"values that are not finite"):
        linear_probe(np.where(vectors > 1, np.nan, vectors), codes)
    with pytest.raises(ValueError, match=r"at least two groups of images. Received: 1"):
        knn_accuracy(vectors, codes, groups=[0] * 12)
    with pytest.raises(ValueError, match=r"`k` must be at least 1. Received: 0"):
        knn_accuracy(vectors, codes, k=0)


def covered(probe, draws, *, n_features, n_labels, shift, n_images=60, copies=1):
    """How often the interval holds what the score is on average over draws of all images."""
    rng = np.random.default_rng(10)
    intervals = []
    for _ in range(draws):
        vectors, codes = draw(rng, n_images, n_features, n_labels, shift)
        groups = np.repeat(np.arange(n_images), copies)
        many = np.repeat(vectors, copies, axis=0) + 0.01 * rng.normal(size=(n_images * copies, n_features))
        intervals.append(probe(many, np.repeat(codes, copies), groups=groups).interval)
    truth = np.mean([interval.value for interval in intervals])
    return float(np.mean([interval.low <= truth <= interval.high for interval in intervals]))


CASES = {
    "two labels": {"n_features": 16, "n_labels": 2, "shift": 0.35},
    "four labels, more images": {"n_features": 12, "n_labels": 4, "shift": 0.5, "n_images": 120},
    "every image three times": {"n_features": 16, "n_labels": 2, "shift": 0.35, "copies": 3},
    "eight images a label": {"n_features": 12, "n_labels": 4, "shift": 0.5, "n_images": 32},
    "five images a label": {"n_features": 12, "n_labels": 4, "shift": 0.5, "n_images": 20},
}


def test_with_few_images_a_label_the_linear_interval_is_wider():
    correct, codes = np.arange(40) % 2 < 1, np.arange(40) // 10
    enough = probe_interval(correct, codes, np.arange(40))
    assert enough.n_effective == pytest.approx(40 / 1.45)
    assert probe_interval(correct, codes, np.arange(40), is_linear=False) == enough
    few = probe_interval(correct, np.arange(40) // 8, np.arange(40))
    assert few.n_effective == pytest.approx(40 / 1.75)
    assert few.high - few.low > enough.high - enough.low
    assert has_few(codes, np.arange(40) // 2)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("probe", [knn_accuracy, linear_probe])
def test_95_percent_intervals_cover(probe, case):
    assert 0.92 <= covered(probe, 300, **CASES[case]) <= 0.98


def test_the_folds_that_are_given_are_used():
    vectors, codes = draw(np.random.default_rng(9))
    folds = assign_folds(codes, np.arange(90))[::-1].copy()
    score = linear_probe(vectors, codes, folds=folds)
    np.testing.assert_array_equal(score.folds, folds)
    np.testing.assert_array_equal(score.correct, sklearn_probe(vectors, codes, folds)[0])
