"""Scripts and notebooks as texts: what users wrote is inert in them."""

import ast
import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

import featx_core as fx
from featx_core.backbones import registry
from featx_core.backbones.registry import FAMILIES
from featx_core.expressions.functions import FUNCTIONS
from featx_core.images.fitting import FITS, fit_image
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.recipes.formulas import CALLS, HELPERS, imports_of, transforming
from featx_core.recipes.networks import check_kind, why_not
from featx_core.recipes.pixels import FITTING, PREPROCESSING_CODE, preparing
from featx_core.recipes.recipe import RecipeError
from featx_core.recipes.writing import exact_twin, write_recipe
from tests.toys.entered_runs import enter_table

HOSTILE = '"""\nimport os; os.remove("x") # \\N{DIGIT ONE} <script>alert(1)</script> [a](javascript:b) $x$ \u202e'


def named(workspace, title):
    run = enter_table(workspace, ("a", "b"), ("cat", HOSTILE), title="Plain")
    return write_recipe(dataclasses.replace(run, details={**run.details, "name": title}), workspace, None)


def test_a_hostile_name_changes_no_code(workspace):
    hostile, plain = (ast.parse(named(workspace, title).script) for title in (HOSTILE, "Plain"))
    assert ast.dump(ast.Module(hostile.body[1:], [])) == ast.dump(ast.Module(plain.body[1:], []))
    assert "import os" in hostile.body[0].value.value  # as a part of the docstring alone


def test_a_hostile_name_is_no_markup_in_a_notebook(workspace):
    cells = json.loads(named(workspace, HOSTILE).notebook)["cells"]
    assert "<script>" not in "".join(cells[0]["source"])
    assert "\\[a\\]\\(javascript\\:b\\) \\$x\\$" in cells[0]["source"][0]


def test_all_that_a_spec_may_name_can_be_written():
    assert set(FITTING) == set(FITS)
    assert set(PREPROCESSING_CODE) >= set(PREPROCESSING)
    assert set(CALLS) | set(HELPERS) | {"min", "max"} == set(FUNCTIONS)


@pytest.mark.parametrize("name", PREPROCESSING)
def test_preprocessing_is_that_of_featx(name):
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), np.uint8)
    told = {"np": np}
    exec(preparing(name), told)
    found = told["preprocess"](images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, PREPROCESSING[name](images), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        *(f"{name}(x)" for name in sorted(set(FUNCTIONS) - {"clip", "where", "histogram", "pick", "blur", "pool"})),
        "clip(x, 0.2, mean(x))",
        "where(x > 0.5, x, -x ** 2)",
        "where(grayscale(x), x, 1)",
        "histogram(x, 5)",
        "pick(x + 1, 1)",
        "blur(x, 1.5) - pool(x, 1)",
        "pool(x, 3)",
        "(x > 0.5) + (x <= 0.25)",
        "-(x - 1) / (2 - x) ** -1.5",
        "1 - (x - (2 - x))",
        "min(x, 0.5) * max(x, channel_mean(x))",
    ],
)
def test_formulas_are_those_of_featx(text):
    images = np.random.default_rng(0).random((2, 24, 17, 3)).astype(np.float32)
    images[1] = 0.25
    spec = fx.LambdaTransform((text,), image_size=(24, 17))
    told = {"np": np}
    exec(imports_of(transforming(spec.expressions, "transform")) + transforming(spec.expressions, "transform"), told)
    found = np.stack([told["transform"](row) for row in images])
    np.testing.assert_allclose(found, spec.steps[0].apply(images), rtol=1e-4, atol=1e-6)


def test_a_network_that_cannot_be_saved_is_known_before(monkeypatch):
    spec = fx.Pretrained("embedded_v1")
    assert why_not(fx.Augmented(spec)) == ""
    family = dataclasses.replace(FAMILIES["embedded"], origin="elsewhere")
    monkeypatch.setattr(registry, "FAMILIES", {**FAMILIES, "embedded": family})
    words = "Embedded v1 cannot be written as code: networks of its kind come back from no file."
    assert why_not(fx.LambdaTransform(("x * 2",), fx.Augmented(spec))) == words
    with pytest.raises(RecipeError, match=words):
        check_kind(fx.FineTuned(spec))


def test_the_twin_of_a_run_in_bfloat16_computes_in_float32():
    fast, exact = (fx.Pretrained("embedded_v1", precision=each) for each in ("bfloat16", "float32"))
    around = (lambda spec: spec, fx.Augmented, lambda spec: fx.LambdaTransform(("x * 2",), fx.Augmented(spec)))
    assert [exact_twin(wrap(fast)) for wrap in around] == [wrap(exact) for wrap in around]
    assert exact_twin(fx.LambdaTransform(("mean(x)",))) == fx.LambdaTransform(("mean(x)",))


def test_a_run_without_images_is_refused(workspace):
    spec = fx.LambdaTransform(("mean(x)",))
    fx.extract(workspace.images(), fx.build(spec), workspace=workspace)
    run = workspace.ledger.find(spec.digest)
    empty = fx.Workspace.open(":memory:")
    with pytest.raises(RecipeError, match="No image of this run is left to check a script with"):
        write_recipe(run, empty, fx.build)


@pytest.mark.parametrize("fit", FITTING)
def test_images_are_fitted_as_featx_fits_them(fit):
    rng = np.random.default_rng(0)
    for shape, size in (((90, 40, 3), (32, 48)), ((41, 97, 3), (64, 33)), ((50, 50, 3), (32, 32))):
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        names = {"np": np, "Image": Image, "SIZE": size}
        exec(f"def fitted(image):\n{FITTING[fit][1]}", names)
        np.testing.assert_array_equal(names["fitted"](Image.fromarray(pixels)), fit_image(pixels, size, fit))
