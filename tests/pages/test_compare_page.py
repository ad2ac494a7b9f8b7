"""The Compare page: runs of any kind beside each other, the verdict, the pair view, the layer sweep."""

import csv
import json
import sqlite3

import numpy as np
import pandas as pd
import pytest
from streamlit.typing import PlotlyState

from featx_core.comparison import CHANCE, COLORS, Comparison
from featx_core.layer_sweep import Sweep
from featx_core.methods import Pretrained, spec_from_json
from featx_core.similarity import MEASURES
from featx_core.worker.comparison_keys import find_comparison_key, find_sweep_key
from pages._ui import comparing, library, pairs
from tests.pages.visiting import element, nodes, tiles

LABELS = ["cat", "dog"] * 20
STRONG = Pretrained(backbone="mobilenet_v2", weights="random")
WEAK = Pretrained(backbone="mobilenet_v3_small", weights="random")
NOISE = Pretrained(backbone="efficientnet_b0", weights="random")
TITLES = {"MobileNetV2": STRONG, "MobileNetV3Small": WEAK, "EfficientNetB0": NOISE}
PROGRESS = "Comparing 3 runs"


def spaces(n_images):
    """Give a space that tells the labels apart, one that does so a little, and noise."""
    rng = np.random.default_rng(0)
    shift = np.where(np.arange(n_images) % 2, 1.0, -1.0)[:, None]
    return {
        STRONG: rng.normal(size=(n_images, 6)) + 8 * shift,
        WEAK: rng.normal(size=(n_images, 5)) + 0.25 * shift,
        NOISE: rng.normal(size=(n_images, 4)),
    }


@pytest.fixture
def shelve_runs(shelve, make_png):
    """Put images and features of several runs on the shelf; gives the token."""

    def make(found=None, labels=LABELS, **details):
        token = shelve(
            [(f"{label}/{row}.png" if label else f"{row}.png", make_png(row)) for row, label in enumerate(labels)]
        )
        workspace = library.open_workspace(token)
        for number, (spec, values) in enumerate((found or spaces(len(labels))).items(), start=1):
            rows = dict(zip(workspace.images().digests, values.astype(np.float32), strict=True))
            workspace.vectors.save(spec.digest, rows)
            facts = {"feature_shape": [values.shape[1]], "ms_per_image": 2.0 * number, "n_parameters": 1000 * number}
            workspace.ledger.save(spec, facts | details)
        return token

    return make


def shown(visitor):
    """Draw the page until nothing is computed any more."""
    return visitor.open("compare").run()


def figure(visitor, key):
    return json.loads(element(visitor, key).proto.spec)


def keys(visitor):
    return {node.key for node in visitor.tab.get("plotly_chart")}


def text(visitor):
    markdown = [node.value for node in (*visitor.tab.main.markdown, *visitor.tab.main.caption)]
    return "\n".join(markdown).replace("\\", "")


def verdict(visitor):
    return next(node.value for node in visitor.tab.main.markdown if node.value.startswith("#### ")).replace("\\", "")


def opened(visitor, *names):
    for name in names:
        visitor.tab.session_state[name] = True
    return visitor.run()


def select(visitor, key, marks):
    visitor.tab.session_state[key] = PlotlyState(
        {"selection": {"points": [{"customdata": mark} for mark in marks], "point_indices": [], "box": [], "lasso": []}}
    )
    return visitor.run()


def key_like(visitor, beginning):
    found = [key for key in keys(visitor) if key.startswith(beginning)]
    assert len(found) == 1, keys(visitor)
    return found[0]


def download(visitor, label, key=None):
    found = [
        node for node in visitor.tab.main.get("download_button") if node.label == label and key in (None, node.key)
    ]
    assert len(found) == 1, [(node.label, node.key) for node in visitor.tab.main.get("download_button")]
    return found[0]


def test_with_one_run_the_page_asks_for_a_second(visit, shelve_runs, worker):
    visitor = shown(visit(shelve_runs({STRONG: spaces(40)[STRONG]})))
    assert "Pick at least two runs to compare, or run more backbones above." in text(visitor)
    assert worker.submitted == []
    assert visitor.has_no_fault


def test_three_runs_are_compared_at_once_and_the_verdict_names_the_best(visit, shelve_runs, worker):
    visitor = shown(visit(shelve_runs()))
    assert worker.submitted == ["compare"]
    assert verdict(visitor).startswith("#### MobileNetV2 is better than the rest with 40 images.")
    assert "EfficientNetB0" in verdict(visitor)  # noise is no better than chance, which is said
    assert "40 images, 2 labels." in text(visitor)
    assert visitor.has_no_fault


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
    key = find_comparison_key(visitor.workspace, [spec.digest for spec in TITLES.values()])
    made = comparing.Comparison.from_json(visitor.workspace.result(key))
    rows = {row["extractor"]: row for row in csv.DictReader(comparing._csv(made.table).decode().splitlines())}
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
    assert {"matrix_cka", "floor_cka"} <= keys(visitor)
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
    assert len(worker.jobs()[1].parameters["run_digests"]) == 2


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
    assert worker.submitted == ["compare", "compare"]
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
    assert worker.submitted == ["compare", "compare"]
    assert verdict(visitor) == before
    assert visitor.has_no_fault


def test_a_comparison_of_another_make_is_computed_again_once(visit, shelve_runs, worker):
    visitor = shown(visit(shelve_runs()))
    key = find_comparison_key(visitor.workspace, [spec.digest for spec in TITLES.values()])
    visitor.workspace.put_result(key, b'{"table": []}')
    visitor.run().run()
    assert worker.submitted == ["compare", "compare"]
    assert Comparison.from_json(visitor.workspace.result(key)).names
    assert visitor.has_no_fault


@pytest.mark.parametrize("measure", list(MEASURES))
def test_each_measure_stands_beside_its_noise_floor(visit, shelve_runs, measure):
    visitor = opened(shown(visit(shelve_runs())), "spaces")
    element(visitor, "measure").set_value(measure)
    visitor.run()
    values, floors = (np.array(figure(visitor, f"{part}_{measure}")["data"][0]["text"]) for part in ("matrix", "floor"))
    assert values.shape == floors.shape == (3, 3)
    assert set(np.diag(values)) == {"1.00"}
    assert all(0 <= float(value) <= 1 for value in floors[~np.eye(3, dtype=bool)])
    assert download(visitor, "Matrix as CSV")


def test_a_pressed_cell_opens_its_pair_once(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "spaces")
    assert not [key for key in keys(visitor) if key.startswith("pair_")]
    select(visitor, "matrix_cka", [["MobileNetV3Small", "EfficientNetB0"]])
    assert key_like(visitor, "pair_left_") == f"pair_left_{WEAK.digest[:8]}_pca"
    assert key_like(visitor, "pair_right_").startswith(f"pair_right_{NOISE.digest[:8]}")
    element(visitor, "pair_first").set_value(STRONG.digest)
    visitor.run()
    assert key_like(visitor, "pair_left_") == f"pair_left_{STRONG.digest[:8]}_pca"


def test_a_pressed_cell_of_one_run_with_itself_opens_nothing(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "spaces")
    select(visitor, "matrix_cka", [["MobileNetV2", "MobileNetV2"]])
    assert not [key for key in keys(visitor) if key.startswith("pair_")]


def test_what_is_selected_on_the_left_lights_up_on_the_right_and_opens_as_a_gallery(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "pair")
    select(visitor, key_like(visitor, "pair_left_"), [[1], [4], [7]])
    lit = []
    for trace in figure(visitor, key_like(visitor, "pair_right_"))["data"]:
        lit += [trace["text"][index] for index in trace["selectedpoints"]]
    assert sorted(lit) == ["1.png", "4.png", "7.png"]
    assert [tile["name"] for tile in tiles(visitor, "pair_gallery")] == ["1.png", "4.png", "7.png"]
    assert "**Selection: 3 images**" in text(visitor)


def test_the_maps_of_a_pair_keep_their_points_when_nothing_is_selected(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "pair")
    assert all("selectedpoints" not in trace for trace in figure(visitor, key_like(visitor, "pair_right_"))["data"])
    assert not [node for node in nodes(visitor.tab._tree) if getattr(node, "key", None) == "pair_gallery"]


def test_the_images_whose_neighbours_changed_most_are_shown_with_both_neighbourhoods(visit, shelve_runs):
    n_images = 40
    line = np.outer(np.arange(n_images), [1.0, 0.0]) + np.array([0.0, 20.0])
    swapped = line.copy()
    swapped[[0, 39]] = swapped[[39, 0]]
    visitor = shown(visit(shelve_runs({STRONG: line, WEAK: swapped})))
    opened(visitor, "pair")
    rows = [key.key for key in nodes(visitor.tab._tree) if str(getattr(key, "key", "")).startswith("mover_left_")]
    assert rows[:2] == ["mover_left_0", "mover_left_39"]
    assert len(rows) == pairs.N_MOVERS
    sides = [[tile["name"] for tile in tiles(visitor, f"mover_{side}_0")] for side in ("left", "right")]
    assert [side[0] for side in sides] == ["0.png", "0.png"]
    assert len(sides[0]) == len(sides[1]) == 1 + pairs.N_NEIGHBORS
    assert {frozenset(side[1:]) for side in sides} == {
        frozenset(f"{row}.png" for row in range(1, 8)),
        frozenset(f"{row}.png" for row in range(32, 39)),
    }
    assert "0.png: 0 % of its 7 nearest neighbours are the same" in text(visitor)


def test_features_that_are_not_numbers_take_no_part_in_the_pair(visit, shelve_runs):
    found = spaces(40)
    found[WEAK][3] = np.nan
    visitor = opened(shown(visit(shelve_runs(found))), "pair")
    assert "3.png" not in [tile["name"] for key in ("left", "right") for tile in first_mover(visitor, key)]
    assert "Among 39 images of 40." in text(visitor)
    assert visitor.has_no_fault


def first_mover(visitor, side):
    found = [
        node.key for node in nodes(visitor.tab._tree) if str(getattr(node, "key", "")).startswith(f"mover_{side}_")
    ]
    return tiles(visitor, found[0])


def test_a_run_without_any_number_gives_a_sentence_in_place_of_the_pair(visit, shelve_runs):
    found = spaces(40)
    found[WEAK][:] = np.nan
    visitor = opened(shown(visit(shelve_runs(found))), "pair")
    assert "PCA needs at least 2 images" in " ".join(info.value for info in visitor.tab.info)
    assert visitor.has_no_fault


def test_runs_of_different_images_are_compared_on_those_they_share(visit, shelve_runs, make_png):
    token = shelve_runs()
    workspace = library.open_workspace(token)
    workspace.add([("late.png", make_png(99))])
    late = workspace.images().digests[-1]
    workspace.vectors.save(STRONG.digest, {late: np.zeros(6, np.float32)})
    visitor = opened(shown(visit(token)), "pair")
    assert "1 image without features of every run had no part." in text(visitor)
    element(visitor, "pair_first").set_value(STRONG.digest)
    element(visitor, "pair_second").set_value(WEAK.digest)
    assert f"{len(LABELS)} images in both are shown, of {len(LABELS) + 1} on the left" in text(visitor.run())
    assert visitor.has_no_fault


def test_the_same_run_on_both_sides_is_no_pair(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "pair")
    element(visitor, "pair_second").set_value(element(visitor, "pair_first").value)
    assert "Pick two different runs." in text(visitor.run())


def test_t_sne_of_a_pair_is_asked_for_twice_and_neither_is_cancelled(visit, shelve_runs, worker):
    visitor = opened(shown(visit(shelve_runs())), "pair")
    element(visitor, "pair_projection").set_value("tsne")
    visitor.run().run()
    assert worker.submitted == ["compare", "project", "project"]
    assert {job.state for job in worker.jobs()} == {"done"}
    assert key_like(visitor, "pair_left_").endswith("_tsne")


def test_the_layer_sweep_is_asked_for_by_a_button_and_can_be_followed(visit, shelve_runs, worker):
    visitor = opened(shown(visit(shelve_runs())), "sweep")
    assert worker.submitted == ["compare"]
    worker.holds = True
    element(visitor, "swept").set_value(WEAK.digest)
    visitor.run().press("Sweep the layers")
    assert worker.submitted == ["compare", "sweep"]
    asked = worker.jobs()[-1].parameters
    assert asked == {"spec": WEAK.to_json(), "key": find_sweep_key(visitor.workspace, WEAK)}
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


def test_a_layer_sweep_that_is_there_is_shown(visit, shelve_runs):
    token = shelve_runs()
    workspace = library.open_workspace(token)
    newest = workspace.ledger.runs()[0].spec
    workspace.put_result(find_sweep_key(workspace, newest), made_sweep().to_json().encode())
    visitor = opened(shown(visit(token)), "sweep")
    assert "**Stage 2 tells your labels apart best.**" in text(visitor)
    assert figure(visitor, "sweep_chart")["data"]
    assert "Sweep the layers" not in visitor.buttons
    assert download(visitor, "Sweep as CSV")
    assert visitor.has_no_fault


def test_backbones_are_run_one_after_another_from_the_page(visit, shelve, make_png, worker):
    worker.holds = True
    visitor = visit(shelve([(f"{row}.png", make_png(row)) for row in range(4)])).open("compare")
    opened(visitor, "more")
    assert element(visitor, "more_backbones").value == ["embedded_v1"]
    element(visitor, "more_backbones").set_value(list(comparing.QUICK))
    element(visitor, "more_weights").set_value("random")
    visitor.run().press("Run")
    specs = [spec_from_json(job.parameters["spec"]) for job in worker.jobs()]
    assert [spec.backbone for spec in specs] == list(comparing.QUICK)
    assert {spec.weights for spec in specs} == {"random"}
    assert not visitor.tab.session_state["more"]
    assert all(job.title in visitor.words.replace("\\", "") for job in worker.jobs())


def test_trained_means_what_each_backbone_was_trained_to_and_says_what_that_needs(visit, shelve, make_png, worker):
    worker.holds = True
    visitor = opened(visit(shelve([(f"{row}.png", make_png(row)) for row in range(4)])).open("compare"), "more")
    element(visitor, "more_backbones").set_value(["embedded_v1", "mobilenet_v2"])
    visitor.run()
    assert "Embedded, trained on synthetic images, offline" in text(visitor)
    assert "ImageNet, needs a download" in text(visitor)
    visitor.press("Run")
    specs = [spec_from_json(job.parameters["spec"]) for job in worker.jobs()]
    assert [spec.weights for spec in specs] == ["embedded", "imagenet"]


def test_a_backbone_that_fails_is_told(visit, shelve, make_png, worker):
    worker.holds = True
    visitor = opened(visit(shelve([(f"{row}.png", make_png(row)) for row in range(4)])).open("compare"), "more")
    element(visitor, "more_backbones").set_value(["mobilenet_v2"])
    visitor.run().press("Run")
    worker.change(worker.jobs()[0].key, state="failed", message="There is no connection to the internet.")
    assert [error.value.replace("\\", "") for error in visitor.run().tab.error] == [
        "There is no connection to the internet."
    ]
    visitor.press("Try again")
    assert worker.submitted == ["extract", "extract"]
    assert not visitor.tab.error
