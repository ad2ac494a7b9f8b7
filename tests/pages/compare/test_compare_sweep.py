"""The Compare page: the layer sweep, and backbones that are run from it."""

import pandas as pd
import pytest

from featx_core.comparison.layer_sweep import Sweep
from featx_core.studies.comparisons.sweep import SweepStudy
from featx_core.tasks.requests import StudyJob
from pages._ui.compare import more_runs
from pages._ui.shell import library
from tests.toys.app.comparing_runs import WEAK, download, figure, opened, shown, text
from tests.toys.app.extracting import all_asked
from tests.toys.app.visiting import element


@pytest.mark.slow
def test_the_layer_sweep_is_asked_for_by_a_button_and_can_be_followed(visit, shelve_runs, worker):
    visitor = opened(shown(visit(shelve_runs())), "sweep")
    assert worker.submitted == ["comparison"]
    worker.holds = True
    element(visitor, "swept").set_value(WEAK.digest)
    visitor.run().press("Sweep the layers")
    assert worker.submitted == ["comparison", "sweep"]
    sweep = SweepStudy(WEAK)
    asked = StudyJob.from_parameters(worker.jobs()[-1].parameters)
    assert asked == StudyJob((sweep,), (sweep.key(visitor.workspace),))
    assert "Layers of MobileNetV3Small" in visitor.words.replace("\\", "")
    assert "Sweep the layers" not in visitor.buttons


def made_sweep():
    rows = {
        "layer": ["block_1", "block_9", "out"],
        "stage": ["stage1", "stage2", "top"],
        "shape": ["56 x 56 x 24", "14 x 14 x 64", "7 x 7 x 1280"],
        "index": [10, 70, 150],
        "n_features": [24, 64, 1280],
        "probe": [0.5, 0.9, 0.7],
        "probe_low": [0.4, 0.8, 0.6],
        "probe_high": [0.6, 0.95, 0.8],
        "cka_to_last": [0.2, 0.6, 1.0],
        "effective_dimension": [2.0, 5.0, 9.0],
    }
    facts = {"n_images": 40, "n_probed": 40, "has_labels": True}
    return Sweep(pd.DataFrame(rows), "Stage 2 tells your labels apart best.", ("One note.",), facts)


@pytest.mark.slow
def test_a_layer_sweep_that_is_there_is_shown(visit, shelve_runs):
    token = shelve_runs()
    workspace = library.open_workspace(token)
    newest = workspace.ledger.runs()[0].spec
    workspace.put_result(SweepStudy(newest).key(workspace), made_sweep().to_bytes())
    visitor = opened(shown(visit(token)), "sweep")
    assert "**Stage 2 tells your labels apart best.**" in text(visitor)
    assert figure(visitor, "sweep_chart")["data"]
    assert "Sweep the layers" not in visitor.buttons
    assert download(visitor, "Sweep as CSV")
    assert visitor.has_no_fault


def test_backbones_are_run_one_after_another_from_the_page(visit, shelve, make_png, worker):
    worker.holds = True
    visitor = visit(shelve([(f"{row}.png", make_png(row)) for row in range(4)])).open("compare")
    opened(visitor, "more_0")
    assert element(visitor, "more_backbones").value == ["embedded_v1"]
    element(visitor, "more_backbones").set_value(list(more_runs.QUICK))
    element(visitor, "more_weights").set_value("random")
    visitor.run().press("Run")
    specs = [asked.spec for asked in all_asked(worker)]
    assert [spec.backbone for spec in specs] == list(more_runs.QUICK)
    assert {spec.weights for spec in specs} == {"random"}
    assert not visitor.tab.session_state["more_1"]  # a new one, and closed
    assert all(job.title in visitor.words.replace("\\", "") for job in worker.jobs())


def test_trained_means_what_each_backbone_was_trained_to_and_says_what_that_needs(visit, shelve, make_png, worker):
    worker.holds = True
    visitor = opened(visit(shelve([(f"{row}.png", make_png(row)) for row in range(4)])).open("compare"), "more_0")
    element(visitor, "more_backbones").set_value(["embedded_v1", "mobilenet_v2"])
    visitor.run()
    assert "Embedded, trained on synthetic images, offline" in text(visitor)
    assert "ImageNet, needs a download" in text(visitor)
    visitor.press("Run")
    specs = [asked.spec for asked in all_asked(worker)]
    assert [spec.weights for spec in specs] == ["embedded", "imagenet"]


def test_a_backbone_that_fails_is_told(visit, shelve, make_png, worker):
    worker.holds = True
    visitor = opened(visit(shelve([(f"{row}.png", make_png(row)) for row in range(4)])).open("compare"), "more_0")
    element(visitor, "more_backbones").set_value(["mobilenet_v2"])
    visitor.run().press("Run")
    worker.change(worker.jobs()[0].key, state="failed", message="There is no connection to the internet.")
    assert [error.value.replace("\\", "") for error in visitor.run().tab.error] == [
        "There is no connection to the internet."
    ]
    visitor.press("Try again")
    assert worker.submitted == ["extract", "extract"]
    assert not visitor.tab.error
