"""Models come into a workspace through a process of their own, which may die of them."""

import pytest

import featx_core as fx
from featx_core.networks.own import bringing
from featx_core.networks.own.bringing import check_files, model_facts
from featx_core.networks.own.errors import ModelFileError
from tests.toys.files.model_files import SMALL_FACTS, an_input, enter_small_model, functional, packed, part, small_model


@pytest.fixture
def workspace():
    return fx.Workspace.open(":memory:")


@pytest.mark.slow
def test_a_model_is_brought_in_and_known_by_its_digest(workspace, tmp_path):
    path = tmp_path / "small.keras"
    path.write_bytes(small_model())
    assert fx.add_model(workspace, path) == SMALL_FACTS
    assert workspace.artefacts() == {SMALL_FACTS.weights[5:]: "small.keras"}
    assert model_facts(workspace, SMALL_FACTS.weights) == SMALL_FACTS


@pytest.mark.slow
def test_what_kills_the_process_is_said_and_nothing_is_kept(workspace, monkeypatch):
    monkeypatch.setattr(bringing, "LOAD_SECONDS", 0.2)
    with pytest.raises(ModelFileError, match=r"`slow\.keras` takes more than 0\.2 seconds to read\."):
        fx.add_model(workspace, small_model(), "slow.keras")
    assert workspace.artefacts() == {}


def test_a_model_that_was_examined_is_not_loaded_again(workspace, monkeypatch):
    enter_small_model(workspace)
    monkeypatch.setattr(bringing, "OtherProcess", None)
    assert model_facts(workspace, SMALL_FACTS.weights) == SMALL_FACTS


def test_refusals_begin_with_the_name(workspace, tmp_path):
    lambda_ = packed(functional(an_input(), part("Lambda", "l", "image")))
    for refuse in (lambda: check_files({"my.keras": lambda_}), lambda: fx.add_model(workspace, lambda_, "my.keras")):
        with pytest.raises(ModelFileError, match=r"^`my\.keras` uses a Lambda layer"):
            refuse()
    with pytest.raises(ModelFileError, match="is a folder, such as a SavedModel"):
        fx.add_model(workspace, tmp_path)
    with pytest.raises(ModelFileError, match=r"`gone\.onnx` is not there"):
        fx.add_model(workspace, tmp_path / "gone.onnx")
    with pytest.raises(ModelFileError, match="Bring in one model at a time"):
        check_files({"a.keras": lambda_, "b.keras": lambda_})


def test_a_model_that_is_gone_is_said(workspace):
    with pytest.raises(ModelFileError, match="no longer holds the model"):
        model_facts(workspace, "file:" + "0" * 64)
    with pytest.raises(ModelFileError, match="give the workspace that holds it"):
        model_facts(None, SMALL_FACTS.weights)
