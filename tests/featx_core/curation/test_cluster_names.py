"""Names of clusters: kept by an image, so that they stay with it when more images come in."""

import pytest

from featx_core.curation.cluster_names import cluster_names, kept_names, rename_cluster
from featx_core.curation.clusters import Clusters

FOUND = Clusters(("a", "b", "c", "d"), (1, 0, -1, 0), (0.9, 0.8), (("b", "d"), ("a",)))
ABOUT = ("0" * 64, "hdbscan", 0)


def test_a_cluster_without_a_name_is_called_by_its_number():
    assert cluster_names(FOUND, {}) == ["cluster 1", "cluster 2"]
    assert cluster_names(FOUND, {"c": "in none", "gone": "no image"}) == ["cluster 1", "cluster 2"]


def test_a_name_goes_with_the_most_typical_image_that_has_one():
    assert cluster_names(FOUND, {"d": "second", "b": "first"}) == ["first", "cluster 2"]
    grown = Clusters(("a", "b", "d", "e"), (0, 1, 1, 0), (0.9, 0.8), (("e",), ("d",)))
    assert cluster_names(grown, {"a": "shoes", "b": "hats"}) == ["shoes", "hats"]


def test_names_are_kept_in_the_workspace_and_changed_and_taken_away(workspace):
    rename_cluster(workspace, *ABOUT, FOUND, 0, " hats ")
    rename_cluster(workspace, *ABOUT, FOUND, 1, "shoes" * 100)
    assert kept_names(workspace, *ABOUT) == {"b": "hats", "a": ("shoes" * 100)[:80]}
    assert kept_names(workspace, ABOUT[0], "k_means", 3) == {}
    rename_cluster(workspace, *ABOUT, FOUND, 0, "caps")
    rename_cluster(workspace, *ABOUT, FOUND, 1, "")
    assert kept_names(workspace, *ABOUT) == {"b": "caps"}
    with pytest.raises(ValueError, match=r"`number` must be from 0 to 1\. Received: 2"):
        rename_cluster(workspace, *ABOUT, FOUND, 2, "none")


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"b": 1}', '{"b": " "}', "[" * 9999])
def test_what_an_editor_left_in_their_place_is_no_name(workspace, text):
    rename_cluster(workspace, *ABOUT, FOUND, 0, "hats")
    workspace.set_fact(f"cluster_names:{'0' * 16}:hdbscan:0", text)
    assert kept_names(workspace, *ABOUT) == {}
