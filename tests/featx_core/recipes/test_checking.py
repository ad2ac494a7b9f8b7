"""Recipes are run in a process of their own, and give the features of the run, or say where not."""

import dataclasses
import io
import itertools
import json
import re
import subprocess
import sys
import zipfile

import numpy as np
import psutil
import pytest

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.extraction.extract import extract_table
from featx_core.methods.registry import build
from featx_core.recipes.checking import Steps, check_recipe
from featx_core.recipes.pixels import FITTING, PREPROCESSING_CODE
from featx_core.recipes.recipe import CheckedRecipe
from featx_core.recipes.writing import write_recipe
from featx_core.specs.pretrained import Pretrained
from tests.toys.entered_runs import enter_table
from tests.toys.files.model_files import SIDE, SMALL_FACTS, enter_small_model

SMALL = Pretrained("embedded_v1", image_size=(64, 64))
CONVOLUTION = fx.layer("Conv2D", filters=4, kernel_size=3, activation="relu")
PIXELS = fx.LambdaTransform(expressions=("hog(blur(x, 1))",), image_size=(32, 32), fit="pad")
EACH_METHOD = {
    "pretrained": fx.Pretrained("mobilenet_v2", weights="random", image_size=(96, 96), layer="stage3"),
    "normalized after pooling": fx.Pretrained("convnext_tiny", weights="random", image_size=(64, 64)),
    "scaled inside": fx.Pretrained("efficientnet_b0", weights="random", image_size=(64, 64), fit="resize_crop"),
    "installed": fx.Pretrained("efficientnet_lite0", pooling="max", fit="stretch"),
    "custom": fx.CustomSequential((CONVOLUTION, fx.layer("Flatten")), image_size=(32, 32), color="grey"),
    "trained": fx.CustomSequential((CONVOLUTION,), image_size=(32, 32), weights="contrast", epochs=1, pooling="avg"),
    "augmented": fx.Augmented(SMALL, n_copies=3),
    "every transform": fx.Augmented(
        SMALL, tuple((name, row.default) for name, row in fx.AUGMENTATIONS.items()), 2, seed=3, with_original=False
    ),
    "fine-tuned": fx.FineTuned(
        fx.Pretrained("mobilenet_v2", weights="random", image_size=(64, 64)), units=8, epochs=1, dropout=0.5
    ),
    "fine-tuned custom": fx.FineTuned(fx.CustomSequential((CONVOLUTION,), image_size=(32, 32)), units=8, epochs=1),
    "formula of copies": fx.LambdaTransform(
        ("where(x > 0.1, log(1 + abs(x)), -x / 3)",), fx.Augmented(SMALL, n_copies=2)
    ),
}


@pytest.fixture(scope="module")
def photographs():
    workspace = fx.Workspace.open(":memory:")
    workspace.add(itertools.islice(fx.SAMPLES["photographs"].make(), 10))
    workspace.set_labels({image.name: "ab"[i % 2] for i, image in enumerate(workspace.images())})
    return workspace


def recipe_of(workspace, spec):
    """Extract and write the recipe of the run; gives the engine, too."""
    trained = fx.train(spec, workspace)
    details = fx.extract(workspace.images(), build(trained, workspace), workspace=workspace).details
    recipe = write_recipe(workspace.ledger.find(trained.digest), workspace, lambda each: build(each, workspace))
    return recipe, details["engine"]


def steps_of(workspace, spec, recipe):
    known = {image.digest: image for image in workspace.images()}
    return Steps.of(spec, [known[digest] for digest in recipe.digests])


@pytest.fixture(scope="module")
def of_pixels(photographs):
    return recipe_of(photographs, PIXELS)


def more_lines(codes, used):
    return max(code.count("\n") for _, code in codes.values()) - codes[used][1].count("\n")


def changed(recipe, before, after):
    blocks = tuple(dataclasses.replace(block, code=block.code.replace(before, after)) for block in recipe.blocks)
    assert blocks != recipe.blocks
    return dataclasses.replace(recipe, blocks=blocks)


@pytest.mark.slow
def test_a_run_is_reproduced_without_featx_and_what_does_not_hold_is_said(photographs, of_pixels):
    recipe, engine = of_pixels
    fast = dataclasses.replace(recipe, computed=recipe.expected + 0.01 * recipe.expected.max())
    checked = check_recipe(fast, engine, steps_of(photographs, PIXELS, recipe))
    assert checked.is_reproduced  # against float32, whatever bfloat16 gave
    assert "The run computed in bfloat16: largest difference 0.01 of the largest value." in checked.words
    assert "featx_core" not in checked.script
    assert "Run in a process of its own on 4 reference files." in checked.words
    assert (
        "1 image of this run is of a kind that the script does not read as featx does (JPEG: colours converted"
        in checked.words
    )
    assert CheckedRecipe.from_bytes(checked.to_bytes()) == checked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("BICUBIC", "NEAREST", r"`read` \(lines \d+ to \d+ of features.py\) gives other values"),
        ("/ 255", "** 2 / 255", r"`preprocess` \(lines \d+ to \d+ of features.py\) gives other values"),
        ("1e-10", "1e-1", r"`extract` \(lines \d+ to \d+ of features.py\) gives features that differ by 0\.\d"),
        (
            "np.ravel(",
            "np.unravel(",
            r"line \d+ of features.py: AttributeError: module 'numpy' has no attribute 'unravel'",
        ),
        ("parser.add_argument(", "parser.add_argument((", r"line \d+ of features.py: SyntaxError"),
    ],
)
def test_a_changed_line_is_found(photographs, of_pixels, before, after, words):
    recipe, engine = of_pixels
    wrong = changed(recipe, before, after)
    checked = check_recipe(wrong, engine, steps_of(photographs, PIXELS, recipe))
    assert not checked.is_reproduced
    assert re.search(words, checked.words), checked.words


@pytest.mark.slow
def test_a_cancelled_check_ends_its_process(of_pixels):
    def cancel(done, total):
        assert any("running.py" in " ".join(child.cmdline()) for child in psutil.Process().children())
        raise Cancelled

    with pytest.raises(Cancelled):
        check_recipe(*of_pixels, Steps(), on_progress=cancel)
    assert not any("running.py" in " ".join(child.cmdline()) for child in psutil.Process().children())


@pytest.mark.slow
def test_vectors_and_formulas_of_them(workspace):
    table = enter_table(workspace, ("a", "b", "c"), ("cat", "dog", "cat")).spec
    spec = fx.LambdaTransform(("standardize(x) * 2",), table)
    for each in (table, spec):
        extract_table(each, workspace)
        recipe = write_recipe(workspace.ledger.find(each.digest), workspace, None)
        assert check_recipe(recipe, "NumPy, float32", Steps()).is_reproduced


@pytest.mark.slow
def test_a_network_is_reproduced(photographs):
    recipe, engine = recipe_of(photographs, EACH_METHOD["custom"])
    checked = check_recipe(recipe, engine, Steps())
    assert checked.is_reproduced, checked.words
    assert checked.has_weights
    assert "    keras.layers.Conv2D(filters=4, kernel_size=(3, 3), activation='relu'),\n" in checked.script


@pytest.mark.thorough
@pytest.mark.parametrize("name", EACH_METHOD)
def test_each_method_is_reproduced(photographs, name):
    recipe, engine = recipe_of(photographs, EACH_METHOD[name])
    checked = check_recipe(recipe, engine, Steps())
    assert checked.is_reproduced, checked.words
    if name == "pretrained":
        applications = {key: PREPROCESSING_CODE[key] for key in ("caffe", "tf", "torch", "none")}
        spare = 59 - len(recipe.script.splitlines())
        assert spare >= more_lines(FITTING, "crop") + more_lines(applications, "tf")
        assert 'layer = network.layers[56]  # "block_6_expand_relu", stage3' in recipe.script
    assert float(re.search(r"difference (\S+) of", checked.words)[1]) <= (1e-5 if "TensorFlow" in engine else 1e-4)


@pytest.mark.thorough
def test_a_model_of_the_user_comes_along(workspace):
    enter_small_model(workspace)
    spec = fx.OwnModel(SMALL_FACTS.weights, '"""small', (SIDE, SIDE), "unit", layer="look", pooling="max")
    recipe, engine = recipe_of(workspace, spec)
    checked = check_recipe(recipe, engine, Steps())
    assert checked.is_reproduced, checked.words
    assert "network.keras" in recipe.files


@pytest.mark.slow
def test_a_model_in_onnx_runs_without_keras_and_names_no_path(workspace):
    onnx_files = pytest.importorskip("tests.toys.files.onnx_files")
    facts = onnx_files.enter(workspace, onnx_files.small())
    of_it = fx.OwnModel(facts.weights, "small", (SIDE, SIDE), "torch", layer="stage1", pooling="max", format="onnx")
    recipe, engine = recipe_of(workspace, fx.LambdaTransform(("x ** 2",), of_it))
    onnx_files.onnx.checker.check_model(onnx_files.onnx.load_model_from_string(recipe.files["network.onnx"]))
    checked = check_recipe(recipe, engine, Steps())
    assert checked.is_reproduced, checked.words
    assert "keras" not in checked.script
    assert "TensorFlow" not in checked.words
    assert not any(b"someone" in content for content in recipe.files.values())


@pytest.mark.slow
def test_the_notebook_gives_the_same(of_pixels, tmp_path):
    recipe, _ = of_pixels
    with zipfile.ZipFile(io.BytesIO(recipe.archive())) as file:
        file.extractall(tmp_path)
    notebook = json.loads((tmp_path / "features.ipynb").read_text())
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    told = subprocess.run([sys.executable, "-I", "-c", "\n".join(code)], cwd=tmp_path, capture_output=True, text=True)
    assert float(told.stdout.split("Largest difference from featx: ")[1]) < 1e-5, told.stderr
    assert np.array_equal(np.load(tmp_path / "expected.npy"), recipe.expected)
