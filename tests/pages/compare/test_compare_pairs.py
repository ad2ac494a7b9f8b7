"""The Compare page: how alike two spaces are, and the pair view."""

import re

import numpy as np
import pytest

from featx_core.measures.similarity import MEASURES
from pages._ui.compare import pairs
from pages._ui.shell import library
from tests.toys.app.comparing_runs import (
    LABELS,
    NOISE,
    STRONG,
    WEAK,
    download,
    figure,
    key_like,
    keys,
    opened,
    select,
    shown,
    spaces,
    text,
)
from tests.toys.app.visiting import element, nodes, tiles
from tests.toys.thorough import first_of


@pytest.mark.slow
@pytest.mark.parametrize("measure", first_of(MEASURES))
def test_each_measure_is_shown_with_its_noise_floor(visit, shelve_runs, measure):
    visitor = opened(shown(visit(shelve_runs())), "spaces")
    element(visitor, "measure").set_value(measure)
    visitor.run()
    values = np.array(figure(visitor, f"matrix_{measure}")["data"][0]["text"])
    assert values.shape == (3, 3)
    assert set(np.diag(values)) == {"1.00"}
    (floor,) = re.findall(r"Below (0\.\d\d), the noise floor, a value means nothing", visitor.words)
    assert 0 <= float(floor) < 1
    assert download(visitor, "Matrix as CSV")


@pytest.mark.slow
def test_a_pressed_cell_opens_its_pair_once(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "spaces")
    assert not [key for key in keys(visitor) if key.startswith("pair_")]
    select(visitor, "matrix_cka", [["MobileNetV3Small", "EfficientNetB0"]])
    assert key_like(visitor, "pair_left_") == f"pair_left_{WEAK.digest[:8]}_pca"
    assert key_like(visitor, "pair_right_").startswith(f"pair_right_{NOISE.digest[:8]}")
    element(visitor, "pair_first").set_value(STRONG.digest)
    visitor.run()
    assert key_like(visitor, "pair_left_") == f"pair_left_{STRONG.digest[:8]}_pca"


@pytest.mark.slow
def test_a_pressed_cell_of_one_run_with_itself_opens_nothing(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "spaces")
    select(visitor, "matrix_cka", [["MobileNetV2", "MobileNetV2"]])
    assert not [key for key in keys(visitor) if key.startswith("pair_")]


@pytest.mark.slow
def test_what_is_selected_on_the_left_lights_up_on_the_right_and_opens_as_a_gallery(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "pair")
    select(visitor, key_like(visitor, "pair_left_"), [[1], [4], [7]])
    lit = []
    for trace in figure(visitor, key_like(visitor, "pair_right_"))["data"]:
        lit += [trace["text"][index] for index in trace["selectedpoints"]]
    assert sorted(lit) == ["1.png", "4.png", "7.png"]
    assert [tile["name"] for tile in tiles(visitor, "pair_gallery")] == ["1.png", "4.png", "7.png"]
    assert "**Selection: 3 images**" in text(visitor)


@pytest.mark.slow
def test_the_maps_of_a_pair_keep_their_points_when_nothing_is_selected(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "pair")
    assert all("selectedpoints" not in trace for trace in figure(visitor, key_like(visitor, "pair_right_"))["data"])
    assert not [node for node in nodes(visitor.tab._tree) if getattr(node, "key", None) == "pair_gallery"]


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_run_without_any_number_gives_a_sentence_in_place_of_the_pair(visit, shelve_runs):
    found = spaces(40)
    found[WEAK][:] = np.nan
    visitor = opened(shown(visit(shelve_runs(found))), "pair")
    assert "PCA needs at least 2 images" in " ".join(info.value for info in visitor.tab.info)
    assert visitor.has_no_fault


@pytest.mark.slow
def test_runs_of_different_images_are_compared_on_those_they_share(visit, shelve_runs, make_png):
    token = shelve_runs()
    workspace = library.open_workspace(token)
    workspace.add([("late.png", make_png(99))])
    late = workspace.images().digests[-1]
    workspace.vectors.save(STRONG.digest, {late: np.zeros(6, np.float32)})
    visitor = opened(shown(visit(token)), "pair")
    assert "1 image without features from every run left out." in text(visitor)
    element(visitor, "pair_first").set_value(STRONG.digest)
    element(visitor, "pair_second").set_value(WEAK.digest)
    assert f"{len(LABELS)} images in both are shown, of {len(LABELS) + 1} on the left" in text(visitor.run())
    assert visitor.has_no_fault


@pytest.mark.slow
def test_the_same_run_on_both_sides_is_no_pair(visit, shelve_runs):
    visitor = opened(shown(visit(shelve_runs())), "pair")
    element(visitor, "pair_second").set_value(element(visitor, "pair_first").value)
    assert "Pick two different runs." in text(visitor.run())


@pytest.mark.slow
def test_t_sne_of_a_pair_is_asked_for_twice_and_neither_is_cancelled(visit, shelve_runs, worker):
    visitor = opened(shown(visit(shelve_runs())), "pair")
    element(visitor, "pair_projection").set_value("tsne")
    visitor.run().run()
    assert worker.submitted == ["comparison", "map", "map"]
    assert {job.state for job in worker.jobs()} == {"done"}
    assert key_like(visitor, "pair_left_").endswith("_tsne")
