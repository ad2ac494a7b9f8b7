"""The embedded backbone on the pages: the first choice where nothing was downloaded, and what is said of it."""

import dataclasses
import json
from types import MappingProxyType

import pytest

from featx_core.backbones import registry
from featx_core.networks import origins
from featx_core.specs.pretrained import Pretrained
from tests.toys.app.extracting import asked, set_up, words_of

SENTENCE = (
    "A 2 MB network that ships with this app, trained from scratch on computer-generated patterns only. It recognizes "
    "textures, shapes and layout, but not objects."
)
BADGE = "Embedded, trained on synthetic images, offline"


@pytest.fixture
def token(shelve, make_png):
    return shelve([(f"{label}/{label}{i}.png", make_png(i + 9 * ord(label))) for i in range(6) for label in "ab"])


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Let the embedded backbone have a table of what was measured; gives the file."""
    path = tmp_path / "evaluation.json"
    changed = dataclasses.replace(registry.FAMILIES["embedded"], measured=path)
    monkeypatch.setattr(registry, "FAMILIES", MappingProxyType({**registry.FAMILIES, "embedded": changed}))
    return path


def test_it_is_the_first_choice_and_says_what_it_is(visit, token, measured):
    visitor = visit(token).open("extract")
    assert visitor.tab.selectbox(key="backbone").value == "embedded_v1"
    assert visitor.tab.selectbox(key="backbone").options[0] == "Embedded v1, 1.14 M parameters, 112 x 112"
    assert visitor.tab.code[0].value == "(n, 112, 112, 3) → (n, 7, 7, 256) → average → (n, 256)"
    assert [option.split(" (")[0] for option in visitor.tab.radio(key="weights_Embedded v1").options] == [
        "Embedded",
        "Random, untrained",
        "Your own file",
    ]
    assert SENTENCE in words_of(visitor)
    assert BADGE in words_of(visitor)
    assert "Embedded v1 has no classifier to keep" in words_of(visitor)
    assert "How well it does" not in words_of(visitor)
    assert visitor.has_no_fault


def test_a_first_click_gives_trained_features(visit, token):
    visitor = visit(token).press("Extract features")
    visitor.run()
    run = visitor.workspace.ledger.runs()[0]
    assert run.spec == Pretrained("embedded_v1")
    assert "embedded weights, trained on synthetic images" in words_of(visitor)
    assert "(12, 256)" in [metric.value for metric in visitor.tab.metric]
    assert visitor.has_no_fault


def test_where_imagenet_weights_are_here_they_come_first(visit, token, monkeypatch):
    here = dataclasses.replace(origins.ORIGINS["download"], is_here=lambda backbone, top: True)
    monkeypatch.setattr(origins, "ORIGINS", MappingProxyType({**origins.ORIGINS, "download": here}))
    visitor = visit(token).open("extract")
    assert visitor.tab.selectbox(key="backbone").value == "mobilenet_v2"
    assert "ImageNet, on this machine" in words_of(visitor)
    assert SENTENCE not in words_of(visitor)


def test_its_untrained_twin_is_marked(visit, token, worker):
    worker.holds = True
    visitor = set_up(visit(token).open("extract"), **{"weights_Embedded v1": "random"})
    assert "Random weights, untrained" in words_of(visitor)
    assert BADGE not in words_of(visitor)
    visitor.tab.button(key="run").click().run()
    assert asked(worker)[0] == Pretrained("embedded_v1", weights="random")


def test_a_classifier_that_was_kept_for_another_backbone_is_not_asked_of_it(visit, token):
    visitor = set_up(visit(token).open("extract"), backbone="mobilenet_v2", classifier=True)
    assert visitor.tab.code[0].value == "(n, 224, 224, 3) → (n, 1000)"
    set_up(visitor, backbone="embedded_v1")
    assert visitor.tab.code[0].value == "(n, 112, 112, 3) → (n, 7, 7, 256) → average → (n, 256)"
    assert not visitor.tab.warning


def test_what_was_measured_is_one_click_away(visit, token, measured):
    row = {"suite": "T2 | wild digits", "embedded": 71.26, "untrained": 40, "best_classical": 62.5}
    other = {"suite": "T8 faces", "embedded": 90, "untrained": None, "best_classical": 93.14}
    rows = [
        row | {"best_classical_name": "HOG", "low": 69.8, "high": 73},
        other | {"best_classical_name": "HOG"},
    ]
    measured.write_text(json.dumps(rows))
    visitor = visit(token).open("extract")
    assert "How well it does" in words_of(visitor)
    table = next(text.value for text in visitor.tab.main.markdown if text.value.startswith("| |"))
    assert table.splitlines()[2:] == [
        "| T2 \\| wild digits | 71.3 [69.8,\N{NO-BREAK SPACE}73.0] | 40.0 | 62.5 HOG |",
        "| T8 faces | 90.0 | not measured | 93.1 HOG |",
    ]
    assert visitor.has_no_fault


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 1}', '[{"suite": "T1"}]', "[[]]", "null"])
def test_a_table_that_cannot_be_read_is_not_shown(visit, token, measured, content):
    measured.write_text(content)
    visitor = visit(token).open("extract")
    assert "How well it does" not in words_of(visitor)
    assert SENTENCE in words_of(visitor)
    assert visitor.has_no_fault


def test_it_is_what_fine_tuning_begins_with(visit, token, worker):
    worker.holds = True
    visitor = set_up(visit(token).open("extract"), method="fine_tuned")
    assert visitor.tab.code[0].value == "(n, 112, 112, 3) → (n, 256) → new layer → (n, 1024)"
    assert BADGE in words_of(visitor)
    visitor.press("Train, then extract from 12 images")
    assert asked(worker)[0].base == Pretrained("embedded_v1")
