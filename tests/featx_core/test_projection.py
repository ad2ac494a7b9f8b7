import dataclasses
import subprocess
import sys
import textwrap
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from featx_core import projection as projection_module
from featx_core.progress import Cancelled
from featx_core.projection import PROJECTIONS, Projection, project
from featx_core.projectors import pca as pca_module
from featx_core.projectors import tsne as tsne_module
from featx_core.trust import measure_trust, neighbors_kept

FAST = {"n_iter": 50}


def random_vectors(n_images=40, n_features=12, seed=0):
    return np.random.default_rng(seed).normal(size=(n_images, n_features)).astype(np.float32)


def two_groups(n_each=30, distance=12.0, n_features=80):
    vectors = random_vectors(2 * n_each, n_features)
    vectors[n_each:, 0] += distance
    return vectors


def quick(name):
    return FAST if name == "tsne" else {}


def by_svd(vectors, n_components):
    centered = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    left, singular, right = np.linalg.svd(centered, full_matrices=False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    return (left * singular * signs)[:, :n_components], singular**2 / np.sum(singular**2)


@pytest.mark.parametrize("shape", [(40, 12), (200, 12), (12, 40)])
@pytest.mark.parametrize("n_components", [2, 3])
def test_pca_is_the_singular_value_decomposition(shape, n_components):
    vectors = random_vectors(*shape) * np.linspace(5, 1, shape[1], dtype=np.float32)
    expected, shares = by_svd(vectors, n_components)
    result = project(vectors, "pca", n_components=n_components)
    np.testing.assert_allclose(result.coordinates, expected, atol=1e-4)
    n_reported = len(result.details["explained_variance"])
    assert n_reported == min(20, shape[0] - 1, shape[1])
    np.testing.assert_allclose(result.details["explained_variance"], shares[:n_reported], rtol=1e-5)


def test_pca_of_large_shapes_is_randomised_seeded_and_close_to_the_decomposition(monkeypatch):
    monkeypatch.setattr(pca_module, "EXACT_SIDE", 30)
    vectors = random_vectors(60, 80)
    vectors[:, :3] *= [40, 30, 20]
    first, again = (project(vectors, "pca", n_components=3, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.coordinates, again.coordinates)
    np.testing.assert_allclose(first.coordinates, by_svd(vectors, 3)[0], atol=0.02)


def test_pca_in_single_precision_agrees_with_double(monkeypatch):
    vectors = random_vectors() + 100
    double = project(vectors, "pca").coordinates
    monkeypatch.setattr(pca_module, "DOUBLE_ELEMENTS", 1)
    np.testing.assert_allclose(project(vectors, "pca").coordinates, double, atol=1e-3)


@pytest.mark.parametrize("unit", [1e-25, 1e-18, 1e30, 1e37])
def test_pca_does_not_depend_on_the_unit(unit):
    vectors = random_vectors(20, 6).astype(np.float64)
    scaled = project(vectors * unit, "pca")
    np.testing.assert_allclose(scaled.coordinates / unit, project(vectors, "pca").coordinates, rtol=1e-4, atol=1e-5)
    assert scaled.details["trustworthiness"] == pytest.approx(project(vectors, "pca").details["trustworthiness"])


def test_pca_of_two_images_has_one_component_and_says_so():
    result = project(np.array([[0.0, 0, 0], [0, 2, 0]]), "pca", n_components=3)
    np.testing.assert_allclose(result.coordinates, [[-1, 0, 0], [1, 0, 0]], atol=1e-7)
    assert result.details["explained_variance"] == pytest.approx([1])
    assert "only 1 principal component;" in result.notes[0]
    assert result.details["trustworthiness"] is None


@pytest.mark.parametrize("value", [0.0, 3.7, -1e-20])
def test_pca_of_identical_images_is_zero_and_says_so(value):
    result = project(np.full((50, 8), value), "pca")
    np.testing.assert_array_equal(result.coordinates, np.zeros((50, 2)))
    assert result.notes == ["All points coincide: the features of these images do not differ."]
    assert result.details["explained_variance"] == []
    assert result.axis_titles == ("PC1 (0 % of variance)", "PC2 (0 % of variance)")


def test_axes_are_titled_with_their_share_or_without_unit():
    vectors = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1], [0, 0]])
    assert project(vectors, "pca").axis_titles == ("PC1 (80 % of variance)", "PC2 (20 % of variance)")
    assert project(vectors, "tsne", **FAST).axis_titles == ("t-SNE 1 (no unit)", "t-SNE 2 (no unit)")


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("fft_rows", [10, 1_000])
def test_tsne_keeps_two_groups_apart(monkeypatch, n_components, fft_rows):
    monkeypatch.setattr(tsne_module, "FFT_ROWS", fft_rows)
    places = project(two_groups(), "tsne", n_components=n_components, n_iter=150).coordinates
    first, second = places[:30], places[30:]
    radius = max(np.linalg.norm(group - group.mean(axis=0), axis=1).max() for group in (first, second))
    assert np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)) > 2 * radius


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("name", PROJECTIONS)
def test_same_seed_gives_the_same_map_bit_for_bit(name, n_components):
    vectors = two_groups()
    before = vectors.copy()
    first, again = (project(vectors, name, n_components=n_components, seed=3, **quick(name)) for _ in range(2))
    assert first.coordinates.tobytes() == again.coordinates.tobytes()
    assert first.to_bytes() == again.to_bytes()
    assert first.coordinates.shape == (60, n_components)
    assert first.coordinates.dtype == np.float32
    np.testing.assert_array_equal(vectors, before)


def test_another_seed_gives_another_tsne_map():
    maps = [project(two_groups(), "tsne", seed=seed, **FAST).coordinates for seed in (0, 1)]
    assert not np.array_equal(*maps)


def test_tsne_survives_identical_rows_in_a_process_of_its_own():
    script = """
        import numpy as np
        from featx_core.projection import project

        rows = np.random.default_rng(0).normal(size=(5, 60)).astype(np.float32)
        vectors = np.repeat(rows, [46, 1, 1, 1, 1], axis=0)
        for n_components in (2, 3):
            result = project(vectors, "tsne", n_components=n_components, n_iter=50)
            assert np.isfinite(result.coordinates).all()
        try:
            project(np.ones((50, 60), np.float32), "tsne")
        except ValueError as error:
            assert "among these 50 there is 1" in str(error), error
        else:
            raise SystemExit(3)
    """
    root = Path(projection_module.__file__).parents[1]
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=120, cwd=root)


@pytest.mark.parametrize("n_images", range(7))
@pytest.mark.parametrize("name", PROJECTIONS)
def test_few_images(name, n_images):
    vectors = random_vectors(n_images, 9)
    these = {0: "there are none", 1: "this is 1"}.get(n_images, f"these are {n_images}")
    if n_images >= PROJECTIONS[name].minimum_images:
        result = project(vectors, name, n_components=3, **quick(name))
        assert result.coordinates.shape == (n_images, 3)
        assert np.isfinite(result.coordinates).all()
    else:
        with pytest.raises(ValueError, match=rf"needs at least \d (different )?images; {these}\."):
            project(vectors, name)


def test_tsne_names_the_reason_when_images_are_copies():
    vectors = np.repeat(np.eye(3), [4, 1, 1], axis=0)
    with pytest.raises(ValueError, match=r"^t-SNE needs at least 5 different images; among these 6 there are 3\.$"):
        project(vectors, "tsne")
    with pytest.raises(ValueError, match="features differ; all 20 points coincide"):
        project(1 + 1e-9 * random_vectors(20).astype(np.float64), "tsne")


def test_tsne_lowers_perplexity_to_a_third_of_the_others_and_says_so():
    lowered = project(random_vectors(10), "tsne", **FAST)
    assert lowered.details["perplexity"] == pytest.approx(3)
    assert lowered.notes == [
        "Perplexity was lowered from 30 to 3: it can be at most a third of the number of other images, 9."
    ]
    assert lowered.parameters["perplexity"] == 30
    assert project(random_vectors(10), "tsne", perplexity=3, **FAST).notes == []


@pytest.mark.parametrize("name", PROJECTIONS)
def test_rows_that_are_not_finite_are_left_out_and_counted(name):
    vectors = random_vectors(20)
    vectors[3, 1], vectors[7, 0], vectors[11] = np.nan, np.inf, -np.inf
    result = project(vectors, name, **quick(name))
    good = np.setdiff1d(np.arange(20), [3, 7, 11])
    np.testing.assert_array_equal(result.rows, good)
    assert result.notes[0] == "3 of 20 images were left out: their features hold values that are not finite."
    np.testing.assert_array_equal(result.coordinates, project(vectors[good], name, **quick(name)).coordinates)


def test_no_finite_row_at_all_is_refused_with_the_count():
    with pytest.raises(ValueError, match=r"there are none\. 4 of 4 images were left out"):
        project(np.full((4, 2), np.nan), "pca")


@pytest.mark.parametrize("name", PROJECTIONS)
def test_constant_columns_change_nothing(name):
    vectors = two_groups(n_features=10)
    wider = np.concatenate([vectors, np.full((60, 5), 2.0, np.float32)], axis=1)
    result, plain = (project(each, name, **quick(name)) for each in (wider, vectors))
    assert result.details["trustworthiness"] == pytest.approx(plain.details["trustworthiness"], abs=0.02)
    if name == "pca":
        np.testing.assert_allclose(result.coordinates, plain.coordinates, atol=1e-5)


def with_limit(monkeypatch, limit):
    row = dataclasses.replace(PROJECTIONS["tsne"], maximum_images=MappingProxyType({2: limit, 3: limit}))
    monkeypatch.setattr(projection_module, "PROJECTIONS", {**PROJECTIONS, "tsne": row})


def test_above_the_limit_a_seeded_sample_is_drawn_and_stated(monkeypatch):
    with_limit(monkeypatch, 25)
    vectors = random_vectors(1_200)
    vectors[:100] = np.nan
    first, again, other = (project(vectors, "tsne", seed=seed, **FAST) for seed in (1, 1, 2))
    assert len(np.unique(first.rows)) == 25
    assert first.rows.min() >= 100
    assert (np.diff(first.rows) > 0).all()
    np.testing.assert_array_equal(first.rows, again.rows)
    assert not np.array_equal(first.rows, other.rows)
    assert first.notes[:2] == [
        "100 of 1 200 images were left out: their features hold values that are not finite.",
        "25 of 1 100 images are shown, drawn at random with seed 1: t-SNE in 2-D takes at most 25.",
    ]


def test_at_the_limit_all_images_are_mapped(monkeypatch):
    with_limit(monkeypatch, 25)
    np.testing.assert_array_equal(project(random_vectors(25), "tsne", **FAST).rows, np.arange(25))


def test_limits_are_those_of_the_reliability_table():
    assert PROJECTIONS["pca"].maximum_images is None
    assert PROJECTIONS["tsne"].maximum_images[2] == 20_000


@pytest.mark.parametrize("name", PROJECTIONS)
def test_progress_rises_to_its_total(name):
    seen = []
    project(two_groups(), name, on_progress=lambda done, total: seen.append((done, total)), **quick(name))
    dones, totals = zip(*seen, strict=True)
    assert len(set(totals)) == 1
    assert list(dones) == sorted(dones)
    assert dones[0] == 0
    assert dones[-1] == totals[0]


def test_tsne_reports_both_phases_finely():
    dones = []
    project(two_groups(), "tsne", on_progress=lambda done, total: dones.append(done), n_iter=100)
    assert max(np.diff(dones)) <= 5
    assert dones[-1] == 351


@pytest.mark.parametrize("stop_at", [0, 100, 300, 351])
def test_cancelling_goes_through(stop_at):
    def stop(done, total):
        if done >= stop_at:
            raise Cancelled

    with pytest.raises(Cancelled):
        project(two_groups(), "tsne", on_progress=stop, n_iter=100)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros(5), r"must have shape `\(n_images, n_features\)`.*Received: \(5,\)"),
        (np.zeros((5, 2, 2)), r"Received: \(5, 2, 2\)"),
        (np.zeros((5, 0)), r"Received: \(5, 0\)"),
        (np.array([["a", "b"]]), "must hold real numbers"),
        (np.zeros((5, 2), complex), "must hold real numbers"),
    ],
)
def test_vectors_of_another_shape_or_kind_are_refused(vectors, message):
    with pytest.raises(ValueError, match=message):
        project(vectors, "pca")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "umap"}, "no projection 'umap'. Choose one of: pca, tsne"),
        ({"n_components": 4}, "`n_components` must be a whole number from 2 to 3. Received: 4"),
        ({"n_components": True}, "`n_components` must be"),
        ({"seed": -1}, "`seed` must be a whole number from 0"),
        ({"seed": 1.5}, "`seed` must be a whole number from 0"),
        ({"perplexity": 3}, "PCA has no parameter 'perplexity'. It has none."),
        ({"name": "tsne", "perplexty": 3}, "t-SNE has no parameter 'perplexty'. It has: perplexity, "),
        ({"name": "tsne", "perplexity": 0}, "Perplexity must be a number from 2 to 100. Received: 0"),
        ({"name": "tsne", "perplexity": "auto"}, "Perplexity must be a number from 2 to 100. Received: 'auto'"),
        ({"name": "tsne", "perplexity": float("nan")}, "Perplexity must be a number"),
        ({"name": "tsne", "n_iter": 99.5}, "Iterations must be a whole number from 50 to 5000"),
        ({"name": "tsne", "learning_rate": "fast"}, 'Learning rate must be a number from 1 to 20000, or "auto"'),
    ],
)
def test_wrong_arguments_are_refused_in_words(arguments, message):
    with pytest.raises(ValueError, match=message):
        project(random_vectors(), **{"name": "pca", **arguments})


def test_auto_exaggeration_is_twelve():
    maps = [project(two_groups(), "tsne", early_exaggeration=value, **FAST).coordinates for value in ("auto", 12)]
    np.testing.assert_array_equal(*maps)


@pytest.mark.parametrize("name", PROJECTIONS)
def test_rows_of_the_registry_can_fill_a_form(name):
    row = PROJECTIONS[name]
    assert row.title
    assert row.caption.endswith(".")
    assert row.reference
    for parameter in row.parameters:
        first = parameter.default if parameter.manual is None else parameter.manual
        assert parameter.minimum <= first <= parameter.maximum
        assert parameter.default == "auto" or parameter.minimum <= parameter.default <= parameter.maximum
        assert parameter.help.endswith(".")
    with pytest.raises(dataclasses.FrozenInstanceError):
        row.title = "other"
    with pytest.raises(TypeError):
        PROJECTIONS["other"] = row


def test_only_tsne_belongs_in_the_worker():
    assert {name: row.in_worker for name, row in PROJECTIONS.items()} == {"pca": False, "tsne": True}


@pytest.mark.parametrize("name", PROJECTIONS)
def test_a_map_survives_storage(name):
    result = project(two_groups(), name, **quick(name))
    stored = Projection.from_bytes(result.to_bytes())
    np.testing.assert_array_equal(stored.coordinates, result.coordinates)
    np.testing.assert_array_equal(stored.rows, result.rows)
    np.testing.assert_array_equal(stored.details.pop("neighbors_kept_each"), result.details.pop("neighbors_kept_each"))
    assert (stored.name, stored.parameters, stored.details) == (result.name, result.parameters, result.details)


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b[:200], lambda b: b"PK\x05\x06" + b"\0" * 18, lambda b: b"no"]
)
def test_a_damaged_map_is_refused(damage):
    content = project(random_vectors(), "pca").to_bytes()
    with pytest.raises(ValueError, match="not a stored map, or it is damaged"):
        Projection.from_bytes(damage(content))


def test_each_flipped_byte_gives_the_same_map_or_a_refusal():
    content = project(random_vectors(8, 4), "pca").to_bytes()
    whole = Projection.from_bytes(content)
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 0x55
        try:
            read = Projection.from_bytes(bytes(damaged))
        except ValueError as error:
            assert "not a stored map" in str(error)  # noqa: PT017 - a flip may also leave the map whole
        else:
            np.testing.assert_array_equal(read.coordinates, whole.coordinates)


def test_a_perfect_map_is_fully_trusted():
    places = random_vectors(50, 2)
    trust = measure_trust(np.concatenate([places, np.zeros((50, 7), np.float32)], axis=1), 3 * places)
    assert trust.trustworthiness == 1
    assert trust.neighbors_kept == 1
    assert trust.n_neighbors == 10
    np.testing.assert_array_equal(trust.neighbors_kept_each, np.ones(50))


def test_neighbors_kept_by_hand():
    line, moved = (np.abs(np.subtract.outer(x, x)) for x in (np.array([0.0, 1, 3, 7]), np.array([0.0, 1, 3, 0.4])))
    np.testing.assert_array_equal(neighbors_kept(line, moved, 1), [0, 0, 1, 0])
    np.testing.assert_array_equal(neighbors_kept(line, moved, 3), [1, 1, 1, 1])


def test_trustworthiness_by_hand():
    """On the map, 3 takes 4 (true rank 4, 2 too many) and 4 takes 1 (true rank 3, 1 too many) among its 2 neighbours."""
    line, swapped = np.array([[0.0], [1], [3], [7], [15]]), np.array([[0.0], [1], [3], [15], [7]])
    trust = measure_trust(line, swapped)
    n_images, n_neighbors = 5, 2
    penalty = 2 / (n_images * n_neighbors * (2 * n_images - 3 * n_neighbors - 1))
    assert trust.n_neighbors == n_neighbors
    assert trust.trustworthiness == pytest.approx(1 - penalty * 3)
    np.testing.assert_array_equal(trust.neighbors_kept_each, [1, 1, 1, 0.5, 0.5])
    assert trust.neighbors_kept == pytest.approx(0.8)


def test_copies_may_stand_for_each_other():
    vectors = np.repeat(random_vectors(6, 3), 8, axis=0)
    order = np.random.default_rng(1).permutation(48)
    assert measure_trust(vectors[order], vectors[order]).neighbors_kept == 1


def test_trust_of_many_rows_is_measured_on_a_stated_sample(monkeypatch):
    monkeypatch.setattr("featx_core.trust.TRUST_ROWS", 30)
    result = project(random_vectors(1_100, 4), "pca")
    assert result.details["n_measured"] == 30
    assert np.isfinite(result.details["neighbors_kept_each"]).sum() == 30
    assert result.notes == ["How far to trust the map was measured on 30 of 1 100 images, drawn at random."]


def test_a_shuffled_map_is_not_trusted():
    vectors = random_vectors(400, 2)
    trust = measure_trust(vectors, np.random.default_rng(1).permutation(vectors))
    assert trust.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert trust.neighbors_kept == pytest.approx(10 / 399, abs=0.02)
