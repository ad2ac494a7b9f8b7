"""What is done with a selection: search, sort, remove and take back, heatmaps, features that differ, files."""

import io

import numpy as np
import pandas as pd
import pytest

from featx_core.extraction import export
from featx_core.extraction.features import load_features
from featx_core.measures.effect_sizes import feature_effects
from tests.toys.app.map_packs import select, selected
from tests.toys.app.visiting import SPEC, element, tiles

N_IMAGES = 16
INSIDE = [0, 2, 4, 6, 8, 10, 12, 14]


def vectors():
    values = np.random.default_rng(0).normal(size=(N_IMAGES, 6)).astype(np.float32)
    values[INSIDE, 3] += 5
    return values


def chosen(visit, shelve_features):
    return select(visit(shelve_features(vectors())).open("map"), INSIDE)


def shown(visitor):
    return [tile["name"] for tile in tiles(visitor, "selection_gallery")]


def test_the_gallery_is_searched_and_sorted(visit, shelve_features):
    visitor = chosen(visit, shelve_features)
    element(visitor, "selection_order").set_value("Most typical first")
    values = vectors()[INSIDE].astype(np.float64)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    order = np.argsort(-unit @ unit.mean(axis=0))
    assert shown(visitor.run()) == [f"{INSIDE[place]}.png" for place in order]
    element(visitor, "selection_order").set_value("Least typical first")
    assert shown(visitor.run()) == [f"{INSIDE[place]}.png" for place in order[::-1]]
    element(visitor, "selection_search").set_value("1")
    assert set(shown(visitor.run())) == {"10.png", "12.png", "14.png"}
    assert selected(visitor) == INSIDE


def test_the_planted_feature_tells_them_from_the_rest(visit, shelve_features):
    visitor = chosen(visit, shelve_features)
    visitor.tab.session_state["map_telling"] = True
    table = next(table.value for table in visitor.run().tab.dataframe if "Cohen's d" in table.value)
    inside = np.isin(np.arange(N_IMAGES), INSIDE)
    assert table["feature"].tolist() == [each.feature for each in feature_effects(vectors(), inside)]
    assert table["feature"].iloc[0] == 3
    assert "Effect sizes, not tests" in visitor.words


def test_they_are_removed_and_come_back(visit, shelve_features):
    visitor = chosen(visit, shelve_features)
    visitor.press(f"Remove {len(INSIDE)} images")
    assert len(visitor.workspace.images()) == N_IMAGES - len(INSIDE)
    visitor.press("Undo")
    assert len(visitor.workspace.images()) == N_IMAGES
    assert selected(visitor) == INSIDE


@pytest.mark.slow
@pytest.mark.thorough
def test_the_heatmaps_page_opens_with_them(visit, shelve_features):
    visitor = chosen(visit, shelve_features)
    visitor.tab.button(key="heatmaps_of_selection").click().run()
    assert visitor.tab.session_state["chosen_heatmaps"].names == tuple(f"{row}.png" for row in INSIDE)


def test_some_rows_of_features_are_written_with_their_names(visit, shelve_features):
    visitor = visit(shelve_features(vectors()))
    features = load_features(visitor.workspace, SPEC.digest).of_rows([5, 2])
    assert features.names == ("5.png", "2.png")
    np.testing.assert_array_equal(features.vectors, vectors()[[5, 2]])
    table = pd.read_csv(io.BytesIO(export.to_csv(features)))
    assert table["name"].tolist() == ["5.png", "2.png"]
    np.testing.assert_allclose(table.filter(regex=r"^f\d"), vectors()[[5, 2]], rtol=1e-6)
