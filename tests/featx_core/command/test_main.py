"""The command line from outside: what it prints, writes and returns."""

import re

import numpy as np
import pandas as pd
import pytest

from featx_core import CustomSequential, Workspace, load_features
from featx_core.architecture.rows import layer
from featx_core.command import extract as command_of_extract
from featx_core.command.main import COMMANDS, main
from featx_core.command.outcome import DONE, FAILED, INTERRUPTED, LEFT_OUT, WRONG_USE

SPEC = CustomSequential(
    (layer("Conv2D", filters=4, kernel_size=3), layer("GlobalAveragePooling2D")), image_size=(16, 16)
)


@pytest.fixture
def photos(tmp_path, make_png):
    for number in range(6):
        folder = tmp_path / "photos" / ("cat" if number % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(make_png(number))
    return tmp_path / "photos"


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(SPEC.to_json(), encoding="utf-8")
    return str(path)


@pytest.mark.slow
def test_features_are_written_as_the_app_computes_them(photos, spec, tmp_path, capsys):
    workspace, table = tmp_path / "run.featx", tmp_path / "features.parquet"
    assert main(["extract", str(photos), "--spec", spec, "-o", str(workspace)]) == DONE
    assert main(["extract", str(photos), "--spec", spec, "-o", str(table)]) == DONE
    assert capsys.readouterr().out.split() == [str(workspace), str(table)]
    opened = Workspace.open(workspace)
    kept = load_features(opened, SPEC.digest)
    opened.close()
    written = pd.read_parquet(table).sort_values("name")
    assert list(written["name"]) == sorted(kept.names)
    assert list(written["label"]) == ["dog", "cat", "dog", "cat", "dog", "cat"]
    order = np.argsort(kept.names)
    np.testing.assert_array_equal(np.stack(written["features"]), kept.vectors[order])
    orange = tmp_path / "orange.csv"
    assert main(["extract", str(photos), "--spec", spec, "-o", str(orange), "--for", "orange"]) == DONE
    assert orange.read_text("utf-8").startswith("mS#name,cD#label,mS#path,C#f0,")
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.slow
def test_what_is_there_already_is_neither_computed_again_nor_left_out(photos, spec, tmp_path, capfd):
    arguments = ["extract", str(photos), "--spec", spec, "-o", str(tmp_path / "run.featx")]
    assert main(arguments) == DONE
    assert "6 computed now" in capfd.readouterr().err
    assert main(arguments) == DONE
    assert "0 computed now" in capfd.readouterr().err


@pytest.mark.slow
def test_damaged_files_are_named_and_counted_by_the_exit_code(photos, spec, tmp_path, capfd):
    (photos / "cat" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n of nothing")
    assert main(["extract", str(photos), "--spec", spec, "-o", str(tmp_path / "a.csv")]) == LEFT_OUT
    assert "broken.png" in capfd.readouterr().err
    assert len(pd.read_csv(tmp_path / "a.csv")) == 6


@pytest.mark.slow
def test_an_interrupted_command_keeps_what_is_done_and_leaves_no_output(photos, spec, tmp_path, capfd, monkeypatch):
    computed = command_of_extract.extract

    def interrupted(*arguments, **options):
        computed(*arguments, **options)
        raise KeyboardInterrupt

    output = tmp_path / "features.npz"
    arguments = ["extract", str(photos), "--spec", spec, "-o", str(output)]
    with monkeypatch.context() as patch:
        patch.setattr(command_of_extract, "extract", interrupted)
        assert main(arguments) == INTERRUPTED
    assert "Interrupted. What is done is kept" in capfd.readouterr().err
    assert not output.exists()
    assert main(arguments) == DONE
    assert "0 computed now" in capfd.readouterr().err
    assert [path.name for path in tmp_path.glob("features.npz*")] == ["features.npz"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["extract", "nowhere", "-o", "a.npz"], "nowhere is not there."),
        (["extract", "-o", "a.npz"], "No images were named."),
        (["extract", "*.nothing", "-o", "a.npz"], "Nothing fits the pattern *.nothing."),
        (["extract", ".", "-o", "a.txt"], "a.txt has to end in .csv, .featx, .npz, .parquet"),
        (["extract", ".", "-o", "a.csv", "--for", "tensorboard"], "a.csv has to end in .zip"),
        (["extract", ".", "-o", "no/folder/a.npz"], "The folder of no/folder/a.npz is not there."),
        (["extract", ".", "-o", "a.npz", "--backbone", "resnet51"], "There is no backbone 'resnet51'. Did you mean"),
        (["extract", ".", "-o", "a.npz", "--image-size", "big"], "--image-size takes a side such as 224"),
        (["extract", ".", "-o", "a.npz", "--spec", "x.json"], "The spec x.json cannot be read as text."),
        (["extract", ".", "-o", "a.npz", "--spec", "x", "--layer", "3"], "--spec says all; leave out --layer"),
        (["extract", ".", "-o", "a.npz", "--list", "x"], "The list x cannot be read as text."),
        (["check", "a.featx"], "The workspace a.featx is not there."),
        (["project", "a.csv", "-o", "b.csv"], "a.csv is not there."),
        (["compare", "a.featx", "b.csv"], "Name one workspace alone, or tables of vectors."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, words, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == FAILED
    out, error = capfd.readouterr()
    assert out == ""
    assert error.startswith("featx: ")
    assert words in error
    assert error.count("\n") == 1
    assert "Traceback" not in error


@pytest.mark.slow
def test_what_was_begun_with_other_images_is_not_mixed_in(photos, spec, tmp_path, capfd, monkeypatch):
    def refused(*_, **__):
        raise KeyboardInterrupt

    output = str(tmp_path / "a.csv")
    with monkeypatch.context() as patch:
        patch.setattr(command_of_extract, "extract", refused)
        assert main(["extract", str(photos), "--spec", spec, "-o", output]) == INTERRUPTED
    assert main(["extract", str(photos / "cat"), "--spec", spec, "-o", output]) == DONE
    assert len(pd.read_csv(output)) == 3
    kept = tmp_path / "a.csv.part.featx"
    Workspace.open(kept).close()
    kept.write_bytes(kept.read_bytes()[:5000])
    assert main(["extract", str(photos), "--spec", spec, "-o", output]) == DONE
    assert len(pd.read_csv(output)) == 6
    assert not kept.exists()


def test_a_fault_of_featx_itself_shows_no_insides(monkeypatch, capfd):
    def broken(*_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(COMMANDS["check"], "run", broken)
    assert main(["check", "a.featx"]) == FAILED
    error = capfd.readouterr().err
    assert "/secret/path" not in error
    assert "--verbose shows more" in error


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches_by_examples(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert f"  featx {name}" in out
    assert "Exit codes: 0 done" in out


def test_each_command_stands_beside_its_help(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert all(
        re.search(rf"^ +{name} +{re.escape(command.HELP[:20])}", out, re.M) for name, command in COMMANDS.items()
    )


def test_a_command_that_there_is_not_is_wrong_use(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["paint"])
    assert ended.value.code == WRONG_USE


def test_what_libraries_write_is_kept_away_unless_it_is_asked_for(monkeypatch, capfd):
    import os

    def chatty(*_):
        os.write(2, b"I0000 port.cc: noise\n")
        return DONE

    monkeypatch.setattr(COMMANDS["check"], "run", chatty)
    main(["check", "a.featx"])
    assert "noise" not in capfd.readouterr().err
    main(["check", "--verbose", "a.featx"])
    assert "noise" in capfd.readouterr().err


@pytest.mark.slow
def test_linked_files_stay_where_they_are(photos, spec, tmp_path, capfd):
    arguments = ["extract", str(photos), "--link", "--spec", spec, "-o", str(tmp_path / "run.featx")]
    assert main(arguments) == DONE
    workspace = Workspace.open(tmp_path / "run.featx")
    assert (workspace.n_linked(), workspace.size()) == (6, (6, 0))
    workspace.close()
    (photos / "cat" / "1.png").unlink()
    assert main(["check", str(tmp_path / "run.featx")]) == FAILED
    assert "1.png is no longer where it was: add its folder again, or remove the image." in capfd.readouterr().out


def test_neighbors_are_written_as_pairs(tmp_path, capfd):
    vectors = {"name": ["a", "b", "c"], "x": [1.0, 0.9, 0.0], "y": [0.0, 0.1, 1.5]}
    pd.DataFrame(vectors).to_csv(tmp_path / "vectors.csv", index=False)
    assert main(["neighbors", str(tmp_path / "vectors.csv"), "-k", "1", "-o", str(tmp_path / "near.csv")]) == DONE
    written = pd.read_csv(tmp_path / "near.csv")
    assert written[["image", "rank", "neighbor"]].to_numpy().tolist() == [["a", 1, "b"], ["b", 1, "a"], ["c", 1, "b"]]
    assert written["similarity"][0] == pytest.approx(0.9 / np.hypot(0.9, 0.1))
    assert "All images were compared with all: the neighbours are exact." in capfd.readouterr().err
