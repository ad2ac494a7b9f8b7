"""From options to a spec."""

import argparse
import io

import pytest

from featx_core import OwnModel, Pretrained
from featx_core.command import specs
from featx_core.command.outcome import CommandError
from tests.toys.files.model_files import SMALL_FACTS


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


def own(workspace, *arguments):
    parser = argparse.ArgumentParser()
    specs.add_options(parser)
    return specs.own_model(parser.parse_args(arguments), workspace)


def test_a_network_of_the_user_is_named_by_its_file(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(specs, "add_model", lambda workspace, path: SMALL_FACTS)
    monkeypatch.setattr(specs, "outline", lambda spec, workspace: argparse.Namespace(map_shape=(30, 30, 6)))
    expected = OwnModel(SMALL_FACTS.weights, "small", (32, 32), "torch", layer="look", pooling="avg", fit="pad")
    options = ("--model", "small.keras", "--layer", "look", "--fit", "pad")
    assert own(workspace, *options, "--preprocessing", "torch") == expected
    with pytest.raises(CommandError, match=r"Say so with --preprocessing: caffe, tf, .*, none\."):
        own(workspace, *options)
    with pytest.raises(CommandError, match="--model does not go with --backbone"):
        own(workspace, *options, "--backbone", "vgg16")
    with pytest.raises(CommandError, match="--model does not go with --spec"):
        own(workspace, *options, "--spec", "run.json")
    with pytest.raises(CommandError, match="--preprocessing goes with --model"):
        spec("--preprocessing", "torch")
