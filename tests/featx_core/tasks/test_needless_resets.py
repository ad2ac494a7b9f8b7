"""After which jobs the worker is reset: those that built, traced or trained something."""

import pytest

from featx_core.methods.extractors import Extractors
from featx_core.specs.pretrained import Pretrained
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.tasks import extraction, studies
from featx_core.tasks.registry import TASKS
from featx_core.tasks.requests import ExtractJob, StudyJob
from tests.toys.app.visiting import quiet_report

SMALL = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))


@pytest.fixture
def needs_reset(workspace, monkeypatch):
    """Run a task; tells whether the next one needs a reset."""
    extractors = Extractors()
    for module in (extraction, studies):
        monkeypatch.setattr(module, "EXTRACTORS", extractors)

    def run(asked):
        report = quiet_report()
        TASKS[asked.task](workspace, asked.to_parameters(), report)
        return report.needs_reset

    return run


@pytest.mark.slow
@pytest.mark.thorough
def test_only_what_ran_with_networks_that_were_there_needs_none(needs_reset, workspace):
    image = workspace.images().digests[0]
    assert needs_reset(ExtractJob(SMALL))
    assert not needs_reset(ExtractJob(SMALL))
    assert not needs_reset(StudyJob((HeatmapStudy(SMALL, image, "eigen_cam", "stage2"),)))
    assert needs_reset(StudyJob((HeatmapStudy(SMALL, image, "grad_cam", "stage2"),)))
