"""The Map page: projections, axes, colours, selection, and what it says when there is little to show."""

import dataclasses
import json

import numpy as np
import pytest

from featx_core.extraction.colorings import COLORINGS
from featx_core.maps.registry import PROJECTIONS
from featx_core.tasks.requests import StudyJob
from pages._ui.map import maps
from tests.toys.app.map_packs import colors, fetched, maps_of, n_points, places, select, told, unpack
from tests.toys.app.visiting import SPEC, element, named, tiles

pytestmark = pytest.mark.slow


def vectors(n, n_features=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_features)).astype(np.float32)


def caption(visitor):
    return " ".join(text.value for text in visitor.tab.main.caption).replace("\\", "")


def problems(visitor):
    return [error.value.replace("\\", "") for error in visitor.tab.error]


def choose(visitor, **widgets):
    for key, value in widgets.items():
        element(visitor, key).set_value(value)
    return visitor.run()


def test_pca_is_drawn_at_once_with_its_shares_in_the_axis_titles(visit, shelve_features):
    line = np.outer(np.arange(8.0), [3.0, 4.0])
    visitor = visit(shelve_features(line)).open("map")
    assert places(visitor)["titles"][0] == "PC1 (100 % of variance)"
    found = places(visitor)["places"].reshape(-1, 3)
    np.testing.assert_allclose(np.sort(found[:, 0]), np.linspace(-1, 1, 8), atol=1e-6)
    assert places(visitor)["unit"] == pytest.approx(5 * 3.5)  # half of seven steps of length 5
    assert PROJECTIONS["pca"].caption in visitor.words


def test_three_axes_give_a_map_in_space(visit, shelve_features):
    visitor = choose(visit(shelve_features(vectors(10))).open("map"), axes=3)
    assert places(visitor)["dims"] == 3
    assert np.ptp(places(visitor)["places"].reshape(-1, 3), axis=0).min() > 0


@pytest.mark.parametrize("n_components", [2, 3])
def test_t_sne_is_asked_of_the_worker_once_and_drawn_with_its_caveat(visit, shelve_features, worker, n_components):
    visitor = visit(shelve_features(vectors(20))).open("map")
    choose(visitor, projection="tsne", axes=n_components).run()
    assert worker.submitted == ["map"]
    assert places(visitor)["dims"] == n_components
    assert "Each point keeps" in caption(visitor)
    assert f"of 1. {PROJECTIONS['tsne'].caption}" in visitor.words
    visitor.open("images").open("map")
    assert worker.submitted == ["map"]
    assert len(maps_of(visitor)) == 1


def test_the_perplexity_that_is_lowered_is_said(visit, shelve_features):
    visitor = choose(visit(shelve_features(vectors(9))).open("map"), projection="tsne").run()
    assert "erplexity" in caption(visitor)
    assert len(maps_of(visitor)) == 1


def test_parameters_of_t_sne_reach_the_worker(visit, shelve_features, worker):
    worker.holds = True
    visitor = choose(visit(shelve_features(vectors(20))).open("map"), projection="tsne", map_seed=7)
    choose(visitor, map_seed=8)
    first, second = (StudyJob.from_parameters(job.parameters).studies[0] for job in worker.jobs())
    assert {item.name for item in PROJECTIONS["tsne"].parameters} == set(dict(first.parameters))
    assert (first.run, first.name, first.n_components, first.seed) == (SPEC.digest, "tsne", 2, 7)
    assert second == dataclasses.replace(first, seed=8)
    assert [job.state for job in worker.jobs()] == ["cancelled", "running"]


def test_a_map_in_the_making_shows_progress_and_can_be_cancelled_and_begun_again(visit, shelve_features, worker):
    worker.holds = True
    visitor = choose(visit(shelve_features(vectors(20))).open("map"), projection="tsne")
    assert "t\\-SNE" in visitor.words or "t-SNE of 20 images" in visitor.words
    cancel = next(button for button in visitor.tab.main.button if button.label == "Cancel")
    cancel.click().run()
    assert worker.jobs()[0].state == "cancelled"
    assert "Cancelled. Finished results are kept." in visitor.words
    worker.holds = False
    visitor.press("Try again").run()
    assert len(maps_of(visitor)) == 1


@pytest.mark.parametrize("color", [*COLORINGS, "kept"])
def test_every_colour_draws_all_points(visit, shelve_features, color):
    visitor = choose(visit(shelve_features(vectors(12))).open("map"), map_color=color)
    column = colors(visitor)
    assert len(column["values" if column["kind"] == "numbers" else "codes"]) == 12
    assert column["title"] == (COLORINGS[color].title if color != "kept" else "Neighbours kept (0 to 1)")
    assert visitor.has_no_fault


def test_labels_stand_in_the_legend(visit, shelve_features):
    visitor = visit(shelve_features(vectors(6), ["cat", "dog", "cat", "dog", "eel", "cat"])).open("map")
    assert {each["name"] for each in colors(visitor)["classes"]} == {"cat", "dog", "eel"}


def test_a_map_that_was_drawn_before_follows_labels_that_change(visit, shelve_features):
    visitor = visit(shelve_features(vectors(4), ["cat", "dog", "cat", "dog"])).open("map")
    assert {each["name"] for each in colors(visitor)["classes"]} == {"cat", "dog"}
    visitor.workspace.set_labels({visitor.workspace.images().names[0]: "eel"})
    assert {each["name"] for each in colors(visitor.run())["classes"]} == {"cat", "dog", "eel"}


def test_the_script_is_told_which_point_is_which_image(visit, shelve_features):
    visitor = visit(shelve_features(vectors(6))).open("map")
    records = visitor.workspace.images()
    assert fetched(visitor, told(visitor)["records"]) == b"".join(bytes.fromhex(each) for each in records.digests)
    assert unpack(fetched(visitor, told(visitor)["names"]))["names"] == list(records.names)
    shapes = np.array([record.width / record.height for record in records])
    np.testing.assert_allclose(2 ** ((places(visitor)["aspects"] - 128.0) / 32), shapes, rtol=0.012)


def test_the_selected_points_open_as_a_gallery_with_their_labels_counted(visit, shelve_features):
    visitor = select(visit(shelve_features(vectors(8))).open("map"), [1, 3, 4])
    assert [tile["name"] for tile in tiles(visitor, "selection_gallery")] == ["1.png", "3.png", "4.png"]
    assert "**Selection: 3 images**" in [text.value for text in visitor.tab.markdown]
    assert "cat 2, dog 1" in caption(visitor)


def test_the_selection_can_be_labelled(visit, shelve_features):
    visitor = select(visit(shelve_features(vectors(6))).open("map"), [0, 5])
    visitor.tab.text_input(key="selection_label").set_value("odd ones").run()
    visitor.tab.button(key="give_label").click().run()
    images = visitor.workspace.images()
    assert [named(images, f"{row}.png").label for row in range(6)] == [
        "odd ones",
        "cat",
        "dog",
        "cat",
        "dog",
        "odd ones",
    ]


def test_without_a_selection_the_page_says_how_to_select(visit, shelve_features):
    visitor = visit(shelve_features(vectors(6))).open("map")
    assert "Click a point" in caption(visitor)
    assert "draw a lasso, or B for a box" in visitor.words
    assert not [node for node in visitor.tab.get("bidi_component") if node.key == "selection_gallery"]


def test_the_explained_variance_opens_as_a_plot(visit, shelve_features):
    visitor = visit(shelve_features(vectors(10))).open("map")
    visitor.tab.session_state["scree"] = True
    bars = json.loads(element(visitor.run(), "scree_chart").proto.spec)["data"][0]
    assert bars["type"] == "bar"


def test_one_image_is_too_few_for_a_map(visit, shelve_features):
    visitor = visit(shelve_features(vectors(1))).open("map")
    assert "A map needs at least 2 images" in visitor.tab.info[0].value
    assert not maps_of(visitor)


@pytest.mark.parametrize("n_images", [2, 3, 4, 5, 6])
def test_pca_works_from_two_images_up(visit, shelve_features, n_images):
    visitor = visit(shelve_features(vectors(n_images))).open("map")
    assert n_points(visitor) == n_images
    assert n_points(choose(visitor, axes=3)) == n_images
    assert visitor.has_no_fault


@pytest.mark.parametrize("n_images", [2, 3, 4])
def test_t_sne_says_that_it_needs_five_images(visit, shelve_features, n_images):
    visitor = choose(visit(shelve_features(vectors(n_images))).open("map"), projection="tsne").run()
    assert f"t-SNE needs at least 5 different images; these are {n_images}." in problems(visitor)
    assert visitor.has_no_fault


@pytest.mark.parametrize("n_images", [5, 6])
def test_t_sne_works_from_five_images_up(visit, shelve_features, n_images):
    visitor = choose(visit(shelve_features(vectors(n_images))).open("map"), projection="tsne").run()
    assert n_points(visitor) == n_images


def test_identical_features_are_said_to_coincide_and_t_sne_is_not_run(visit, shelve_features):
    visitor = visit(shelve_features(np.ones((8, 4)))).open("map")
    assert "coincide" in caption(visitor)
    assert len(maps_of(visitor)) == 1
    choose(visitor, projection="tsne").run()
    assert problems(visitor) == ["t-SNE needs at least 5 different images; among these 8 there is 1."]
    assert visitor.has_no_fault


def test_features_that_are_not_finite_are_left_out_and_counted(visit, shelve_features):
    values = vectors(8)
    values[2, 0] = np.nan
    visitor = visit(shelve_features(values)).open("map")
    assert n_points(visitor) == 7
    assert "1 of 8 images was left out" in caption(visitor)


def test_features_that_are_all_not_finite_give_a_sentence(visit, shelve_features):
    visitor = visit(shelve_features(np.full((4, 3), np.nan))).open("map")
    assert visitor.has_no_fault
    assert visitor.tab.info[0].value.startswith(
        "PCA needs at least 2 images; there are none. 4 of 4 images were left out"
    )
    visitor.tab.session_state["extract_view"] = "Result"
    assert "PCA needs at least 2 images" in visitor.open("extract").words
    assert visitor.has_no_fault


def test_images_that_came_after_the_run_are_not_on_the_map(visit, shelve_features, make_png):
    visitor = visit(shelve_features(vectors(5)))
    visitor.workspace.add([("late.png", make_png(99))])
    visitor.open("map")
    assert n_points(visitor) == 5


def test_removed_images_leave_the_map(visit, shelve_features):
    visitor = visit(shelve_features(vectors(5))).open("map")
    visitor.workspace.remove(["0.png", "1.png"])
    assert n_points(visitor.run()) == 3


def test_a_projection_that_is_not_installed_is_named_with_the_line_that_installs_it(
    visit, shelve_features, monkeypatch
):
    monkeypatch.setattr(maps, "NOT_INSTALLED", {"UMAP": 'pip install "umap-learn==0.5.*"'})
    visitor = visit(shelve_features(vectors(6))).open("map")
    assert 'UMAP is not installed. To add it: `pip install "umap-learn==0.5.*"`' in [
        text.value for text in visitor.tab.caption
    ]
