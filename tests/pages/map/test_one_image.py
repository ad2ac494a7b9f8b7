"""One image and two images beside the map: heatmaps, neighbours elsewhere, what makes two similar."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.studies.similarity import SimilarityStudy
from featx_core.tasks.requests import StudyJob
from pages._ui.shell import library
from tests.toys.app.map_packs import select, selected
from tests.toys.app.visiting import SPEC, Visitor, element, keep_run, nodes, tiles
from tests.toys.studying import SMALL

OTHER = fx.Pretrained("mobilenet_v2", weights="random", image_size=(32, 32))


def vectors(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 6)).astype(np.float32)


def studies_of(worker):
    asked = [StudyJob.from_parameters(job.parameters).studies for job in worker.jobs()]
    return [study for some in asked for study in some if isinstance(study, HeatmapStudy | SimilarityStudy)]


def test_the_heatmap_is_asked_of_the_worker_and_the_map_does_not_wait(visit, shelve_features, worker):
    worker.holds = True
    visitor = select(visit(shelve_features(vectors(8))).open("map"), [2], heatmap="eigen_cam")
    (asked,) = studies_of(worker)
    assert (asked.name, asked.image) == ("eigen_cam", visitor.workspace.images().digests[2])
    assert "**Selection: 1 image**" in [text.value for text in visitor.tab.markdown]
    select(visitor, [3], by="test:2", heatmap="eigen_cam")
    assert [job.state for job in worker.jobs()] == ["cancelled", "running"]
    select(visitor, [3, 4], by="test:3", heatmap="eigen_cam")
    assert len(studies_of(worker)) == 2


def test_none_is_asked_where_none_is_wanted_and_the_link_says_so(visit, shelve_features, worker):
    token = shelve_features(vectors(8))
    visitor = select(visit(token).open("map"), [2])
    assert studies_of(worker) == []
    assert '"heatmap":"none"' in element(visitor, "map_link_selection").proto.json.replace(" ", "")
    other = Visitor(token)
    other.tab.query_params.update({"map": "pca", "heatmap": "none"})
    assert other.open("map").tab.session_state["map_heatmap"] == "none"


def test_its_heatmaps_are_one_press_away(visit, shelve_features, worker):
    worker.holds = True
    visitor = select(visit(shelve_features(vectors(8))).open("map"), [2])
    visitor.tab.button(key="heatmaps_of_selection").click().run()
    assert visitor.tab.session_state["chosen_heatmaps"].names == ("2.png",)


@pytest.mark.slow
def test_heatmap_and_pair_are_drawn_by_a_network(visit, shelve, make_png):
    token = shelve([(f"{row}.png", make_png(row)) for row in range(6)])
    keep_run(library.open_workspace(token), vectors(6), SMALL)
    visitor = select(visit(token).open("map"), [1], heatmap="activation_energy").run()
    assert HEATMAPS["activation_energy"].draws in visitor.words
    select(visitor, [1, 4], by="test:2")
    visitor.tab.session_state["map_pair"] = True
    visitor.run().run()
    titles = [text.value for text in visitor.tab.caption if "Parts of the similarity" in text.value]
    assert len(titles) == 2
    assert visitor.has_no_fault


def test_neighbours_in_another_run_stand_beside_with_those_that_are_shared(visit, shelve_features):
    token = shelve_features(vectors(30))
    elsewhere = vectors(30, seed=1)
    keep_run(library.open_workspace(token), elsewhere, OTHER)
    visitor = visit(token)
    visitor.tab.session_state["picked_run"] = SPEC.digest
    select(visitor.open("map"), [5])
    visitor.tab.session_state["map_other_run"] = OTHER.digest
    visitor.run()
    cosines = elsewhere @ elsewhere[5] / np.linalg.norm(elsewhere, axis=1)
    nearest = [f"{row}.png" for row in np.argsort(-cosines) if row != 5][:10]
    assert [tile["name"] for tile in tiles(visitor, "neighbors_elsewhere")] == nearest
    own = {tile["name"] for tile in tiles(visitor, "neighbors")}
    assert f"{len(own.intersection(nearest))} of 10 are among the nearest above, too." in visitor.words.replace(
        "\\", ""
    )


def test_two_images_are_told_their_distance(visit, shelve_features):
    values = vectors(8)
    visitor = select(visit(shelve_features(values)).open("map"), [2, 6])
    cosine = values[2] @ values[6] / np.linalg.norm(values[2]) / np.linalg.norm(values[6])
    assert f"Cosine distance of their features: {1 - cosine:.3f}." in [text.value for text in visitor.tab.caption]
    assert [node for node in nodes(visitor.tab._tree) if getattr(node, "label", "") == "Why are these two close?"]
    assert selected(visitor) == [2, 6]
