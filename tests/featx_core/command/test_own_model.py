"""A model of the user on the command line: extracted, compared, reported."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.command.main import main
from featx_core.command.outcome import DONE, FAILED
from featx_core.networks.own import bringing
from tests.toys.files.model_files import N_FILTERS, SMALL_FACTS, small_model

pytestmark = pytest.mark.slow


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A file, and what the process of its own, which takes seconds, would say of it."""
    monkeypatch.setattr(bringing, "_examined", lambda content, name, weights: SMALL_FACTS)
    (tmp_path / "small.keras").write_bytes(small_model())
    return str(tmp_path / "small.keras")


@pytest.fixture
def photos(tmp_path, make_png):
    for number in range(12):
        folder = tmp_path / "photos" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(make_png(number))
    return str(tmp_path / "photos")


def test_it_is_extracted_compared_and_reported(model, photos, tmp_path, capsys):
    run = str(tmp_path / "run.featx")
    extract = ["extract", photos, "--model", model, "-o", run]
    assert main([*extract, "--preprocessing", "unit"]) == DONE
    assert main([*extract, "--preprocessing", "tf", "--layer", "look", "--pooling", "max"]) == DONE
    workspace = fx.Workspace.open(run)
    found = [entry.spec for entry in workspace.ledger.runs()]
    spec = fx.OwnModel(SMALL_FACTS.weights, "small", (32, 32), "unit", layer="stage1", pooling="avg")
    assert spec in found
    assert [(each.preprocessing, each.layer, each.pooling) for each in found if each != spec] == [("tf", "look", "max")]
    features = fx.load_features(workspace, spec.digest)
    np.testing.assert_allclose(features.vectors, fx.extract(workspace.images(), fx.build(spec, workspace)).vectors)
    assert features.vectors.shape == (12, N_FILTERS)
    workspace.close()
    assert main(["compare", run, "-o", str(tmp_path / "scores.csv")]) == DONE
    assert (tmp_path / "scores.csv").read_text("utf-8").count("small") >= 2
    assert main(["report", run, "-o", str(tmp_path / "page.html"), "--heatmaps", "1"]) == DONE
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "small" in page
    assert str(tmp_path) not in page
    capsys.readouterr()


def test_what_the_file_does_not_say_must_be_stated(model, photos, tmp_path, capfd):
    assert main(["extract", photos, "--model", model, "-o", str(tmp_path / "run.featx")]) == FAILED
    assert "small does not say what it was trained on: state it with --preprocessing" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "MODEL", "--backbone", "vgg16"], "--model names the network; leave out --backbone."),
        (["--preprocessing", "unit"], "--preprocessing is for --model alone"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, words, model, photos, tmp_path, capfd):
    given = [model if option == "MODEL" else option for option in options]
    assert main(["extract", photos, *given, "-o", str(tmp_path / "run.featx")]) == FAILED
    assert words in capfd.readouterr().err


def test_a_file_that_is_no_model_is_named(photos, tmp_path, capfd):
    (tmp_path / "mine.keras").write_bytes(b"something else")
    command = ["extract", photos, "--model", str(tmp_path / "mine.keras"), "-o", str(tmp_path / "run.featx")]
    assert main(command) == FAILED
    assert "`mine.keras`" in capfd.readouterr().err
