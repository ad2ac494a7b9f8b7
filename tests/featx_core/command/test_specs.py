"""From options to a spec."""

import argparse
import io

import pytest

from featx_core import Pretrained
from featx_core.command import specs


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
