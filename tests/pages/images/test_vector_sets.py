"""What the pages show of a set of vectors."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.specs.pretrained import Pretrained
from pages._ui.shell import library
from tests.toys.app.map_packs import told
from tests.toys.app.visiting import keep_run

LABELS = ("cat", "dog") * 15


NAMES = tuple(f"item {row}" for row in range(30))


@pytest.fixture
def with_vectors(shelve):
    """Put a workspace with sets of vectors and no image on the shelf; gives its token."""

    def make(*titles, sources=(), names=NAMES, labels=LABELS):
        token = shelve(list(sources))
        for number, title in enumerate(titles):
            values = np.random.default_rng(number).normal(size=(len(names), 4)).astype(np.float32)
            values += 3 * np.array([label == "cat" for label in labels], np.float32)[:, None]
            fx.add_vectors(library.open_workspace(token), fx.Vectors(values, names, labels), title=title)
        return token

    return make


def test_a_set_is_removed(visit, with_vectors):
    visitor = visit(with_vectors("First", "Second"))
    assert "2 sets of vectors" in visitor.words
    digest = visitor.workspace.ledger.runs()[0].digest
    visitor.tab.button(key=f"remove_{digest[:12]}").click().run()
    assert [run.title for run in visitor.workspace.ledger.runs()] == ["First"]
    assert visitor.has_no_fault


@pytest.mark.parametrize("name", ["images", "extract", "map", "heatmaps", "compare", "report"])
def test_every_page_works_with_vectors_and_without_any_image(visit, with_vectors, name):
    visitor = visit(with_vectors("First")).open(name)
    assert visitor.has_no_fault
    assert len(visitor.tab.title) == 1
    assert "There are no images in this workspace yet." not in visitor.words
    assert [button.type for button in visitor.tab.main.button].count("primary") <= 2


def test_the_result_has_all_but_heatmaps_and_says_why(visit, with_vectors):
    visitor = visit(with_vectors("First"))
    visitor.press("Numbers")
    assert visitor.tab.title[0].value == "Extract"
    assert [metric.value for metric in visitor.tab.metric] == ["(30, 4)", "480 bytes", "0 %"]
    assert "Heatmaps need a network and images" in visitor.words
    assert "Open the map" in visitor.buttons
    assert "See heatmaps" not in visitor.buttons
    assert "batch" not in visitor.words
    assert visitor.has_no_fault


def test_the_map_has_labels_and_names_but_no_pictures(visit, with_vectors):
    visitor = visit(with_vectors("First"))
    visitor.press("Map")
    assert visitor.tab.title[0].value == "Map"
    assert visitor.tab.selectbox(key="map_color").options == [
        "Label",
        "Clusters (HDBSCAN)",
        "Clusters (k-means)",
        "Neighbours kept",
    ]
    assert told(visitor)["records"] is None
    assert visitor.has_no_fault


@pytest.mark.slow
@pytest.mark.thorough
def test_heatmaps_offers_runs_that_have_a_network(visit, with_vectors, make_png):
    token = with_vectors("First", sources=[("cat/a.png", make_png(1)), ("dog/b.png", make_png(2))])
    alone = visit(token).open("heatmaps")
    assert "First holds only numbers, so there are no heatmaps" in alone.words
    assert "Extract features" in alone.buttons
    keep_run(library.open_workspace(token), np.eye(2), Pretrained(weights="random"))
    visitor = visit(token).open("heatmaps")
    picker = visitor.tab.selectbox(key="picked_run")
    assert picker.options[1] == "First, imported vectors"
    picker.set_value(visitor.workspace.ledger.runs()[1].digest).run()
    assert "First holds only numbers" in visitor.words
    visitor.press("Heatmaps of MobileNetV2, last layer, average")
    assert "First holds only numbers" not in visitor.words
    assert visitor.has_no_fault


def test_two_sets_with_the_same_names_are_compared_without_colours(visit, with_vectors):
    visitor = visit(with_vectors("First", "Second")).open("compare").run()
    assert "30 rows, 2 labels." in visitor.words.replace("\\", "")
    assert "colour" not in visitor.tab.main.dataframe[0].value["extractor"].tolist()
    assert "a colour histogram" not in visitor.words
    assert "Layer sweep" not in visitor.words
    assert "Run backbones" not in visitor.words
    assert visitor.has_no_fault


def test_a_set_alone_is_told_what_it_can_be_compared_with(visit, with_vectors):
    visitor = visit(with_vectors("First")).open("compare")
    assert "import another set of vectors with the same names" in visitor.words
    assert visitor.has_no_fault


def test_numbers_that_are_gone_are_said_on_the_page(visit, with_vectors):
    token = with_vectors("First")
    for digest in library.open_workspace(token).artefacts():
        library.open_workspace(token).remove_artefact(digest)
    for name in ("images", "extract", "map"):
        visitor = visit(token).open(name)
        assert "are no longer in this workspace" in visitor.words
        assert visitor.has_no_fault


def test_a_workspace_of_vectors_is_offered_again(visit, with_vectors):
    with_vectors("First")
    visitor = visit()
    assert "Untitled, 1 run" in visitor.words.replace("\\", "")


def test_a_formula_is_applied_to_vectors_where_there_is_no_image(visit, with_vectors):
    visitor = visit(with_vectors("First")).open("extract")
    assert visitor.has_no_fault
    assert visitor.tab.selectbox(key="transform_source").options == ["First, imported vectors"]
    visitor.press("Extract from 30 rows")
    squared = next(run for run in visitor.workspace.ledger.runs() if run.title == "x ** 2 of First")
    features, source = (
        fx.load_features(visitor.workspace, run.digest) for run in (squared, fx.vector_sets(visitor.workspace)[0])
    )
    np.testing.assert_allclose(features.values, source.values**2, rtol=1e-6)
    assert (features.names, features.digests) == (NAMES, source.digests)
    assert visitor.has_no_fault
    removed = fx.vector_sets(visitor.workspace)[0].digest
    visitor.open("images")
    assert "and 1 run made from it?" in visitor.words.replace("\\", "")
    visitor.tab.button(key=f"remove_{removed[:12]}").click().run()
    assert visitor.workspace.ledger.runs() == []
    assert visitor.has_no_fault
