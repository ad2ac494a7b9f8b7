"""What two sets of features share, and the parts of their maps that show it."""

import numpy as np

from featx_core.comparison.shared_rows import shared_rows, take_places, take_rows
from featx_core.extraction.features import Features
from featx_core.maps.projection import project
from featx_core.specs.pretrained import Pretrained


def features(digests, seed=0):
    values = np.random.default_rng(seed).normal(size=(len(digests), 4)).astype(np.float32)
    names = tuple(f"{digest}.png" for digest in digests)
    return Features(values, names, tuple(digests), tuple(digests), Pretrained())


def test_rows_are_matched_by_digest_and_equal_ones_in_their_order():
    first, second = features("abccd"), features("dcxca")
    ours, theirs = shared_rows(first, second)
    assert ours.tolist() == [0, 2, 3, 4]
    assert theirs.tolist() == [4, 1, 3, 0]
    assert take_rows(first, ours).digests == take_rows(second, theirs).digests == ("a", "c", "c", "d")
    np.testing.assert_array_equal(take_rows(second, theirs).values, second.values[[4, 1, 3, 0]])


def test_nothing_shared_is_nothing():
    ours, theirs = shared_rows(features("ab"), features("cd"))
    assert len(ours) == len(theirs) == 0


def test_the_part_of_a_map_keeps_places_and_facts_of_its_rows():
    found = features("abcdefgh")
    found.values[2] = np.nan  # not on the map
    whole = project(found.vectors, "pca")
    rows = np.array([7, 2, 0])
    part = take_places(whole, rows)
    assert part.rows.tolist() == [0, 2]  # of the rows that were taken, the second is not on the map
    at = {row: place for place, row in enumerate(whole.rows.tolist())}
    np.testing.assert_array_equal(part.coordinates, whole.coordinates[[at[7], at[0]]])
    each = whole.details["neighbors_kept_each"]
    np.testing.assert_array_equal(part.details["neighbors_kept_each"], each[[at[7], at[0]]])
    assert whole.rows.tolist() == [0, 1, 3, 4, 5, 6, 7]
