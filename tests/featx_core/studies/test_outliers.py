"""Outliers as a study: those of the core, near-duplicates passed over, equal files once."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.curation.outliers import find_outliers
from featx_core.studies.outliers import OutliersStudy
from tests.toys.entered_runs import Told, enter_run, enter_table, filled_workspace, picture
from tests.toys.studying import done


def test_it_gives_what_the_core_gives_and_names_each_content_once():
    workspace = filled_workspace()
    workspace.add([("cat/again.png", picture(1))])
    run = enter_run(workspace, "mobilenet_v2")
    features = fx.load_features(workspace, run)
    told = Told()
    found = done(workspace, OutliersStudy(run), told)
    assert told.stages[-1] == "Looking for outliers"
    assert found == find_outliers(features.vectors[:24], features.digests[:24])


def test_images_without_finite_features_are_passed_over():
    workspace = filled_workspace()
    run = enter_run(workspace, "mobilenet_v2")
    digest = workspace.images().digests[5]
    workspace.vectors.save(run, {digest: np.full(8, np.nan, np.float32)})
    found = done(workspace, OutliersStudy(run))
    assert len(found.digests) == 23
    assert digest not in found.digests


def test_a_table_of_numbers_has_outliers_too():
    workspace = fx.Workspace.open(":memory:")
    run = enter_table(workspace, [f"row {i}" for i in range(30)], ["cat", "dog"] * 15)
    assert len(done(workspace, OutliersStudy(run.digest)).digests) == 30


def test_a_run_that_is_gone_is_said():
    with pytest.raises(ValueError, match="no longer in the workspace"):
        done(filled_workspace(), OutliersStudy("0" * 64))
