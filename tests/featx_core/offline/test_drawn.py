"""Packs for the script of a map: places in one unit, classes with their colours, numbers, and what has no picture."""

import numpy as np
import pytest

from featx_core.base.palette import NO_LABEL_COLOR, SYMBOLS, label_styles
from featx_core.maps.projection import Projection
from featx_core.offline.drawn import Column, column_pack, names_pack, pack, places_pack, records_bytes, trails_pack
from tests.toys.app.map_packs import unpack

KEPT = {"notes": [], "trustworthiness": None, "neighbors_kept": None}


def projection(coordinates):
    coordinates = np.asarray(coordinates, np.float32)
    return Projection(coordinates, np.arange(len(coordinates)), "tsne", {}, KEPT)


def packed(coordinates, keys=None):
    coordinates = np.asarray(coordinates, np.float32)
    keys = keys or [str(row) for row in range(len(coordinates))]
    return unpack(places_pack(projection(coordinates), keys, [None] * len(coordinates)))


@pytest.mark.parametrize("n_items", [0, 1, 3, 1000])
def test_a_pack_holds_its_arrays_as_they_were(n_items):
    rng = np.random.default_rng(n_items)
    arrays = {
        "a": rng.normal(size=n_items).astype(np.float32),
        "b": rng.integers(0, 255, n_items).astype(np.uint8),
        "c": rng.normal(size=(n_items, 2)),
        "d": rng.integers(0, 2**32, n_items).astype(np.uint32),
    }
    found = unpack(pack({"title": "größe " * n_items}, **arrays))
    assert found["title"] == "größe " * n_items
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array.reshape(-1))


def test_places_keep_their_proportions_and_say_their_unit():
    found = packed([[10, 1], [30, 1], [10, 5]])
    points = found["places"].reshape(-1, 3)
    np.testing.assert_allclose(points, [[-1, -0.2, 0], [1, -0.2, 0], [-1, 0.2, 0]], atol=1e-7)
    assert (found["middle"], found["unit"]) == ([20.0, 3.0], 10.0)
    assert found["extent"] == pytest.approx([1, 0.2])


def test_points_that_coincide_stand_in_the_middle():
    found = packed([[3, 4], [3, 4]])
    assert not found["places"].any()
    assert found["unit"] == 1


def test_the_largest_numbers_do_not_overflow():
    largest = np.finfo(np.float32).max
    assert packed([[-largest, 0], [largest, 0]])["places"].tolist() == [-1, 0, 0, 1, 0, 0]


def test_a_point_has_the_same_id_on_every_map_and_no_other_has_it():
    keys = [f"{row:064x}" for row in range(5000)]
    first = packed(np.zeros((5000, 2)), keys)["ids"]
    second = packed(np.ones((2500, 3)), keys[::-2])["ids"]
    np.testing.assert_array_equal(second, first[::-2])
    assert len(set(first.tolist())) == 5000
    assert first.max() < 2**52
    assert (first == np.floor(first)).all()


def test_classes_have_the_colours_of_other_pages_and_those_not_on_the_map_are_left_out():
    labels = ["owl", "jay", None, "owl", "elk"]
    found = unpack(column_pack(Column("Label", labels), np.array([0, 2, 3, 4])))
    styles = label_styles(labels)
    assert [(each["name"], each["count"]) for each in found["classes"]] == [("elk", 1), ("owl", 2), ("no label", 1)]
    assert [each["color"] for each in found["classes"]] == [styles["elk"].color, styles["owl"].color, NO_LABEL_COLOR]
    assert found["codes"].tolist() == [1, 2, 1, 0]


def test_more_classes_than_colours_have_other_shapes():
    labels = [f"class {number:02d}" for number in range(20)]
    found = unpack(column_pack(Column("Label", labels), np.arange(20)))
    looks = {(each["color"], each["shape"]) for each in found["classes"]}
    assert len(looks) == 20
    assert {each["shape"] for each in found["classes"]} == {0, 1, 2}
    assert SYMBOLS[:3] == ("circle", "diamond", "square")  # what the script draws for 0, 1, 2


def test_numbers_say_their_range_and_how_many_are_missing():
    values = np.array([5, np.nan, 2, 100], np.float32)
    found = unpack(column_pack(Column("Brightness", values), np.array([0, 1, 2])))
    assert (found["low"], found["high"], found["missing"]) == (2, 5, 1)
    np.testing.assert_array_equal(found["values"], np.array([5, np.nan, 2], np.float32))
    assert len(found["stops"]) == 10
    nothing = unpack(column_pack(Column("Brightness", np.array([np.nan])), np.array([0])))
    assert (nothing["low"], nothing["high"], nothing["missing"]) == (0, 0, 1)


def test_long_names_are_cut_and_odd_ones_stay_text():
    names = unpack(names_pack(["a" * 500, "<b>\u202egnp", 'x"\n']))["names"]
    assert len(names[0]) == 120
    assert names[1:] == ["<b>\u202egnp", 'x"\n']


def test_trails_are_pairs_of_places_in_the_unit_of_the_map():
    corners = np.array([[0, 0], [4, 0], [np.nan, np.nan], [4, 0], [4, 2], [np.nan, np.nan]], np.float32)
    found = unpack(trails_pack(corners, projection([[0, 0], [4, 0], [4, 2]])))["corners"].reshape(-1, 3)
    np.testing.assert_allclose(found, [[-1, -0.5, 0], [1, -0.5, 0], [1, -0.5, 0], [1, 0.5, 0]])


def test_rows_without_an_image_have_a_digest_of_zeros():
    assert records_bytes([None]) == bytes(32)
