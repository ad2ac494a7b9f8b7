"""The comparison of runs, on tables of numbers."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.comparison.tables import COLORS
from featx_core.studies.comparisons.comparison import ComparisonStudy
from tests.toys.entered_runs import Told, enter_run, enter_table, filled_workspace
from tests.toys.studying import do, done


@pytest.fixture
def filled():
    return filled_workspace()


def test_a_table_is_compared_with_runs_on_the_images_of_its_names(filled):
    run = enter_run(filled, "mobilenet_v2")
    names = (*(f"photos/{i}.jpg" for i in range(23, 3, -1)), "stranger")
    table = enter_table(filled, names, (None,) * 21)
    told = Told()
    found = done(filled, ComparisonStudy((run, table.digest)), told)
    assert told.stages[-2] == f"Scoring {COLORS}"
    assert (found.facts["n_images"], found.facts["noun"]) == (20, "image")
    assert found.notes == ("5 rows without features from every run left out.",)
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
    found = done(workspace, ComparisonStudy((first.digest, second.digest)), told)
    assert told.stages == ["Scoring First", f"Scoring {COLORS}, imported vectors", "Comparing the spaces"]
    assert found.table["kind"].tolist() == ["extractor", "extractor", "baseline"]
    assert found.table["probe"][0] == 1.0
    assert found.verdict.startswith(f"First is better than “{COLORS}, imported vectors”")
    assert "with 28 rows" in found.verdict
    assert found.notes[0] == "2 rows without features from every run left out."


def test_rows_that_are_equal_in_every_table_stay_together():
    workspace = fx.Workspace.open(":memory:")
    values = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    values[1] = values[0]
    names, labels = tuple(f"item {i}" for i in range(20)), ("cat", "dog") * 10
    run = fx.add_vectors(workspace, fx.Vectors(values, names, labels))
    facts = done(workspace, ComparisonStudy((run.digest,))).facts
    assert (facts["n_duplicate_groups"], facts["n_duplicates"]) == (1, 2)


def test_tables_that_share_no_name_are_not_compared(filled):
    table = enter_table(filled, ("a", "b"), (None, None))
    with pytest.raises(ValueError, match=r"No image has features of all these runs\..*Vectors are compared by name"):
        do(filled, ComparisonStudy((enter_run(filled, "mobilenet_v2"), table.digest)))
