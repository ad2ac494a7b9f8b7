"""Clusters as colours, and their names."""

import pytest

from featx_core.curation.clusters import Clusters
from featx_core.curation.colorings import cluster_coloring, suggested_name

FOUND = Clusters(("a", "b", "c", "d"), (1, 0, -1, 0), (0.9, 0.8), (("b", "d"), ("a",)))


def test_each_row_gets_the_cluster_of_its_image():
    column = cluster_coloring(FOUND, "hdbscan", ["d", "d", "a", "c", "new"])
    assert column.values == ("cluster 1", "cluster 1", "cluster 2", None, None)
    assert (column.title, column.is_number) == ("Cluster (HDBSCAN)", False)


def test_structureless_images_are_in_none():
    assert cluster_coloring(Clusters(("a",), (-1,), (), ()), "k_means", ["a"]).values == (None,)


@pytest.mark.parametrize(
    ("classes", "name"),
    [
        ({}, ""),
        ({"a": "cat"}, ""),
        ({"a": "cat", "b": "cat"}, "cat"),
        ({"a": "cat", "b": "ant", "c": "ant", "d": "cat"}, "ant"),
    ],
)
def test_a_cluster_is_called_what_half_of_its_images_are(classes, name):
    assert suggested_name(["a", "b", "c", "d"], classes) == name
