"""Clusters on the Map page: as a colour, in the link, on cards and in files."""

import json

import numpy as np

from tests.toys.app.map_packs import card, colors
from tests.toys.app.visiting import Visitor, element

N_IMAGES = 30


def two_clusters():
    rng = np.random.default_rng(0)
    return 0.2 * rng.normal(size=(N_IMAGES, 8)) + 4 * np.eye(8)[(np.arange(N_IMAGES) >= 20).astype(int)]


def colored(visitor, color, **widgets):
    element(visitor, "map_color").set_value(color)
    visitor.run()
    for key, value in widgets.items():
        element(visitor, key).set_value(value)
    return visitor.run()  # the first run asks, the second one shows


def test_clusters_are_found_by_the_worker_and_stand_in_the_legend(visit, shelve_features, worker):
    visitor = colored(visit(shelve_features(two_clusters())).open("map"), "cluster_hdbscan").run()
    found = colors(visitor)
    assert worker.submitted.count("clusters") == 1
    assert found["title"] == "Cluster (HDBSCAN)"
    assert [(each["name"], each["count"]) for each in found["classes"]] == [("cluster 1", 20), ("cluster 2", 10)]
    assert found["codes"].tolist() == [0] * 20 + [1] * 10


def test_clusters_that_were_shown_stay_on_cards_and_in_tables(visit, shelve_features):
    visitor = colored(visit(shelve_features(two_clusters())).open("map"), "cluster_hdbscan").run()
    element(visitor, "map_color").set_value("label")
    visitor.tab.session_state["map_canvas"] = {"trouble": "missing"}
    visitor.run()
    assert card(visitor)["Cluster (HDBSCAN)"].count("cluster 1") == 20
    assert visitor.tab.dataframe[0].value["Cluster (HDBSCAN)"].tolist() == ["cluster 1"] * 20 + ["cluster 2"] * 10


def test_the_number_of_k_means_stands_in_the_link(visit, shelve_features):
    token = shelve_features(two_clusters())
    visitor = colored(visit(token).open("map"), "cluster_k_means", map_n_clusters=3).run()
    assert len(colors(visitor)["classes"]) == 3
    asked = json.loads(element(visitor, "map_link").proto.json)
    assert (asked["color"], asked["clusters"]) == ("cluster_k_means", "3")
    other = Visitor(token)
    other.tab.query_params.update({"map": "pca", "color": "cluster_k_means", "clusters": "3"})
    assert len(colors(other.open("map").run())["classes"]) == 3


def test_too_few_images_are_offered_no_clusters(visit, shelve_features):
    visitor = visit(shelve_features(two_clusters()[:6])).open("map")
    assert not [title for title in element(visitor, "map_color").options if "Clusters" in title]


def test_while_they_are_found_the_map_is_there_and_says_so(visit, shelve_features, worker):
    visitor = visit(shelve_features(two_clusters())).open("map")
    worker.holds = True
    colored(visitor, "cluster_hdbscan")
    assert colors(visitor)["title"] == "Clusters"
    assert "HDBSCAN of" in visitor.words
    assert visitor.has_no_fault
