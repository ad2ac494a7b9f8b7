import dataclasses
import subprocess
import sys
import textwrap
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.maps import projection as projection_module
from featx_core.maps import tsne as tsne_module
from featx_core.maps.projection import Projection, project
from featx_core.maps.registry import PROJECTIONS
from tests.toys.projection_vectors import FAST, quick, random_vectors, two_groups

EACH = [pytest.param(name, marks=pytest.mark.thorough) if name == "umap" else name for name in PROJECTIONS]
"""UMAP compiles itself for seconds in each process, whichever of its tests comes first."""


@pytest.mark.slow
@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("grid_rows", [10, 1_000])
def test_tsne_keeps_two_groups_apart(monkeypatch, n_components, grid_rows):
    monkeypatch.setattr(tsne_module, "GRID_ROWS", grid_rows)
    places = project(two_groups(), "tsne", n_components=n_components, n_iter=150).coordinates
    first, second = places[:30], places[30:]
    radius = max(np.linalg.norm(group - group.mean(axis=0), axis=1).max() for group in (first, second))
    assert np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)) > 2 * radius


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("name", EACH)
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


@pytest.mark.slow
def test_tsne_survives_identical_rows_in_a_process_of_its_own():
    script = """
        import numpy as np
        from featx_core import project

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
    root = Path(projection_module.__file__).parents[2]
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=120, cwd=root)


@pytest.mark.parametrize("n_images", range(7))
@pytest.mark.parametrize("name", EACH)
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
    with pytest.raises(ValueError, match="different features; all 20 points coincide"):
        project(1 + 1e-7 * random_vectors(20), "tsne")


def test_tsne_lowers_perplexity_to_a_third_of_the_others_and_says_so():
    lowered = project(random_vectors(10), "tsne", **FAST)
    assert lowered.details["perplexity"] == pytest.approx(3)
    assert lowered.notes == [
        "Perplexity was lowered from 30 to 3: it can be at most a third of the number of other images, 9."
    ]
    assert lowered.parameters["perplexity"] == 30
    assert project(random_vectors(10), "tsne", perplexity=3, **FAST).notes == []


@pytest.mark.parametrize("name", EACH)
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


@pytest.mark.parametrize("name", EACH)
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
    assert PROJECTIONS["tsne"].maximum_images[2] == 100_000


@pytest.mark.parametrize("name", EACH)
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
        ({"name": "mds"}, "no projection 'mds'. Choose one of: pca, tsne"),
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


def test_all_but_pca_belong_in_the_worker():
    assert {name for name, row in PROJECTIONS.items() if not row.in_worker} == {"pca"}


@pytest.mark.parametrize("name", EACH)
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
