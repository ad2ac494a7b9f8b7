"""Predicted classes on the Map page: as a colour, and under the image that hovers."""

import json

import numpy as np
import pytest

from pages._ui.shell import library
from tests.toys.app.named_images import DAISY, LITE, MUG, TABBY, keep_names, take_as_installed
from tests.toys.app.visiting import element, keep_run


@pytest.fixture
def token(shelve, make_png, monkeypatch):
    take_as_installed(monkeypatch)
    token = shelve([(f"{row}.png", make_png(row)) for row in range(20)])
    keep_run(library.open_workspace(token), np.random.default_rng(0).normal(size=(20, 1280)), LITE)
    return token


def figure(visitor):
    (chart,) = [chart for chart in visitor.tab.get("plotly_chart") if chart.key.startswith("map_")]
    return json.loads(chart.proto.spec)


def colored(visit, token, key="named"):
    visitor = visit(token).open("map")
    element(visitor, "map_color").set_value(key)
    return visitor.run()


def test_points_are_coloured_by_their_predicted_class(visit, token):
    keep_names(library.open_workspace(token), [TABBY] * 9 + [MUG] * 6 + [DAISY] * 5, [0.5] * 20)
    drawn = figure(colored(visit, token))
    assert [trace["name"] for trace in drawn["data"]] == ["coffee mug", "daisy", "tabby"]
    assert drawn["layout"]["legend"]["title"]["text"] == "Predicted class"


def test_beyond_a_dozen_classes_the_rest_is_grey(visit, token):
    keep_names(library.open_workspace(token), [*range(12), *range(12, 16), *range(4)], [0.5] * 20)
    traces = figure(colored(visit, token))["data"]
    assert len(traces) == 13
    assert traces[-1]["name"] == "other classes"
    assert len({(trace["marker"]["color"], trace["marker"]["symbol"]) for trace in traces}) == 13


def test_scores_are_a_colour_too(visit, token):
    keep_names(library.open_workspace(token), [TABBY] * 20, np.linspace(0.1, 0.9, 20))
    (trace,) = figure(colored(visit, token, "named_score"))["data"]
    assert trace["marker"]["colorbar"]["title"]["text"].startswith("Score of the predicted class")


def test_the_image_that_hovers_is_named(visit, token):
    keep_names(library.open_workspace(token), [TABBY, MUG] * 10, [0.5, 0.25] * 10)
    visitor = visit(token).open("map")
    data = json.loads(element(visitor, "map_hover").proto.json)
    assert data["says"] == ["tabby, 0.50", "coffee mug, 0.25"] * 10


def test_a_map_of_kept_features_names_its_images_by_itself(visit, token, worker):
    visitor = visit(token).open("map").run()
    assert worker.submitted == ["predictions"]
    assert "Predicted class" in element(visitor, "map_color").options


def test_a_network_without_classifier_offers_no_predicted_class(visit, shelve_features):
    visitor = visit(shelve_features(np.random.default_rng(0).normal(size=(8, 6)))).open("map")
    assert "Predicted class" not in element(visitor, "map_color").options
    assert visitor.has_no_fault
