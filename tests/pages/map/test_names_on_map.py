"""Predicted classes on the Map page: as a colour, and on the card of a point."""

import numpy as np
import pytest

from pages._ui.shell import library
from tests.toys.app.map_packs import card, colors
from tests.toys.app.named_images import DAISY, LITE, MUG, TABBY, keep_names, take_as_installed
from tests.toys.app.visiting import element, keep_run


@pytest.fixture
def token(shelve, make_png, monkeypatch):
    take_as_installed(monkeypatch)
    token = shelve([(f"{row}.png", make_png(row)) for row in range(20)])
    keep_run(library.open_workspace(token), np.random.default_rng(0).normal(size=(20, 1280)), LITE)
    return token


def colored(visit, token, key="named"):
    visitor = visit(token).open("map")
    element(visitor, "map_color").set_value(key)
    return visitor.run()


def test_points_are_coloured_by_their_predicted_class(visit, token):
    keep_names(library.open_workspace(token), [TABBY] * 9 + [MUG] * 6 + [DAISY] * 5, [0.5] * 20)
    drawn = colors(colored(visit, token))
    assert [each["name"] for each in drawn["classes"]] == ["coffee mug", "daisy", "tabby"]
    assert drawn["title"] == "Predicted class"


def test_beyond_a_dozen_classes_the_rest_is_grey(visit, token):
    keep_names(library.open_workspace(token), [*range(12), *range(12, 16), *range(4)], [0.5] * 20)
    visitor = colored(visit, token)
    classes = colors(visitor)["classes"]
    assert len(classes) == 13
    assert classes[-1]["name"] == "other classes"
    assert len({(each["color"], each["shape"]) for each in classes}) == 13
    assert "other classes" not in card(visitor)["Predicted class"]


def test_scores_are_a_colour_too(visit, token):
    keep_names(library.open_workspace(token), [TABBY] * 20, np.linspace(0.1, 0.9, 20))
    column = colors(colored(visit, token, "named_score"))
    assert column["title"].startswith("Score of the predicted class")
    assert (column["low"], column["high"]) == pytest.approx((0.1, 0.9))


def test_the_image_that_hovers_is_named(visit, token):
    keep_names(library.open_workspace(token), [TABBY, MUG] * 10, [0.5, 0.25] * 10)
    visitor = visit(token).open("map")
    assert card(visitor)["Predicted class"] == ["tabby", "coffee mug"] * 10
    (scores,) = [values for title, values in card(visitor).items() if title.startswith("Score of the predicted class")]
    assert scores == [0.5, 0.25] * 10


def test_a_map_of_kept_features_names_its_images_by_itself(visit, token, worker):
    visitor = visit(token).open("map").run()
    assert worker.submitted == ["predictions"]
    assert "Predicted class" in element(visitor, "map_color").options


def test_a_network_without_classifier_offers_no_predicted_class(visit, shelve_features):
    visitor = visit(shelve_features(np.random.default_rng(0).normal(size=(8, 6)))).open("map")
    assert "Predicted class" not in element(visitor, "map_color").options
    assert visitor.has_no_fault
