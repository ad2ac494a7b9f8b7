"""After which jobs the worker is reset: those that built, traced or trained something."""

import pytest

from featx_core.specs.pretrained import Pretrained
from featx_core.worker import extraction_tasks
from featx_core.worker.tasks import TASKS
from tests.toys.visiting import quiet_report

SMALL = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))


@pytest.fixture
def needs_reset(workspace, monkeypatch):
    """Run a task; tells whether the next one needs a reset."""
    monkeypatch.setattr(extraction_tasks, "_EXTRACTORS", type(extraction_tasks._EXTRACTORS)())

    def run(task, **parameters):
        report = quiet_report()
        TASKS[task](workspace, {"spec": SMALL.to_json(), "batch_size": None, **parameters}, report)
        return report.needs_reset

    return run


def test_only_what_ran_with_networks_that_were_there_needs_none(needs_reset, workspace):
    heatmaps = {"images": workspace.images().names[:1], "layer": "stage2", "target": None}
    assert needs_reset("extract")
    assert not needs_reset("extract")
    assert not needs_reset("explain", names=["eigen_cam"], **heatmaps)
    assert needs_reset("explain", names=["grad_cam"], **heatmaps)
