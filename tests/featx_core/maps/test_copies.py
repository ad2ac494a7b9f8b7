"""Images with the same features share a place, by hand and on real maps."""

import numpy as np
import pytest

from featx_core.maps.copies import copies_notes, together
from featx_core.maps.placing import place
from featx_core.maps.projection import project


def test_copies_lie_at_the_mean_of_their_places_and_others_stay():
    points = np.array([[1, 2], [3, 4], [1, 2], [5, 6]], np.float32)
    places = np.array([[0, 0], [9, 9], [2, 4], [7, 7]], np.float32)
    assert together(points, places).tolist() == [[1, 2], [9, 9], [1, 2], [7, 7]]
    assert together(points, places, n_fixed=1).tolist() == [[0, 0], [9, 9], [0, 0], [7, 7]]
    assert together(points, places, n_fixed=3).tolist() == places.tolist()
    assert copies_notes(points) == ["2 images share a place with others, as their features are the same."]
    assert copies_notes(points[1:]) == []


@pytest.mark.slow
def test_copies_share_a_place_on_a_map_and_new_ones_join_them():
    rows = np.random.default_rng(0).normal(size=(40, 12)).astype(np.float32)
    vectors = np.concatenate([rows, rows[:10]])
    found = project(vectors, "tsne", n_iter=50)
    assert found.coordinates[40:].tobytes() == found.coordinates[:10].tobytes()
    assert len(np.unique(found.coordinates, axis=0)) == 40
    assert found.origin.startswith("Made by openTSNE ")
    assert "1 thread, seed 0. The same seed gives the same map on the same kind of machine;" in found.origin
    assert "20 images share a place with others, as their features are the same." in found.notes
    later = place(found, np.concatenate([vectors, rows[5:7], rows[:1] + 9]), 50)
    assert later.coordinates[50:52].tobytes() == found.coordinates[5:7].tobytes()
    assert later.coordinates[:50].tobytes() == found.coordinates.tobytes()
