"""From options to a spec."""

import argparse
import io
import json
from pathlib import Path

import pytest

from featx_core import Pretrained, Workspace
from featx_core.command import specs
from featx_core.command.outcome import CommandError
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.registry import SPECS, spec_from_json

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "specs.json").read_text(encoding="utf-8"))


def spec(*arguments):
    parser = argparse.ArgumentParser()
    specs.add_options(parser)
    return specs.spec_of(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Pretrained("efficientnet_lite0")),
        (["--backbone", "resnet50", "--layer", "stage3"], Pretrained("resnet50", layer="stage3")),
        (["--backbone", "vgg16", "--layer", "-4", "--pooling", "none"], Pretrained("vgg16", layer=-4, pooling=None)),
        (["--image-size", "96"], Pretrained("efficientnet_lite0", image_size=(96, 96))),
        (["--image-size", "96x128", "--fit", "pad"], Pretrained("efficientnet_lite0", image_size=(96, 128), fit="pad")),
        (
            ["--backbone", "vgg16", "--weights", "random", "--seed", "3"],
            Pretrained("vgg16", weights="random", seed=3),
        ),
    ],
)
def test_options_are_those_of_the_spec(arguments, expected):
    assert spec(*arguments) == expected


def test_the_json_of_a_run_is_read_from_a_file_or_the_standard_input(tmp_path, monkeypatch):
    wanted = Pretrained("resnet50", layer="stage3", pooling="max")
    (tmp_path / "run.json").write_text(wanted.to_json(), encoding="utf-8")
    assert spec("--spec", str(tmp_path / "run.json")) == wanted
    monkeypatch.setattr("sys.stdin", io.StringIO(wanted.to_json()))
    assert spec("--spec", "-") == wanted


@pytest.mark.parametrize("name", GOLDEN)
def test_the_json_of_every_method_comes_back(name, tmp_path):
    wanted = spec_from_json(json.dumps(GOLDEN[name]["spec"]))
    shown = json.dumps(json.loads(wanted.to_json()), indent=1)  # as the app shows it
    (tmp_path / "run.json").write_text(shown, encoding="utf-8")
    assert spec("--spec", str(tmp_path / "run.json")) == wanted
    assert {each["spec"]["method"] for each in GOLDEN.values()} == set(SPECS)


def test_learned_weights_come_from_the_workspace_of_the_run(tmp_path):
    path = str(tmp_path / "run.featx")
    held = Workspace.open(path)
    digest = held.put_artefact("learned.npz", b"weights")
    held.close()
    layers = (("Conv2D", (("filters", 4), ("kernel_size", 3))),)
    learned = CustomSequential(layers, image_size=(16, 16), weights=f"file:{digest}")
    other, fresh = Workspace.open(":memory:"), Workspace.open(":memory:")
    with pytest.raises(CommandError, match=r"Download the workspace in the app and name it: --files-from run.featx"):
        specs.bring_files(learned, None, fresh)
    specs.bring_files(learned, path, fresh)
    assert fresh.artefacts() == {digest: "learned.npz"}
    specs.bring_files(learned, None, fresh)  # it is here now
    unknown = CustomSequential(layers, image_size=(16, 16), weights=f"file:{'0' * 64}")
    with pytest.raises(CommandError, match=r"run.featx does not hold the weights of this run \(00000000\)"):
        specs.bring_files(unknown, path, other)


def test_a_table_of_numbers_extracts_nothing_from_images():
    table = next(each["spec"] for each in GOLDEN.values() if each["spec"]["method"] == "vector_table")
    with pytest.raises(CommandError, match="is a table of numbers"):
        specs.bring_files(spec_from_json(json.dumps(table)), None, Workspace.open(":memory:"))
