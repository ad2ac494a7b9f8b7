"""Conversion while nothing else is to do, on a small network."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.explain import explain_many
from featx_core.methods.extractors import Extractors
from featx_core.networks.engines import openvino_engine
from featx_core.networks.kept import record
from featx_core.networks.kept.extractor import KeptExtractor
from featx_core.tasks import converting
from featx_core.workspace.workspace import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed"),
]

SPEC = fx.Pretrained("embedded_v1", weights="random", seed=5, layer="stage3")


class Report:
    def stage(self, name, *, limit_seconds=None):
        pass

    def __call__(self, done, total):
        pass


@pytest.fixture
def images():
    return [np.random.default_rng(i).integers(0, 256, (112, 112, 3), dtype=np.uint8) for i in range(3)]


@pytest.mark.thorough
def test_it_is_kept_where_it_is_faster_and_then_used_with_the_same_numbers(monkeypatch, images, make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([(f"{i}.png", make_png(i)) for i in range(3)])
    monkeypatch.setattr(converting, "MIN_GAIN", 0.0)
    assert converting.convert_and_keep(SPEC, workspace)
    extractors = Extractors()
    kept, built = extractors.find(SPEC, workspace, Report()), fx.build(SPEC)
    assert isinstance(kept, KeptExtractor)
    assert extractors.built_by_keras() == []
    assert openvino_engine.disagreement(kept(np.stack(images)), built(np.stack(images))) < 1e-4
    names = ["activation_energy", "eigen_cam", "grad_cam"]
    found, expected = (explain_many(images, extractor, names) for extractor in (kept, built))
    for name in names:
        for one, other in zip(found[name], expected[name], strict=True):
            assert (one.layer, one.cells, one.note) == (other.layer, other.cells, other.note)
            np.testing.assert_allclose(one.grid, other.grid, atol=1e-3)
    assert fx.explain(images[0], kept, "eigen_cam", layer="stage1").layer.startswith("layer 4,")
    assert kept.network is not None


@pytest.mark.parametrize(
    ("place", "name", "value"), [(openvino_engine, "MAX_DISAGREEMENT", -1.0), (converting, "MIN_GAIN", 1e9)]
)
def test_what_does_not_agree_with_tensorflow_or_is_no_faster_is_not_kept(monkeypatch, place, name, value):
    monkeypatch.setattr(place, name, value)
    assert not converting.convert_and_keep(SPEC, None)
    assert not record.is_kept(SPEC)
