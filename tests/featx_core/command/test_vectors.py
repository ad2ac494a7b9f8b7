"""Maps, comparisons and checks of features, by command."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest

from featx_core import Pretrained, Workspace, add_vectors, project, read_vectors
from featx_core.command.main import main
from featx_core.command.outcome import DONE, FAILED

N = 60


def table(path, *, shift, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.array(["cat", "dog"] * (N // 2))
    values = rng.normal(size=(N, 4)).round(6) + shift * (labels == "dog")[:, None]
    frame = pd.DataFrame(values, columns=list("abcd"))
    frame.insert(0, "label", labels)
    frame.insert(0, "name", [f"{number}.png" for number in range(N)])
    frame.to_csv(path, index=False)
    return frame


@pytest.fixture
def workspace(tmp_path):
    path = tmp_path / "two.featx"
    opened = Workspace.open(path)
    for title, shift in (("far", 9.0), ("near", 0.0)):
        table(tmp_path / f"{title}.csv", shift=shift)
        add_vectors(opened, read_vectors(tmp_path / f"{title}.csv"), title=title)
    opened.close()
    return path


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_map_is_that_of_project(ending, tmp_path, capfd):
    frame = table(tmp_path / "t.csv", shift=5.0)
    output = tmp_path / f"map.{ending}"
    assert main(["project", str(tmp_path / "t.csv"), "-o", str(output), "--components", "3"]) == DONE
    written = pd.read_csv(output) if ending == "csv" else pd.read_parquet(output)
    expected = project(frame[list("abcd")].to_numpy(np.float32), "pca", n_components=3).coordinates
    np.testing.assert_allclose(written[["x", "y", "z"]], expected, rtol=1e-6)
    assert list(written["name"]) == list(frame["name"])
    assert list(written["label"]) == list(frame["label"])
    assert "nearest neighbours, each keeps" in capfd.readouterr().err


def test_a_run_is_picked_by_number_or_title(workspace, tmp_path):
    for run in ("1", "far"):
        assert main(["project", str(workspace), "--run", run, "-o", str(tmp_path / f"{run}.csv")]) == DONE
    newest = tmp_path / "newest.csv"
    assert main(["project", str(workspace), "-o", str(newest)]) == DONE
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "far.csv").read_bytes() != newest.read_bytes()


def test_a_run_that_there_is_not_is_said_with_those_that_there_are(workspace, tmp_path, capfd):
    assert main(["project", str(workspace), "--run", "3", "-o", str(tmp_path / "a.csv")]) == FAILED
    assert "No run is called 3. There are 1: far; 2: near." in capfd.readouterr().err


def test_a_parameter_of_another_projection_is_refused(tmp_path, capfd):
    table(tmp_path / "t.csv", shift=5.0)
    assert main(["project", str(tmp_path / "t.csv"), "--perplexity", "5", "-o", str(tmp_path / "m.csv")]) == FAILED
    assert "pca has no perplexity." in capfd.readouterr().err


def test_a_comparison_prints_the_verdict_and_keeps_the_table(workspace, tmp_path, capfd):
    assert main(["compare", str(workspace), "-o", str(tmp_path / "c.json")]) == DONE
    out = capfd.readouterr().out
    assert "far is better than near" in out
    assert "linear probe" in out
    assert json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))


def test_tables_are_compared_by_the_names_of_their_rows(tmp_path, capfd):
    table(tmp_path / "far.csv", shift=9.0)
    table(tmp_path / "near.csv", shift=0.0).sample(frac=1, random_state=1).to_csv(tmp_path / "near.csv", index=False)
    assert main(["compare", str(tmp_path / "far.csv"), str(tmp_path / "near.csv")]) == DONE
    assert "far is better than near" in capfd.readouterr().out
    table(tmp_path / "other.csv", shift=0.0).iloc[1:].to_csv(tmp_path / "other.csv", index=False)
    assert main(["compare", str(tmp_path / "far.csv"), str(tmp_path / "other.csv")]) == FAILED
    assert "are not of the same images" in capfd.readouterr().err


def test_a_whole_workspace_is_said_to_be_whole_and_what_it_holds(tmp_path, make_png, capfd):
    opened = Workspace.open(tmp_path / "a.featx")
    opened.add([("cat/1.png", make_png(1)), ("dog/2.png", make_png(2))])
    opened.close()
    assert main(["check", str(tmp_path / "a.featx")]) == DONE
    assert "2 images, 2 of them with one of 2 labels" in capfd.readouterr().out


def test_an_image_that_is_not_what_it_was_is_damage(tmp_path, make_png, capfd):
    opened = Workspace.open(tmp_path / "a.featx")
    opened.add([("1.png", make_png(1))])
    opened.close()
    with sqlite3.connect(tmp_path / "a.featx") as file:
        file.execute("UPDATE contents SET bytes = ?", (make_png(2),))
    assert main(["check", str(tmp_path / "a.featx")]) == FAILED
    assert "a.featx: damaged" in capfd.readouterr().out


def test_a_file_that_is_no_workspace_is_damage_and_the_next_is_looked_at(tmp_path, workspace, capfd):
    (tmp_path / "b.featx").write_bytes(b"not a workspace at all" * 99)
    assert main(["check", str(tmp_path / "b.featx"), str(workspace)]) == FAILED
    out = capfd.readouterr().out
    assert "b.featx: damaged" in out
    assert "two.featx: whole" in out


def test_a_run_whose_images_are_gone_is_one_sentence(tmp_path, make_png, capfd):
    path = tmp_path / "gone.featx"
    opened = Workspace.open(path)
    opened.add([("a.png", make_png(1))])
    spec = Pretrained(weights="random")
    opened.vectors.save(spec.digest, {opened.images().digests[0]: np.ones(4, np.float32)})
    opened.ledger.save(spec, {})
    opened.remove(["a.png"])
    opened.close()
    for asked in (["project", str(path), "-o", str(tmp_path / "a.csv")], ["compare", str(path)]):
        assert main(asked) == FAILED
        assert "no features of images that are in the workspace now" in capfd.readouterr().err


@pytest.mark.parametrize("command", ["project", "neighbors"])
def test_a_table_has_no_runs_to_pick(command, tmp_path, capfd):
    table(tmp_path / "a.csv", shift=1.0)
    assert main([command, str(tmp_path / "a.csv"), "--run", "2", "-o", str(tmp_path / "b.csv")]) == FAILED
    assert "--run picks a run of a workspace" in capfd.readouterr().err
