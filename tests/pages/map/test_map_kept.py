"""What the Map page keeps: selection and choices over projections, pages and links; one image with its neighbours; files."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from featx_core.maps.projection import project
from pages._ui.map import downloads
from pages._ui.shell import chosen, runs
from tests.toys.app.map_packs import colors, n_points, places, select, selected, told
from tests.toys.app.visiting import SPEC, Visitor, element, tiles


def vectors(n, n_features=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_features)).astype(np.float32)


def link(visitor, name="map_link"):
    return json.loads(element(visitor, name).proto.json)


def opened(token, **asked):
    """Open the Map page by a link."""
    visitor = Visitor(token)
    visitor.tab.query_params.update(asked)
    return visitor.open("map")


def choose(visitor, **widgets):
    for key, value in widgets.items():
        element(visitor, key).set_value(value)
    return visitor.run()


def test_a_selection_outlives_other_axes_other_pages_and_images_that_go(visit, shelve_features):
    visitor = select(visit(shelve_features(vectors(12))).open("map"), [2, 3, 7])
    assert selected(visitor) == [2, 3, 7]
    before = places(visitor)["ids"]
    choose(visitor, axes=3)
    assert places(visitor)["dims"] == 3
    assert selected(visitor) == [2, 3, 7]
    np.testing.assert_array_equal(places(visitor)["ids"], before)
    visitor.open("images").open("map")
    assert selected(visitor) == [2, 3, 7]
    visitor.workspace.remove(["0.png", "3.png"])
    visitor.run()
    assert n_points(visitor) == 10
    assert selected(visitor) == [1, 5]  # 2.png and 7.png, which moved up


def test_a_selection_of_another_map_is_not_taken_for_one_of_this(visit, shelve_features):
    visitor = visit(shelve_features(vectors(8))).open("map")
    late = {"by": "late:1", "places": "0" * 64, "bits": chosen.to_bits(np.ones(8, bool))}
    visitor.tab.session_state["map_canvas"] = {"chosen": late}
    assert selected(visitor.run()) == []


@pytest.mark.parametrize("bits", ["", "A", None, 5, "AAAA" * 40, {"a": 1}])
def test_what_is_no_selection_changes_nothing(visit, shelve_features, bits):
    visitor = visit(shelve_features(vectors(8))).open("map")
    asked = {"by": "odd:1", "places": told(visitor)["places"], "bits": bits}
    visitor.tab.session_state["map_canvas"] = {"chosen": asked}
    assert selected(visitor.run()) == []
    assert visitor.has_no_fault


def test_a_link_brings_back_axes_colour_seed_and_selection(visit, shelve_features):
    token = shelve_features(vectors(12))
    visitor = choose(visit(token).open("map"), axes=3, map_color="brightness", map_seed=7)
    select(visitor, [1, 4])
    asked = link(visitor) | link(visitor, "map_link_selection")
    assert asked["run"] == SPEC.digest[:12]
    other = opened(token, **{name: value for name, value in asked.items() if value})
    assert places(other)["dims"] == 3
    assert colors(other)["title"] == "Brightness (0 to 100)"
    assert element(other, "map_seed").value == 7
    assert selected(other) == [1, 4]


def test_a_link_to_t_sne_is_asked_of_the_worker_with_its_parameters(shelve_features, worker):
    worker.holds = True
    visitor = opened(shelve_features(vectors(40)), map="tsne", perplexity="8", seed="3")
    assert element(visitor, "projection").value == "tsne"
    assert worker.submitted == ["map"]
    assert link(visitor)["perplexity"] == "8.0"
    assert link(visitor)["map"] == "tsne"


@pytest.mark.parametrize(
    "asked",
    [
        {"map": "nothing", "axes": "9", "sel": "b!!"},
        {"map": "pca", "axes": "9", "color": "<b>", "seed": "-1", "sel": "aAAAA", "run": "zz"},
        {"map": "pca", "seed": "1e400", "color": "", "sel": "b" + "A" * 50},
        {"map": "tsne", "perplexity": "nan", "n_iter": "9" * 30},
    ],
)
def test_odd_links_show_the_map_all_the_same(shelve_features, worker, asked):
    worker.holds = True
    visitor = opened(shelve_features(vectors(12)), **asked)
    assert visitor.has_no_fault
    if asked["map"] != "tsne":
        assert n_points(visitor) == 12
        assert selected(visitor) == []


@pytest.mark.parametrize("max_values", [runs.MAX_VALUES, pytest.param(10, marks=pytest.mark.slow)])
def test_one_image_is_shown_with_its_nearest_by_cosine(visit, shelve_features, monkeypatch, max_values):
    monkeypatch.setattr(runs, "MAX_VALUES", max_values)
    values = vectors(30, seed=4)
    visitor = select(visit(shelve_features(values)).open("map"), [5])
    exact = values.astype(np.float64)
    cosines = exact @ exact[5] / np.linalg.norm(exact, axis=1) / np.linalg.norm(exact[5])
    nearest = [int(row) for row in np.argsort(-cosines) if row != 5][:10]
    assert [tile["name"] for tile in tiles(visitor, "neighbors")] == [f"{row}.png" for row in nearest]
    assert [float(tile["note"]) for tile in tiles(visitor, "neighbors")] == pytest.approx(
        (1 - cosines[nearest]).tolist(), abs=6e-4
    )
    near = told(visitor)["near"]
    assert (near["point"], [point for point, _ in near["others"]]) == (5, nearest)
    assert near["places"] == told(visitor)["places"]


def test_features_that_are_no_numbers_have_no_neighbours_and_no_lines(visit, shelve_features):
    values = vectors(8)
    values[2, 0] = np.nan
    visitor = select(visit(shelve_features(values)).open("map"), [2])  # the third point: row 3, for row 2 is left out
    assert sorted(point for point, _ in told(visitor)["near"]["others"]) == [0, 1, 3, 4, 5, 6]
    assert "2.png" not in [tile["name"] for tile in tiles(visitor, "neighbors")]


def test_the_caption_says_how_many_neighbours_are_kept_beside_chance(visit, shelve_features):
    values = vectors(41, 2)  # a flat map loses nothing
    visitor = visit(shelve_features(values)).open("map")
    words = " ".join(text.value for text in visitor.tab.main.caption)
    assert "Each point keeps 10 of its 10 nearest neighbours here; random places would keep 2.5." in words


def test_coordinates_come_as_tables(visit, shelve_features):
    values = vectors(6)
    labels = ["=cmd", "dog", "dog", "eel", "eel", "eel"]
    visitor = visit(shelve_features(values, labels)).open("map")
    from featx_core.extraction.features import load_features

    features = load_features(visitor.workspace, SPEC.digest)
    found = project(features.vectors, "pca", n_components=3)
    visitor.tab.run()
    columns = ["name", "label", "x", "y", "z", "sha256"]
    table = _table(features, found)
    assert list(table) == columns
    read = pd.read_csv(io.BytesIO(downloads._csv(table)))
    np.testing.assert_allclose(read[["x", "y", "z"]], found.coordinates, rtol=1e-6)
    assert read["label"].tolist()[0] == "'=cmd"
    assert read["sha256"].tolist() == list(features.digests)
    again = pd.read_parquet(io.BytesIO(downloads._parquet(table)))
    np.testing.assert_array_equal(again[["x", "y", "z"]], found.coordinates)
    assert again["label"].tolist() == labels


def _table(features, found):
    """Make the table outside of a page, where no run of a script tells what a run says of its images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(downloads.maps, "told", lambda features: {})
        return downloads.table_of(features, found)


def test_the_table_lists_all_points_when_the_browser_draws_none(visit, shelve_features):
    visitor = visit(shelve_features(vectors(6))).open("map")
    assert not [node for node in visitor.tab.get("arrow_data_frame") if node.key == "map_points"]
    visitor.tab.session_state["map_canvas"] = {"trouble": "missing"}
    visitor.run()
    assert len(visitor.tab.dataframe[0].value) == 6
    assert "Select rows to see their images." in visitor.words
