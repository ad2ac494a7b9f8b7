"""The Compare page: runs of any kind beside each other, the verdict, the pair view, the layer sweep."""

import csv
import sqlite3

import pytest

from featx_core.comparison.tables import CHANCE, COLORS
from featx_core.studies.comparisons.comparison import ComparisonStudy
from featx_core.tasks.requests import StudyJob
from pages._ui.compare import more_runs, overview
from tests.toys.app.comparing_runs import (
    LABELS,
    STRONG,
    TITLES,
    WEAK,
    download,
    figure,
    keys,
    opened,
    shown,
    spaces,
    text,
    verdict,
)
from tests.toys.app.visiting import element, tiles

pytestmark = pytest.mark.slow

PROGRESS = "Comparing 3 runs"
ALL = ComparisonStudy(tuple(spec.digest for spec in TITLES.values()))


def test_with_one_run_the_page_asks_for_a_second(visit, shelve_runs, worker):
    visitor = shown(visit(shelve_runs({STRONG: spaces(40)[STRONG]})))
    assert "Pick at least two runs to compare, or run more backbones above." in text(visitor)
    assert worker.submitted == []
    assert visitor.has_no_fault


def test_three_runs_are_compared_at_once_and_the_verdict_names_the_best(visit, shelve_runs, worker):
    visitor = shown(visit(shelve_runs()))
    assert worker.submitted == ["comparison"]
    assert verdict(visitor).startswith("MobileNetV2 is better than the rest with 40 images.")
    assert "EfficientNetB0 does no better than chance." in text(visitor)  # noise, which is said below
    assert "40 images, 2 labels." in text(visitor)
    assert visitor.has_no_fault


def test_the_verdict_names_its_measure_and_the_baselines(visit, shelve_runs):
    said = text(shown(visit(shelve_runs())))
    assert "Accuracy of a linear probe: MobileNetV2 100 %, colour histogram " in said
    assert "chance 50 %." in said


def test_the_table_has_four_columns_until_more_are_asked_for(visit, shelve_runs):
    visitor = shown(visit(shelve_runs()))
    assert list(visitor.tab.main.dataframe[0].proto.column_order) == ["extractor", "probe", "knn", "ms_per_image"]
    element(visitor, "more_measures").set_value(True).run()
    assert {"silhouette", "nmi", "hubness"} <= set(visitor.tab.main.dataframe[0].proto.column_order)


def test_one_press_runs_the_small_networks_of_this_machine(visit, shelve_runs, worker, monkeypatch):
    monkeypatch.setattr(more_runs, "is_here", lambda backbone: backbone.title in ("MobileNetV2", "EfficientNet-Lite0"))
    visitor = shown(visit(shelve_runs({STRONG: spaces(40)[STRONG]})))
    worker.holds = True
    element(visitor, "which_network").click().run()
    asked = [job.parameters["spec"] for job in worker.jobs() if job.task == "extract"]
    assert sorted(spec["backbone"] if isinstance(spec, dict) else spec for spec in asked)
    assert len(asked) == 2
    assert visitor.has_no_fault


def test_images_that_the_best_two_do_not_both_get_right_are_shown(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "disagreements").run()
    said = [head.value for head in visitor.tab.main.subheader]
    wrong = [words for words in said if "MobileNetV2 right, MobileNetV3Small wrong" in words.replace("\\", "")]
    assert len(wrong) == 1
    assert " 0 images" not in wrong[0]
    assert {tile["says"] for tile in tiles(visitor, "right_first")} <= {"as cat", "as dog"}


def test_the_ranking_shows_all_runs_in_order_with_intervals(visit, shelve_runs):
    visitor = shown(visit(shelve_runs()))
    drawn = figure(visitor, "compare_ranking")
    names = drawn["layout"]["yaxis"]["ticktext"]
    assert set(names) == {*TITLES, COLORS}
    assert names[-1] == "MobileNetV2"
    assert {trace["name"] for trace in drawn["data"]} == {"linear probe", "k-NN"}
    assert all("error_x" in trace for trace in drawn["data"])


def test_the_table_holds_every_run_and_two_baselines(visit, shelve_runs):
    visitor = shown(visit(shelve_runs()))
    table = visitor.tab.main.dataframe[0].value
    assert set(table["extractor"]) == {*TITLES, COLORS, CHANCE}
    assert table["extractor"].iloc[0] == "MobileNetV2"
    assert table["probe"].iloc[0].startswith("1.000 [0.")
    assert table.set_index("extractor").loc[CHANCE, "probe"].startswith("0.5")


def test_the_table_as_csv_is_empty_where_nothing_is_known(visit, shelve_runs):
    visitor = shown(visit(shelve_runs()))
    assert download(visitor, "Table as CSV")
    made = ALL.find(visitor.workspace)
    rows = {row["extractor"]: row for row in csv.DictReader(overview._csv(made.table).decode().splitlines())}
    assert rows[CHANCE]["ms_per_image"] == rows[CHANCE]["n_parameters"] == ""
    assert float(rows["MobileNetV2"]["probe"]) == 1.0


def test_quality_stands_against_time_when_times_are_known(visit, shelve_runs):
    drawn = figure(shown(visit(shelve_runs())), "compare_trade")
    points = {trace["name"]: trace for trace in drawn["data"] if trace["mode"] == "markers+text"}
    assert set(points) == set(TITLES)
    assert points["MobileNetV2"]["textposition"] == "top right"
    assert points["EfficientNetB0"]["textposition"] == "top left"


def test_without_times_there_is_no_figure_of_them(visit, shelve_runs):
    visitor = shown(visit(shelve_runs(ms_per_image=None)))
    assert "compare_ranking" in keys(visitor)
    assert "compare_trade" not in keys(visitor)
    assert visitor.has_no_fault


def test_without_labels_there_is_no_ranking_and_the_page_says_why(visit, shelve_runs):
    visitor = shown(visit(shelve_runs(labels=[None] * 30)))
    assert "Without labels there is no ranking" in text(visitor)
    assert not keys(visitor) & {"compare_ranking", "compare_trade"}
    assert "probe" not in visitor.tab.main.dataframe[0].value.columns
    opened(visitor, "spaces", "pair")
    assert "matrix_cka" in keys(visitor)
    floors = ALL.find(visitor.workspace).similarity["cka_floor_high"]
    highest = floors.max()
    assert f"Below {highest:.2f}, the noise floor, a value means nothing" in text(visitor).replace("\\", "")
    assert "Images whose neighbours changed most" in text(visitor)
    assert visitor.has_no_fault


def test_with_too_few_images_the_page_says_so_in_place_of_a_verdict(visit, shelve_runs):
    visitor = shown(visit(shelve_runs(labels=LABELS[:8])))
    assert "Too little data for a verdict" in text(visitor)
    assert visitor.has_no_fault


def test_figures_can_be_kept(visit, shelve_runs):
    visitor = shown(visit(shelve_runs()))
    assert download(visitor, "Figure as HTML", "html_ranking")
    assert download(visitor, "Figure as HTML", "html_trade")


def test_the_page_leaves_a_comparison_that_is_not_waited_for(visit, shelve_runs, worker):
    worker.holds = True
    visitor = visit(shelve_runs()).open("compare")
    assert PROGRESS in visitor.words
    element(visitor, "compared_3").set_value([STRONG.digest, WEAK.digest])
    visitor.run()
    assert [job.state for job in worker.jobs()] == ["cancelled", "running"]
    assert StudyJob.from_parameters(worker.jobs()[1].parameters).studies == (
        ComparisonStudy((STRONG.digest, WEAK.digest)),
    )


def test_one_press_begins_a_run_for_each_backbone_and_one_press_stops_them_all(visit, shelve_runs, worker):
    visitor = shown(visit(shelve_runs()))
    worker.holds = True
    element(visitor, "more_backbones").set_value(["embedded_v1", "mobilenet_v2"])
    visitor.run()
    visitor.press("Run").run()
    begun = [job for job in worker.jobs() if job.task == "extract"]
    assert [job.state for job in begun] == ["running", "running"]
    assert all(job.title in visitor.words for job in begun)
    visitor.press("Cancel all").run()
    assert [worker.job(job.key).state for job in begun] == ["cancelled", "cancelled"]
    assert not [button for button in visitor.tab.button if button.label == "Cancel all"]


def test_runs_that_are_taken_away_leave_the_comparison(visit, shelve_runs):
    visitor = shown(visit(shelve_runs()))
    element(visitor, "compared_3").set_value([STRONG.digest, WEAK.digest])
    visitor.run().run()
    assert "EfficientNetB0" not in set(visitor.tab.main.dataframe[0].value["extractor"])
    assert "MobileNetV2 is better than MobileNetV3Small" in verdict(visitor)


def test_a_changed_label_makes_another_comparison(visit, shelve_runs, worker):
    visitor = shown(visit(shelve_runs()))
    visitor.workspace.set_labels({"0.png": "dog"})
    shown(visitor)
    assert worker.submitted == ["comparison", "comparison"]
    assert visitor.has_no_fault


def test_a_comparison_that_failed_is_told_once_and_can_be_tried_again(visit, shelve_runs, worker):
    worker.holds = True
    visitor = visit(shelve_runs()).open("compare")
    worker.change(worker.jobs()[0].key, state="failed", message="The disk is full.", reference="AB12")
    visitor.run().run()
    assert [error.value for error in visitor.tab.error] == ["The disk is full\\."]
    worker.holds = False
    visitor.press("Try again").run()
    assert "MobileNetV2 is better" in verdict(visitor)


@pytest.mark.parametrize("n_draws", [3])
def test_a_damaged_comparison_is_computed_again_once(visit, shelve_runs, worker, n_draws):
    visitor = shown(visit(shelve_runs()))
    before = verdict(visitor)
    with sqlite3.connect(visitor.workspace.path) as connection:
        changed = connection.execute("UPDATE results SET bytes = x'00' WHERE key LIKE 'comparison:%'").rowcount
    connection.close()
    assert changed == 1
    for _ in range(n_draws):
        visitor.run()
    assert worker.submitted == ["comparison", "comparison"]
    assert verdict(visitor) == before
    assert visitor.has_no_fault


def test_a_comparison_of_another_make_is_computed_again_once(visit, shelve_runs, worker):
    visitor = shown(visit(shelve_runs()))
    visitor.workspace.put_result(ALL.key(visitor.workspace), b'{"table": []}')
    visitor.run().run()
    assert worker.submitted == ["comparison", "comparison"]
    assert ALL.find(visitor.workspace).names
    assert visitor.has_no_fault
