"""Label errors as a study: a label that was changed by hand is found, images without labels are passed over."""

import pytest

from featx_core.studies.label_errors import LabelErrorsStudy
from tests.toys.entered_runs import enter_run, filled_workspace
from tests.toys.studying import done


def test_a_changed_label_is_found_and_the_right_one_offered():
    workspace = filled_workspace()
    run = enter_run(workspace, "mobilenet_v2")
    workspace.set_labels({"1.png": "dog", "2.png": None})
    found = done(workspace, LabelErrorsStudy(run))
    changed = {image.name: image.digest for image in workspace.images()}["1.png"]
    assert found.digests[0] == changed
    assert (found.labels[0], found.offered[0]) == ("dog", "cat")
    assert found.n_images == 23


def test_without_labels_it_asks_for_them():
    workspace = filled_workspace()
    run = enter_run(workspace, "mobilenet_v2")
    workspace.set_labels(dict.fromkeys(workspace.images().names))
    with pytest.raises(ValueError, match="Give the images labels first"):
        done(workspace, LabelErrorsStudy(run))
