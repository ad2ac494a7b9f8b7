"""What is in a model, as a study: known where it was examined before, refused by name where it cannot be used."""

import pytest

from featx_core.studies.models.own_model import CHECKING, OwnModelStudy
from tests.toys.entered_runs import Told
from tests.toys.files.model_files import SMALL_FACTS, enter_small_model, functional, packed, part
from tests.toys.studying import do, done

STUDY = OwnModelStudy(SMALL_FACTS.weights)


def test_it_is_what_the_notebook_gives(workspace):
    enter_small_model(workspace)
    told = Told()
    assert STUDY.title(workspace) == "Checking small.keras"
    assert done(workspace, STUDY, told) == SMALL_FACTS
    assert told.stages == [CHECKING]


def test_a_model_that_is_refused_is_a_reason(workspace):
    digest = workspace.put_artefact("mine.keras", packed(functional(part("Lambda", "l"))))
    with pytest.raises(ValueError, match=r"^`mine\.keras` uses a Lambda layer"):
        do(workspace, OwnModelStudy(f"file:{digest}"))
