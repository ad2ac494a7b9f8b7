"""LambdaTransform: formulas of pixels, of the features of another run, of plain numbers."""

import numpy as np
import pytest

from featx_core.expressions.presets import PRESETS
from featx_core.extraction.extract import extract, extract_table
from featx_core.extraction.features import load_features
from featx_core.extraction.rows import table_of
from featx_core.extraction.vector_sets import add_vectors
from featx_core.heatmaps.explain import explain
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.methods import registry as methods
from featx_core.methods.registry import METHODS, build, train
from featx_core.specs.augmented import Augmented
from featx_core.specs.lambda_transform import LambdaTransform, derive
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import SpecError
from featx_core.tables.rows import Vectors
from featx_core.workspace.workspace import Workspace
from tests.toys.augmented_toys import Means
from tests.toys.toy_methods import installed

SMALL = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))
NUMBERS = np.random.default_rng(0).normal(size=(6, 10)).astype(np.float32)


def with_numbers():
    """A workspace that holds a table of numbers, and the spec of the table."""
    workspace = Workspace.open(":memory:")
    names = tuple(map(str, range(6)))
    run = add_vectors(workspace, Vectors(NUMBERS, names, ("a", "b") * 3), title="numbers.csv")
    return workspace, run.spec


@pytest.fixture(scope="module")
def pixels():
    return build(LambdaTransform(("grayscale(x)", "pool(x, 8)", "flatten(x)"), image_size=(32, 32)))


def test_equal_formulas_are_equal_extractors():
    assert LambdaTransform(("x**2",)) == LambdaTransform((" ( x ) ** 2.0",))
    assert LambdaTransform(("x**2",)).digest == LambdaTransform(("x ** 2",)).digest
    assert LambdaTransform(source=SMALL, image_size=(96, 96), fit="pad") == LambdaTransform(source=SMALL)


def test_json_there_and_back():
    for spec in (LambdaTransform(), LambdaTransform(("mean(x)", "x + 1"), source=SMALL), LambdaTransform(fit="pad")):
        again = spec_from_json(spec.to_json())
        assert again == spec
        assert again.digest == spec.digest
    assert METHODS["lambda_transform"].spec is LambdaTransform


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"expressions": ()}, "1 to 8 steps. Received: 0"),
        ({"expressions": ("x",) * 9}, "Received: 9"),
        ({"expressions": ("x", "x + y")}, "Step 2, column 5: There is no `y`"),
        ({"expressions": ("__import__('os')",)}, "Step 1, column 1: There is no `__import__`"),
        ({"expressions": ("flatten(x)", "sobel(x)")}, "Step 2, column 1: `sobel` needs an image or a feature map"),
        ({"image_size": (8, 8)}, "16 to 1024 pixels a side"),
        ({"source": "features"}, "`source` of LambdaTransform must be Spec or 'pixels'"),
        ({"fit": "cut"}, "`fit`"),
    ],
)
def test_impossible_specs_are_refused(fields, message):
    with pytest.raises(SpecError, match=message):
        LambdaTransform(**fields)


def test_the_tutorials_square_of_pixels(workspace):
    spec = LambdaTransform(("x ** 2",), image_size=(32, 40))
    features = extract(workspace.images(), build(spec), workspace=workspace)
    assert features.values.shape == (6, 32, 40, 3)
    pictures = np.stack([build(spec).fit_image(image.pixels()) for image in workspace.images()])
    scaled = pictures.astype(np.float32) / np.float32(255)
    assert np.array_equal(features.values, scaled * scaled)
    assert features.details["n_parameters"] == 0


def test_pixels_through_keras_are_pixels_through_numpy(workspace):
    for preset in PRESETS.values():
        spec = LambdaTransform(preset.expressions, image_size=(32, 32))
        extractor = build(spec)
        pictures = np.stack([extractor.fit_image(image.pixels()) for image in workspace.images()])
        values = extractor(pictures)
        assert values.shape[1:] == spec.shapes((32, 32, 3))[-1] == extractor.output_shape[1:]
        np.testing.assert_allclose(values, derive(spec, pictures / np.float32(255)), rtol=1e-4, atol=1e-5)


def test_batches_and_order_change_nothing(pixels):
    pictures = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    whole = pixels(pictures)
    np.testing.assert_allclose(pixels(pictures, batch_size=2), whole, rtol=1e-6)
    np.testing.assert_allclose(pixels(pictures[::-1]), whole[::-1], rtol=1e-6)


def test_the_outline_is_what_is_built():
    spec = LambdaTransform(("blur(x, 1)", "sobel(x)", "mean(x)"), image_size=(32, 32))
    outline, extractor = methods.outline(spec), build(spec)
    assert outline.layers == extractor.layers
    assert outline.feature_shape == extractor.output_shape[1:] == (1,)
    assert [info.kind for info in outline.layers] == ["InputLayer"] + ["ExpressionLayer"] * 3
    assert methods.shape_steps(spec, outline) == (
        (32, 32, 3),
        "blur(x, 1)",
        (32, 32, 3),
        "sobel(x)",
        (32, 32, 3),
        "mean(x)",
        (1,),
    )


def test_what_the_formulas_receive_is_shown():
    shown = LambdaTransform(image_size=(16, 16)).picture_input.of(np.full((20, 30, 3), 51, np.uint8))
    assert shown.sentence == "RGB scaled to 0..1"
    np.testing.assert_allclose(shown.tensor, 0.2, rtol=1e-6)
    over = LambdaTransform(source=SMALL).picture_input.of(np.full((20, 30, 3), 51, np.uint8))
    assert over.sentence == PREPROCESSING["none"].sentence


def test_heatmaps_of_pixel_formulas(workspace):
    extractor = build(LambdaTransform(("grayscale(x)", "sobel(x)", "pool(x, 4)"), image_size=(32, 32)))
    heatmap = explain(workspace.images()[0], extractor, "grad_cam")
    assert heatmap.grid.shape == (8, 8)
    assert heatmap.grid.max() == 1


class TestOverNumbers:
    """Formulas of rows that did not come from images."""

    def test_the_square_is_exact(self):
        workspace, numbers = with_numbers()
        table = table_of(LambdaTransform(("x ** 2",), source=numbers), workspace)
        assert table.values.shape == (6, 10)
        assert table.values.dtype == np.float32
        assert np.array_equal(table.values, NUMBERS * NUMBERS)
        assert (table.names, table.labels) == (table_of(numbers, workspace).names, ("a", "b") * 3)

    def test_it_is_a_run_like_any_other(self):
        workspace, numbers = with_numbers()
        spec = LambdaTransform(("x - mean(x)",), source=numbers)
        assert extract_table(spec, workspace).details["feature_shape"] == [10]
        assert np.array_equal(load_features(workspace, spec.digest).values, NUMBERS - NUMBERS.mean(1, keepdims=True))

    def test_pictures_are_refused(self):
        workspace, numbers = with_numbers()
        with pytest.raises(SpecError, match="needs an image or a feature map; here x is a vector of 10 values"):
            table_of(LambdaTransform(("hog(x)",), source=numbers), workspace)

    def test_images_have_no_table(self):
        assert table_of(LambdaTransform(), Workspace.open(":memory:")) is None
        assert table_of(LambdaTransform(source=SMALL), Workspace.open(":memory:")) is None


def test_training_is_passed_on():
    with installed(Means):
        spec = LambdaTransform(("x + 1",), source=Means(weights="trained"))
        workspace = Workspace.open(":memory:")
        assert spec.needs_training
        with pytest.raises(SpecError, match="Train it first"):
            build(spec)
        trained = train(spec, workspace)
        assert trained == LambdaTransform(("x + 1",), source=Means(weights="file:0"))
        assert not trained.needs_training
        assert methods.trained_spec(spec, workspace) is None
        assert methods.trained_spec(trained, workspace) == trained
        assert methods.trained_spec(LambdaTransform(), workspace) == LambdaTransform()
        assert methods.training_record(trained, workspace) is None


def test_several_rows_an_image_are_transformed_each():
    spec = LambdaTransform(("sum(x)",), source=Means(rows=3))
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert spec.rows_per_image == 3
    assert np.array_equal(derive(spec, values), values.sum(-1, keepdims=True))


@pytest.mark.slow
@pytest.mark.thorough
def test_a_formula_of_copies_gives_a_row_each(workspace):
    source = Augmented(SMALL, (("horizontal_flip", 0.5),), n_copies=3, gives="copies")
    spec = LambdaTransform(("x - mean(x)",), source=source)
    extractor = build(spec)
    features = extract(workspace.images()[:2], extractor)
    assert features.values.shape == (6, 576)
    assert features.copies == (0, 1, 2) * 2
    np.testing.assert_allclose(features.values.mean(1), 0, atol=1e-5)
    picture = extractor.fit_image(workspace.images()[0].pixels())[np.newaxis]
    np.testing.assert_allclose(extractor.plain(picture), features.values[:1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_work_on_pictures(name):
    spec = LambdaTransform(PRESETS[name].expressions)
    assert spec.expressions == PRESETS[name].expressions
    assert np.isfinite(derive(spec, np.random.default_rng(0).random((2, 64, 64, 3)))).all()
    if not PRESETS[name].needs_places:
        assert derive(spec, np.ones((2, 10), np.float32)).shape == (2, 10)


@pytest.mark.parametrize("depth", [700, 100_000])
def test_specs_nested_without_end_are_refused(depth):
    inner = '{"method": "lambda_transform", "version": 1, "source": '
    with pytest.raises(SpecError, match=r"nested too deeply|must be JSON"):
        spec_from_json(inner * depth + '"pixels"' + "}" * depth)
