"""Near-duplicates of a whole workspace, as a study."""

import numpy as np
import pytest

from featx_core.images.duplicates import duplicate_groups
from featx_core.studies import sketches
from featx_core.studies.rows.duplicates import DuplicatesStudy
from featx_core.studies.sketches import COMPARING, LOOKING
from tests.toys.entered_runs import Told
from tests.toys.studying import done


@pytest.mark.parametrize("max_kept", [sketches.MAX_KEPT, 1])
def test_groups_are_those_of_the_images_and_all_but_the_largest_can_go(workspace, monkeypatch, max_kept):
    monkeypatch.setattr(sketches, "MAX_KEPT", max_kept)
    first = workspace.images()[0]
    workspace.add([("again.png", first.read())])
    told, images = Told(), workspace.images()
    found = done(workspace, DuplicatesStudy(), told)
    rows, numbers = found.rows_of(images)
    expected = duplicate_groups(list(images))
    shared = np.flatnonzero(np.bincount(expected, minlength=len(images))[expected] > 1)
    assert set(rows.tolist()) == set(shared.tolist()) >= {0, len(images) - 1}
    assert all((expected[rows[numbers == number]] == expected[rows[numbers == number][0]]).all() for number in numbers)
    assert told.stages == [LOOKING, COMPARING]
    extra = found.all_but_largest(images.of_rows(rows), numbers)
    assert len(extra) == len(rows) - len(found.groups)
    assert "again.png" in extra
