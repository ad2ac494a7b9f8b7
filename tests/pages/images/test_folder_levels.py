"""The report of an intake says where labels come from, and a click takes them from another level of folders."""

import pytest

from pages._ui.shell import library
from tests.toys.app.visiting import element, tiles

PATHS = ("benign/p1/1.png", "benign/p2/2.png", "malignant/p3/3.png", "loose.png")
LONG = [
    f"Animalia_Chordata_Aves_Passeriformes_Passerellidae_Zonotrichia_{name}" for name in ("leucophrys", "albicollis")
]


def levels(visitor):
    """The control, whatever is picked in it."""
    return next(group for group in visitor.tab.button_group if group.label == "Labels from folders")


@pytest.fixture
def visitor(visit, shelve, make_png):
    return visit(shelve([(path, make_png(number)) for number, path in enumerate(PATHS)]))


def test_the_report_says_where_labels_come_from_and_offers_the_other_levels(visitor):
    words = visitor.words.replace("\\", "")
    assert 'Labels come from the folders: "benign" and "malignant". 1 image lies in none of them' in words
    assert [option.replace("\\", "") for option in levels(visitor).options] == [
        "No labels",
        "benign, malignant",
        "p1, p2 and 1 more",
    ]
    assert levels(visitor).value == 0


def test_a_click_takes_the_labels_from_another_level_and_another_takes_them_away(visitor):
    levels(visitor).set_value(1).run()
    assert visitor.workspace.images().labels == ["p1", "p2", "p3", None]
    assert levels(visitor).value == 1
    assert 'Labels come from the folders: "p1", "p2" and "p3".' in visitor.words.replace("\\", "")
    levels(visitor).set_value(-1).run()
    assert visitor.workspace.images().labels == [None] * 4
    assert levels(visitor).value == -1
    assert visitor.has_no_fault


def test_labels_that_a_person_gave_are_no_level(visitor):
    visitor.workspace.set_labels({"loose.png": "mine"})
    visitor.run()
    assert levels(visitor).value is None
    assert visitor.workspace.images().labels[3] == "mine"


def test_images_without_folders_have_no_such_control(visit, shelve, make_png):
    visitor = visit(shelve([("a.png", make_png(1))]))
    assert "Labels from folders" not in visitor.words


def test_long_labels_are_whole_in_the_filter_and_differ_on_the_tiles(visit, shelve, make_png):
    visitor = visit(shelve([(f"{label}/{number}.png", make_png(number)) for number, label in enumerate(LONG)]))
    shown = [tile["label"] for tile in tiles(visitor)]
    assert len(set(shown)) == 2
    assert all(len(label) <= 18 for label in shown)
    assert [tile["title"] for tile in tiles(visitor)] == [
        f"{label}\n{label}/{row}.png" for row, label in enumerate(LONG)
    ]
    assert "2 images, 2 labels." in visitor.words
    visitor.tab.selectbox(key="show_images").set_value(("label", LONG[1])).run()
    assert [tile["name"] for tile in tiles(visitor)] == ["1.png"]
    assert element(visitor, "gallery") is not None
    assert library.open_workspace(visitor.token).images().labels == LONG
