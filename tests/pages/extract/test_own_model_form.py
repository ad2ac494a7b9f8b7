"""The form of the user's own model: bringing one in, what the file says, what the user must say."""

import dataclasses

import pytest

from featx_core.networks.own import versions
from featx_core.networks.own.bringing import facts_key
from featx_core.networks.own.facts import ModelOutput
from featx_core.specs.own_model import OwnModel
from featx_core.studies.models.own_model import OwnModelStudy
from pages._ui.shell import library
from tests.toys.app.extracting import asked, chain, set_up, words_of
from tests.toys.app.visiting import element
from tests.toys.files.model_files import (
    SIDE,
    SMALL_DIGEST,
    SMALL_FACTS,
    an_input,
    enter_small_model,
    functional,
    packed,
    part,
    small_model,
)

ID = SMALL_DIGEST[:12]


@pytest.fixture
def token(shelve, make_png):
    return shelve([(f"{label}/{label}{i}.png", make_png(i + 9 * ord(label))) for i in range(3) for label in "ab"])


def open_form(visit, token, facts=None):
    """Open the form in a workspace that holds the small model, with other facts of it if there are."""
    if facts is not None:
        workspace = library.open_workspace(token)
        enter_small_model(workspace)
        workspace.put_result(facts_key(SMALL_FACTS.weights), facts.to_bytes())
    return set_up(visit(token).open("extract"), method="own_model").run()


def bring(visitor, *files):
    element(visitor, "model_file_0").set_value([(*file, "application/octet-stream") for file in files]).run()
    return visitor.run()


def facts_with(**fields):
    return dataclasses.replace(SMALL_FACTS, **fields)


def test_no_model_of_keras_is_brought_in_where_keras_is_too_old(visit, token, worker, monkeypatch):
    monkeypatch.setattr(versions, "version", lambda package: "3.12.0")
    visitor = open_form(visit, token)
    words = "A `.keras` file is not opened here: models need Keras 3.15.1 or newer, and 3.12.0 is installed."
    assert words in words_of(visitor).replace("\\", "")
    bring(visitor, ("small.keras", small_model()))
    assert "`small.keras` is not opened here" in words_of(visitor).replace("\\", "")
    assert library.open_workspace(token).artefacts() == {}
    assert worker.submitted == []


def test_a_model_is_brought_in_and_run(visit, token, worker):
    workspace = library.open_workspace(token)
    workspace.put_result(facts_key(SMALL_FACTS.weights), SMALL_FACTS.to_bytes())  # the process of its own takes seconds
    visitor = open_form(visit, token)
    assert "Bring in a `.keras` or `.onnx` file to continue." in words_of(visitor)
    bring(visitor, ("small.keras", small_model()))
    assert worker.submitted == ["own_model"]
    assert "3 layers, 168 parameters, saved by Keras 3.15.1" in words_of(visitor)
    assert "State the preprocessing to continue." in words_of(visitor)
    set_up(visitor, **{f"own_preprocessing_{ID}": "unit"}).run()
    assert chain(visitor) == "(n, 32, 32, 3) \u2192 (n, 30, 30, 6) \u2192 average \u2192 (n, 6)"
    assert "RGB scaled to 0..1" in words_of(visitor)
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    spec = OwnModel(SMALL_FACTS.weights, "small", (SIDE, SIDE), "unit", layer="stage1", pooling="avg")
    assert asked(worker)[0] == spec


def test_a_file_that_runs_code_is_refused_by_name_and_not_kept(visit, token, worker):
    visitor = open_form(visit, token)
    bring(visitor, ("mine.keras", packed(functional(an_input(), part("Lambda", "l", "image")))))
    assert "`mine.keras` uses a Lambda layer, which can run code." in words_of(visitor)
    assert library.open_workspace(token).artefacts() == {}
    assert worker.submitted == []


def test_other_files_are_refused_with_the_way_to_one_that_works(visit, token, worker):
    visitor = open_form(visit, token)
    bring(visitor, ("old.h5", b"\x89HDF\r\n\x1a\n" + b"x" * 600))
    assert "is an HDF5 file (.h5)" in words_of(visitor)
    assert "model.save('name.keras')" in words_of(visitor)
    assert "is an HDF5 file (.h5)" in words_of(visitor.run())
    visitor.tab.button(key="close_refusal").click().run()
    assert "is an HDF5 file (.h5)" not in words_of(visitor)


def test_a_model_in_two_files_is_asked_for_as_such_and_kept_as_one(visit, token, worker, tmp_path):
    onnx_files = pytest.importorskip("tests.toys.files.onnx_files")
    both = onnx_files.in_two_files(onnx_files.small(), tmp_path)
    visitor = open_form(visit, token)
    bring(visitor, ("small.onnx", both["small.onnx"]))
    assert "keeps its weights in a second file, `small.onnx.data`. Bring in both files together" in words_of(visitor)
    onnx_files.enter_facts(library.open_workspace(token), onnx_files.small())
    bring(visitor, *both.items())
    assert list(library.open_workspace(token).artefacts().values()) == ["small.onnx"]
    assert "4 layers, 168 parameters, saved by PyTorch 2.14.1" in words_of(visitor)
    (digest,) = library.open_workspace(token).artefacts()
    set_up(visitor, **{f"own_preprocessing_{digest[:12]}": "torch"}).run()
    assert chain(visitor) == "(n, 32, 32, 3) \u2192 (n, 30, 30, 6) \u2192 average \u2192 (n, 6)"
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    spec = OwnModel(f"file:{digest}", "small", (SIDE, SIDE), "torch", layer="stage1", pooling="avg", format="onnx")
    assert asked(worker)[0] == spec


def test_a_model_that_is_refused_later_can_be_removed(visit, token, worker):
    workspace = library.open_workspace(token)
    digest = workspace.put_artefact("bad.keras", packed(functional(an_input(), part("Lambda", "l", "image"))))
    visitor = open_form(visit, token)
    assert OwnModelStudy(f"file:{digest}").kind in worker.submitted
    visitor.run()
    assert "uses a Lambda layer" in words_of(visitor)
    visitor.tab.button(key="remove_model").click().run()
    assert library.open_workspace(token).artefacts() == {}


def test_what_the_file_speaks_for_is_chosen_and_what_speaks_against_is_said(visit, token, worker):
    visitor = open_form(visit, token, facts_with(scaling=("Rescaling",), expects="none"))
    assert element(visitor, f"own_preprocessing_{ID}").value == "none"
    set_up(visitor, **{f"own_preprocessing_{ID}": "tf"})
    assert "The model scales its input itself (Rescaling)" in words_of(visitor)
    assert "it is scaled twice, or not enough" in words_of(visitor)


def test_classes_have_names_and_sizes_are_free_where_the_file_leaves_them(visit, token, worker):
    outputs = ModelOutput("pooled", (6,), 6), ModelOutput("other", (2,), 0)
    visitor = open_form(visit, token, facts_with(input_shape=(0, 0, 3), outputs=outputs, expects="none"))
    set_up(
        visitor, **{f"own_height_{ID}": 48, f"own_width_{ID}": 64, f"own_classes_{ID}": "a\nb\n c \nd\ne\nf\n"}
    ).run()
    assert chain(visitor).startswith("(n, 48, 64, 3) \u2192 (n, 46, 62, 6)")
    set_up(visitor, **{f"own_classes_{ID}": "a\nb"}).run()
    assert "small tells 6 classes apart. Received: 2 names." in words_of(visitor)
    set_up(visitor, **{f"own_classes_{ID}": "a\nb\n c \nd\ne\nf\n"}).run()
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    assert asked(worker)[0].class_names == ("a", "b", "c", "d", "e", "f")


def test_a_run_puts_its_settings_back_into_the_form(visit, token, worker):
    from pages._ui.extract import forms

    spec = OwnModel(SMALL_FACTS.weights, "small", (SIDE, SIDE), "torch", layer=1, pooling="max", fit="pad")
    assert set(forms.FILLS) == set(forms.FORMS)
    visitor = open_form(visit, token, SMALL_FACTS)
    for key, value in {
        "model_digest": SMALL_DIGEST,
        f"own_preprocessing_{ID}": "torch",
        f"own_layer_0_{ID}": 1,
        "pooling": "max",
        "fit": "pad",
    }.items():
        visitor.tab.session_state[key] = value
    visitor.run().run()
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    assert asked(worker)[0] == spec
