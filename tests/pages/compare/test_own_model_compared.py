"""A run of the user's own model on the Compare page: in the ranking beside others, and layer by layer."""

import numpy as np
import pytest

from featx_core.specs.own_model import OwnModel
from pages._ui.shell import library
from tests.toys.app.comparing_runs import LABELS, opened, shown, text
from tests.toys.app.visiting import element, keep_run
from tests.toys.files.model_files import SIDE, SMALL_FACTS, enter_small_model

OWN = OwnModel(SMALL_FACTS.weights, "small", (SIDE, SIDE), "unit", layer="look", pooling="avg")


@pytest.mark.slow
def test_it_is_ranked_and_its_layers_are_swept(visit, shelve_runs, worker):
    token = shelve_runs()
    workspace = library.open_workspace(token)
    enter_small_model(workspace)
    shift = np.where(np.arange(len(LABELS)) % 2, 20.0, -20.0)[:, None]
    keep_run(workspace, np.random.default_rng(1).normal(size=(len(LABELS), 6)) + shift, OWN)
    visitor = shown(visit(token))
    assert worker.submitted == ["comparison"]
    assert "small, look" in visitor.words.replace("\\", "")
    visitor = opened(visitor, "sweep")
    element(visitor, "swept").set_value(OWN.digest)
    visitor.run().press("Sweep the layers").run()
    assert worker.submitted == ["comparison", "sweep"]
    assert "From the input (left) to the last layer." in text(visitor)
    assert visitor.has_no_fault
