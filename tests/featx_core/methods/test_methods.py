"""What holds for every way to extract: the whole way from a spec to a map and a heatmap, and back after a reload."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from featx_core.architecture.rows import layer
from featx_core.extraction.extract import extract
from featx_core.extraction.features import load_features
from featx_core.heatmaps.explain import explain
from featx_core.maps.projection import project
from featx_core.methods import registry as methods
from featx_core.methods.method import Context
from featx_core.methods.registry import METHODS, SOURCES, build, train
from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import SPECS, spec_from_json
from featx_core.specs.spec import SpecError
from featx_core.workspace.workspace import Workspace
from tests.toys.files.model_files import SMALL_FACTS, enter_small_model

SIDE = 32
N_IMAGES = 12
BASE = CustomSequential(
    layers=(layer("Conv2D", filters=6, kernel_size=3, activation="relu"), layer("GlobalAveragePooling2D")),
    image_size=(SIDE, SIDE),
)
EXAMPLES = {
    Pretrained.method: Pretrained("mobilenet_v3_small", weights="random", image_size=(SIDE, SIDE)),
    OwnModel.method: OwnModel(SMALL_FACTS.weights, "small", (SIDE, SIDE), "unit"),
    CustomSequential.method: dataclasses.replace(BASE, weights="labels", epochs=2),
    Augmented.method: Augmented(base=BASE, n_copies=3),
    FineTuned.method: FineTuned(base=BASE, units=8, epochs=2),
    LambdaTransform.method: LambdaTransform(expressions=("x ** 2",), source=BASE),
}
SHAPES = {
    Pretrained.method: (N_IMAGES, 576),
    OwnModel.method: (N_IMAGES, 6),
    CustomSequential.method: (N_IMAGES, 6),
    Augmented.method: (N_IMAGES, 6),
    FineTuned.method: (N_IMAGES, 8),
    LambdaTransform.method: (N_IMAGES, 6),
}


def fill(path):
    """Two labels that differ in brightness, six images of each."""
    made = Workspace.open(path)
    rng = np.random.default_rng(0)
    pictures = []
    for number in range(N_IMAGES):
        low = 0 if number % 2 else 120
        pixels = rng.integers(low, low + 130, (40, 48, 3), dtype=np.uint8)
        file = path.parent / f"{number}.png"
        Image.fromarray(pixels).save(file)
        pictures.append((f"{'dark' if number % 2 else 'light'}/{number}.png", file.read_bytes()))
    made.add(pictures)
    enter_small_model(made)
    return made


def test_every_method_has_an_example():
    assert set(EXAMPLES) == set(METHODS)


def test_every_kind_of_spec_has_one_row_under_its_name():
    rows = {**METHODS, **SOURCES}
    assert {name: row.spec for name, row in rows.items()} == dict(SPECS)
    assert all(row.spec.method == name for name, row in rows.items())
    assert len({row.title for row in rows.values()}) == len(rows)
    assert all(row.sentence.endswith(".") for row in rows.values())


@pytest.mark.parametrize("method", METHODS)
def test_what_a_row_says_of_a_spec_before_anything_is_built(method, tmp_path):
    spec, workspace = EXAMPLES[method], fill(tmp_path / "all.featx")
    outlined = methods.outline(spec, workspace)
    assert outlined.feature_shape == SHAPES[method][1:]
    steps = methods.shape_steps(spec, outlined)
    assert steps[0] == (*spec.picture_input.image_size, 3)
    assert steps[-1] == outlined.feature_shape
    assert methods.pace(spec) == methods.pace(spec_from_json(spec.to_json())) != ""
    assert isinstance(methods.heatmap_caption(spec), str)
    assert methods.class_names(spec) is None
    assert isinstance(methods.has_quick_outline(spec), bool)
    assert methods.training_record(spec, workspace) is None
    assert methods.trained_spec(spec, workspace) == (None if spec.needs_training else spec)
    if not spec.needs_training:
        assert train(spec, workspace) == spec


@pytest.mark.parametrize("method", METHODS)
def test_only_plain_networks_can_carry_layers(method, tmp_path):
    spec, row = EXAMPLES[method], METHODS[method]
    context = Context(METHODS, fill(tmp_path / "all.featx"))
    if spec.can_carry_layers:
        network, features = row.architecture(spec, context)
        assert tuple(features.shape[1:]) == SHAPES[method][1:]
        assert network.input_shape[1:] == (SIDE, SIDE, 3)
    else:
        with pytest.raises(SpecError, match="New layers cannot be added to"):
            row.architecture(spec, context)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_method_goes_the_whole_way_and_survives_a_reload(method, tmp_path):
    spec = EXAMPLES[method]
    assert spec_from_json(spec.to_json()) == spec
    workspace = fill(tmp_path / "all.featx")
    trained = train(spec, workspace)
    assert not trained.needs_training
    extractor = build(trained, workspace)
    assert extractor.output_shape[1:] == methods.outline(trained, workspace).feature_shape == SHAPES[method][1:]
    features = extract(workspace.images(), extractor, workspace=workspace)
    assert features.vectors.shape == SHAPES[method]
    assert features.vectors.dtype == np.float32
    assert np.ptp(features.vectors, axis=0).max() > 0
    assert project(features.vectors, "pca").coordinates.shape == (N_IMAGES, 2)
    heatmap = explain(workspace.images()[0], extractor, "eigen_cam")
    assert heatmap.values.shape == (40, 48)
    workspace.close()

    again = Workspace.open(tmp_path / "all.featx")
    run = again.ledger.find(trained.digest)
    assert run is not None
    assert run.spec == trained
    found = load_features(again, run.digest)
    np.testing.assert_array_equal(found.vectors, features.vectors)
    fresh = extract(again.images(), build(run.spec, again))
    np.testing.assert_allclose(fresh.vectors, features.vectors, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("method", [method for method, spec in EXAMPLES.items() if spec.needs_training])
def test_a_seed_repeats_training_bit_for_bit_and_what_is_not_trained_is_refused(method, tmp_path):
    spec = EXAMPLES[method]
    workspaces = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        workspaces.append(fill(tmp_path / str(number) / "all.featx"))
    with pytest.raises(SpecError, match="is not trained yet"):
        build(spec, workspaces[0])
    trained = [train(spec, workspace) for workspace in workspaces]
    assert trained[0] == trained[1]  # with the digest of the weights in it
    first, second = (
        extract(workspace.images(), build(one, workspace)) for one, workspace in zip(trained, workspaces, strict=True)
    )
    np.testing.assert_array_equal(first.vectors, second.vectors)
