"""README's examples, run as they stand there."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

import featx_core as fx

README = Path(__file__).resolve().parents[2] / "README.md"


NEEDS = "# needs "


def examples(needs=""):
    """The examples that need something, or those that need nothing."""
    found = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return [each for each in found if each.startswith(f"{NEEDS}{needs}" if needs else NEEDS) == bool(needs)]


def run(example, names):
    exec(compile(example, "README.md", "exec"), names)


@pytest.mark.slow
@pytest.mark.thorough
def test_the_examples_with_keras_hub_run(capsys, tmp_path, monkeypatch):
    keras_hub = pytest.importorskip("keras_hub", reason="needs KerasHub, see CONTRIBUTING.md")
    first, second = examples("keras-hub")
    preset = fx.BACKBONES["dinov2_small"].preset
    made = getattr(keras_hub.models, preset.class_name)(**preset.config, image_shape=(224, 224, 3))
    made.save_to_preset(str(tmp_path / "dinov2_small"))
    monkeypatch.chdir(tmp_path)
    workspace = fx.Workspace.open(":memory:")
    workspace.add(load_sample_images().filenames)
    names = {"fx": fx, "workspace": workspace, "images": workspace.images()}
    run(first, names)
    run(second, names)
    assert capsys.readouterr().out.splitlines()[-3:] == ["(2, 384)", "(427, 640, 3)", "(2, 384)"]
    pixels = np.stack([image.fitted((224, 224), "crop") for image in workspace.images()])
    theirs = np.asarray(made({"images": names["vit"].picture_input.preprocessing(pixels)}))
    np.testing.assert_allclose(names["features"].vectors, theirs[:, 1:].mean(axis=1), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_the_example_with_a_network_of_pytorch_runs(capsys, tmp_path, monkeypatch, workspace):
    onnx_files = pytest.importorskip("tests.toys.files.onnx_files")
    monkeypatch.chdir(tmp_path)
    onnx_files.in_two_files(onnx_files.small(), tmp_path, "mine.onnx")
    (example,) = examples("mine.onnx")
    names = {"fx": fx, "workspace": workspace}
    run(example, names)
    assert capsys.readouterr().out.splitlines() == ["['features.relu']", "(6, 6)"]
    assert names["heatmap"].title == "first principal component"


@pytest.mark.slow
def test_the_examples_for_notebooks_run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = examples()
    assert len(found) == 4
    names: dict = {}
    for example in found:
        run(example, names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["(2, 256)", "(427, 640)"]
    assert printed[2] == "['palace, 0.30', 'daisy, 0.21']"
    assert printed[3:5] == ["none", "('grad_cam', 'occlusion', 'random', 'centre')"]
    assert "at least two labels" in printed[5]
    shapes = [(80, 30_752), (80, 256), (80, 1_024), (80, 256)]
    assert [line.endswith(str(shape)) for line, shape in zip(printed[-4:], shapes, strict=True)] == [True] * 4
    assert names["comparison"].names == ["trained", "untrained"]
