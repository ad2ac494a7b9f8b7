"""Formulas of the features of a network."""

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.extraction.extract import extract, extract_derived
from featx_core.extraction.features import load_features
from featx_core.heatmaps.explain import explain
from featx_core.methods import registry as methods
from featx_core.methods.registry import build
from featx_core.specs.lambda_transform import LambdaTransform, derive, derived_from
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import SpecError
from featx_core.tasks.extraction import extract_features
from featx_core.tasks.requests import ExtractJob
from tests.toys.app.visiting import quiet_report

SMALL = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))
SPEC = LambdaTransform(("x ** 2", "x / norm(x)"), source=SMALL)


@pytest.fixture(scope="module")
def base():
    return build(SMALL)


@pytest.fixture(scope="module")
def over():
    return build(SPEC)


@pytest.fixture
def held(workspace, base):
    """A workspace that holds the features of the source."""
    extract(workspace.images(), base, workspace=workspace)
    return workspace


def test_it_names_its_source():
    assert SPEC.title == f"x ** 2, then x / norm(x) of {SMALL.title}"
    assert SPEC.badge == SMALL.badge
    assert derived_from(SPEC) == SMALL


@pytest.mark.slow
def test_features_are_the_formula_of_those_of_the_source(held, over):
    source = load_features(held, SMALL.digest).values.astype(np.float64)
    features = extract(held.images(), over)
    expected = source**2 / np.linalg.norm(source**2, axis=1, keepdims=True)
    np.testing.assert_allclose(features.values, expected, rtol=1e-4)


@pytest.mark.slow
def test_the_graph_gives_the_same(held, over):
    pictures = np.stack([over.fit_image(image.pixels()) for image in held.images()])
    graph = over.model(over.preprocess(pictures), training=False)
    np.testing.assert_allclose(np.asarray(graph), over(pictures), rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_the_layers_are_those_of_the_source(over):
    outline = methods.outline(SPEC)
    assert outline.layers == over.layers == methods.outline(SMALL).layers
    assert outline.feature_shape == over.output_shape[1:]
    assert methods.shape_steps(SPEC, outline)[1:] == (SMALL.title, "x ** 2", "x / norm(x)", outline.feature_shape)


@pytest.mark.slow
def test_heatmaps_look_at_the_network(workspace, over):
    heatmap = explain(workspace.images()[0], over, "grad_cam", layer="stage2")
    assert heatmap.grid.max() <= 1
    assert np.ptp(heatmap.grid) > 0


@pytest.mark.slow
def test_kept_features_of_the_source_are_enough(held, monkeypatch):
    monkeypatch.setattr("featx_core.methods.pretrained._network", lambda *_: pytest.fail("the network was built"))
    answer = extract_features(held, ExtractJob(SPEC).to_parameters(), quiet_report())
    assert answer["details"]["n_computed"] == 6
    assert "from stored features" in answer["details"]["engine"]
    kept = load_features(held, SPEC.digest)
    source = load_features(held, SMALL.digest)
    assert np.array_equal(kept.values, derive(SPEC, source.values))
    assert kept.names == source.names
    again = extract_features(held, ExtractJob(SPEC).to_parameters(), quiet_report())
    assert again["details"]["n_reused"] == 6


@pytest.mark.slow
def test_only_what_is_missing_runs_through_the_network(held, make_png, over, monkeypatch):
    held.add([("cat/new.png", make_png(99))])
    seen, engines = [], over.base.engines
    monkeypatch.setattr(over.base, "engines", lambda batch: seen.append(len(batch)) or engines(batch))
    features = extract(held.images(), over, workspace=held)
    assert seen == [1]
    assert (features.details["n_images"], features.details["n_computed"]) == (7, 7)
    assert features.values.shape[0] == 7


def test_without_the_source_the_network_is_needed(workspace):
    assert extract_derived(workspace.images(), SPEC, workspace) is None
    assert extract_derived(workspace.images(), SMALL, workspace) is None
    assert extract_derived(workspace.images()[:0], SPEC, workspace) is None


def test_a_formula_of_a_formula_goes_back_to_the_source(held):
    outer = LambdaTransform(("sum(x)",), source=SPEC)
    features = extract_derived(held.images(), outer, held)
    expected = derive(SPEC, load_features(held, SMALL.digest).values).sum(1, keepdims=True)
    np.testing.assert_allclose(features.values, expected, rtol=1e-5)


def test_a_damaged_row_calls_for_the_network(held):
    with held._store.transaction() as connection:
        connection.execute("UPDATE vectors SET checksum = checksum + 1 WHERE rowid = 1")
    assert extract_derived(held.images(), SPEC, held) is None


def test_cancelling_keeps_what_is_done(held):
    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        extract_derived(held.images(), SPEC, held, on_progress=stop)
    assert len(held.vectors.stored(SPEC.digest)) == 6


def test_a_step_that_does_not_fit_is_named_before_anything_is_built():
    spec = LambdaTransform(("sobel(x)",), source=SMALL)
    with pytest.raises(
        SpecError, match=r"Step 1, column 1: `sobel` needs an image or a feature map; here x is a vector"
    ):
        methods.outline(spec)


def test_rows_that_are_not_finite_are_counted(held):
    spec = LambdaTransform(("log(x - mean(x))",), source=SMALL)
    features = extract_derived(held.images(), spec, held)
    assert features.details["n_not_finite"] == 6
    assert len(features) == 6
