"""All images: natural order, search, and many that are chosen to act on."""

import pytest

from pages._ui.images.choice import Choice, Kept
from tests.toys.app.visiting import element, tiles

CHOSEN = "chosen_images"


@pytest.fixture
def visitor(visit, shelve, make_png):
    names = ("cat/10.png", "cat/2.png", "dog/1.png", "dog/owl.png")
    return visit(shelve([(name, make_png(number)) for number, name in enumerate(names)]))


def shown(visitor):
    return [tile["name"] for tile in tiles(visitor)]


def test_two_comes_before_ten_and_images_are_sorted_otherwise(visitor):
    assert shown(visitor) == ["1.png", "2.png", "10.png", "owl.png"]
    element(visitor, "sort_images").set_value("label").run()
    assert shown(visitor) == ["2.png", "10.png", "1.png", "owl.png"]
    element(visitor, "sort_images").set_value("added").run()
    assert shown(visitor) == ["owl.png", "1.png", "2.png", "10.png"]


def test_a_search_finds_names_and_labels(visitor):
    element(visitor, "search_images").set_value("dog").run()
    assert shown(visitor) == ["1.png", "owl.png"]
    element(visitor, "search_images").set_value("DOG ow").run()
    assert shown(visitor) == ["owl.png"]
    element(visitor, "search_images").set_value("horse").run()
    assert "No image has all of these words" in visitor.words


def test_what_is_chosen_in_the_gallery_gets_a_label(visitor):
    visitor.tab.session_state["gallery"] = {"chosen": {"version": 0, "names": ["2.png", "1.png"]}}
    visitor.run()
    assert "**2 images chosen**" in visitor.words
    next(field for field in visitor.tab.text_input if field.label == "Label of these images").set_value("owl").run()
    visitor.press("Set label")
    assert [image.label for image in visitor.workspace.images()] == ["cat", "owl", "owl", "dog"]
    visitor.press("Clear")
    assert "4 images, 3 labels." in visitor.words


def test_a_script_that_knows_an_older_choice_is_not_believed(monkeypatch):
    kept = {}
    monkeypatch.setattr("pages._ui.images.choice.session.recall", kept.get)
    monkeypatch.setattr("pages._ui.images.choice.session.remember", kept.__setitem__)
    choice = Choice("images", 2)
    choice.take(["a", "b", "c"])
    choice.read({"version": 0, "names": ["z"]})
    choice.read({"version": 1, "names": [1]})
    choice.read("nonsense")
    assert kept == {CHOSEN: Kept(("a", "b"), 1)}
    choice.read({"version": 1, "names": ["c"]})
    assert choice.names == ("c",)
