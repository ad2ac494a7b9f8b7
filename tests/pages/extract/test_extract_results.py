"""The Extract page: a run on its way, and its result."""

import numpy as np
import pytest

from featx_core.workspace.store import DiskFullError
from featx_core.workspace.vectors import VectorStore
from pages._ui.extract import results
from tests.toys.app.extracting import set_up, words_of
from tests.toys.app.map_packs import n_points
from tests.toys.app.visiting import SPEC, element, keep_run, nodes, texts

pytestmark = pytest.mark.slow


@pytest.fixture
def visitor(visit, shelve, make_png):
    """A visitor who picked MobileNetV2."""
    came = visit(
        shelve([(f"{label}/{label}{i}.png", make_png(i + 9 * ord(label))) for i in range(3) for label in "ab"])
    )
    return set_up(came.open("extract"), backbone="mobilenet_v2")


def test_a_run_in_the_making_can_be_left_cancelled_and_begun_again(visitor, worker):
    worker.holds = True
    set_up(visitor, side_MobileNetV2=64)
    visitor.tab.button(key="run").click().run()
    assert words_of(visitor).count("Extracting, 0 of 8") == 1
    assert visitor.open("images").words.count("Extracting, 0 of 8") == 1
    cancel = next(button for button in visitor.tab.main.button if button.label == "Cancel")
    cancel.click().run()
    assert "Cancelled. Finished results are kept." in visitor.open("extract").words
    visitor.press("Try again")
    assert worker.submitted == ["extract", "extract"]


def test_a_run_that_fails_says_why_in_one_sentence_and_can_be_tried_again(visitor, worker):
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    worker.change(worker.jobs()[0].key, state="failed", message="The computation stopped unexpectedly (ref AB12).")
    visitor.run()
    assert [error.value.replace("\\", "") for error in visitor.tab.error] == [
        "The computation stopped unexpectedly (ref AB12)."
    ]
    assert "Try again" in visitor.buttons


@pytest.mark.thorough
def test_a_run_ends_in_its_card_map_and_heatmaps(visitor, worker):
    set_up(visitor, side_MobileNetV2=64)
    visitor.tab.button(key="run").click().run()
    visitor.run()
    assert worker.submitted == ["extract", "heatmap"]
    facts = {metric.label: metric.value for metric in visitor.tab.metric}
    assert facts["Shape"] == "(6, 1280)"
    assert facts["Size"] == "30.7 kB"
    assert "random weights, untrained (seed 0)" in words_of(visitor)
    keys = [chart.key.split("_")[0] for chart in visitor.tab.get("plotly_chart")]
    assert keys == ["glance", "picture"]
    assert len([node for node in nodes(visitor.tab.main) if type(node).__name__ == "Image"]) == 4
    assert {"Open the map", "See heatmaps"} <= set(visitor.buttons)
    assert visitor.has_no_fault
    run = visitor.workspace.ledger.runs()[0]
    assert run.spec == SPEC


def test_the_result_has_a_table_and_three_downloads(visitor):
    keep_run(visitor.workspace, np.arange(6 * 70.0).reshape(6, 70))
    visitor.tab.session_state["extract_view"] = "Result"
    visitor.tab.session_state["feature_table"] = True
    visitor.run()
    table = visitor.tab.dataframe[0].value
    assert table.shape == (6, 67)
    assert "The first 64 of 70 features. Downloads contain all of them." in visitor.words
    assert {"NumPy (.npz)", "Table (.csv)", "Parquet (.parquet)"} <= {b.label for b in visitor.tab.download_button}


def test_a_run_is_quick_when_all_is_kept(visitor):
    keep_run(visitor.workspace, np.ones((6, 1280)))
    set_up(visitor, side_MobileNetV2=64)
    assert "All images are already computed." in visitor.words


def test_the_feature_matrix_comes_after_the_heatmaps_above_it_but_not_later_than_they_fail(visitor, worker):
    worker.holds = True
    keep_run(visitor.workspace, np.random.default_rng(0).normal(size=(6, 5)))
    visitor.tab.session_state["extract_view"] = "Result"

    def charts():
        return [chart.key.split("_")[0] for chart in visitor.run().tab.get("plotly_chart")]

    assert charts() == ["glance"]
    assert worker.submitted == ["heatmap"]
    worker.change(worker.jobs()[0].key, state="failed", message="The computation failed.")
    assert charts() == ["glance", "picture"]
    assert visitor.has_no_fault


def test_the_feature_matrix_does_not_wait_for_long(visitor, worker, monkeypatch):
    monkeypatch.setattr(results, "MATRIX_SECONDS", 0.0)
    worker.holds = True
    keep_run(visitor.workspace, np.random.default_rng(0).normal(size=(6, 5)))
    visitor.tab.session_state["extract_view"] = "Result"
    assert [chart.key.split("_")[0] for chart in visitor.run().tab.get("plotly_chart")] == ["glance", "picture"]


def test_the_buttons_under_the_result_lead_to_map_and_heatmaps(visitor):
    keep_run(visitor.workspace, np.random.default_rng(0).normal(size=(6, 5)))
    visitor.tab.session_state["extract_view"] = "Result"
    visitor.run().tab.button(key="to_map").click().run()
    assert visitor.tab.title[0].value == "Map"
    assert n_points(visitor) == 6


def test_a_run_in_the_making_is_shown_after_a_reload(visitor, visit, worker):
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    later = visit(visitor.token).open("extract")
    assert later.tab.session_state["extract_view"] == "Result"
    assert "Extracting, 0 of 8" in "".join(text for node in nodes(later.tab.main) for text in texts(node))


def test_the_result_is_there_in_a_new_session(visitor, visit):
    keep_run(visitor.workspace, np.ones((6, 5)))
    later = visit(visitor.token).open("extract")
    assert later.tab.session_state["extract_view"] == "Set up"
    element(later, "extract_view").set_value("Result").run()
    assert {metric.label: metric.value for metric in later.tab.metric}["Shape"] == "(6, 5)"


def test_results_that_the_disk_does_not_take_are_shown_all_the_same(visitor, monkeypatch):
    def full(*arguments):
        raise DiskFullError("Results are not being saved: the disk is full.")

    set_up(visitor, side_MobileNetV2=64)
    monkeypatch.setattr(VectorStore, "save", full)
    visitor.press("Extract from 6 images")
    assert "(6, 1280)" in [metric.value for metric in visitor.tab.metric]
    assert "Results are not being saved: the disk is full." in words_of(visitor)
    assert "Open the map" not in visitor.buttons
    assert visitor.has_no_fault
