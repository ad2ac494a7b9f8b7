"""Networks that are drawn without Keras, against the same networks by Keras."""

import subprocess
import sys

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.explain import explain_many
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.targets import ClassTarget, FeatureTarget, OwnFeaturesTarget
from featx_core.methods.registry import class_names
from featx_core.networks.engines import openvino_engine
from featx_core.networks.kept import record
from featx_core.networks.kept.extractor import KeptExtractor
from featx_core.networks.kept.shipped import facts_path, find_shipped, shipped_specs
from featx_core.networks.origins import is_here
from featx_core.specs.pretrained import Pretrained
from tests.toys.shipped_facts import written

pytestmark = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")

EMBEDDED = Pretrained("embedded_v1")
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def images():
    """Make blobs rather than noise, on which heatmaps have a shape."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (3, 7, 7, 3), dtype=np.uint8)
    return list(coarse.repeat(32, axis=1).repeat(32, axis=2))


def kept(spec):
    return KeptExtractor(spec, find_shipped(spec), class_names(spec))


@pytest.mark.slow
def test_it_is_kept_at_once_and_runs_without_keras(home):
    script = (
        "import sys, numpy as np; from featx_core.networks.kept.shipped import find_shipped; from featx_core.networks.kept "
        "import record; from featx_core.networks.kept.extractor import KeptExtractor; from featx_core.specs.pretrained "
        "import Pretrained; spec = Pretrained('embedded_v1'); found = find_shipped(spec)\n"
        "values = KeptExtractor(spec, found, None)(np.zeros((2, 112, 112, 3), np.uint8))\n"
        "print(values.shape, 'keras' in sys.modules, 'tensorflow' in sys.modules, record.is_kept(spec))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout == "(2, 256) False False True\n", run.stderr
    assert len(list((home / "graphs").glob("*.network"))) == 1


@pytest.mark.parametrize(
    "spec",
    [
        Pretrained("embedded_v1", layer="stage2"),
        Pretrained("embedded_v1", pooling="max"),
        Pretrained("embedded_v1", image_size=(96, 96)),
        Pretrained("embedded_v1", weights="random"),
        Pretrained("resnet50"),
    ],
)
def test_other_specs_need_keras(spec):
    assert find_shipped(spec) is None
    assert not record.is_kept(spec)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec, marks=pytest.mark.slow if spec == EMBEDDED else pytest.mark.thorough)
        for spec in shipped_specs()
    ],
    ids=lambda spec: spec.title,
)
def test_it_is_the_network_that_keras_builds(spec, images):
    if not is_here(fx.BACKBONES[spec.backbone], top=spec.classifier):
        pytest.skip("its weights are not installed")
    drawn, built = kept(spec), fx.build(spec)
    assert facts_path(spec).read_text("utf-8") == written(spec)
    assert (drawn.image_size, drawn.output_shape, drawn.n_parameters, drawn.classes, drawn.batch_size) == (
        built.image_size,
        built.output_shape,
        built.n_parameters,
        built.classes,
        built.batch_size,
    )
    fitted = np.stack([drawn.fit_image(image) for image in images])
    assert openvino_engine.disagreement(drawn(fitted), built(fitted)) < TOLERANCE
    names = [name for name, method in HEATMAPS.items() if method.is_at_layer]
    targets = [OwnFeaturesTarget(), FeatureTarget(3)] + [ClassTarget(), ClassTarget(rank=2)] * spec.classifier
    for target in targets:
        found, expected = (explain_many(images, extractor, names, target=target) for extractor in (drawn, built))
        for name in names:
            for one, other in zip(found[name], expected[name], strict=True):
                assert (one.title, one.layer, one.note, one.cells) == (
                    other.title,
                    other.layer,
                    other.note,
                    other.cells,
                )
                np.testing.assert_allclose(one.grid, other.grid, atol=TOLERANCE)
                np.testing.assert_allclose(one.high, other.high, rtol=TOLERANCE)
    assert "_whole" not in vars(drawn)
