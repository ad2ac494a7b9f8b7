import numpy as np
import pytest

from featx_core.networks.engines import choice, fast, openvino_engine
from featx_core.networks.kept import record
from featx_core.networks.kept.extractor import KeptEngines, KeptExtractor
from featx_core.networks.kept.shipped import find_shipped
from featx_core.specs.pretrained import Pretrained

pytestmark = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")

SPEC = Pretrained("embedded_v1")


class Engines:
    """Stands in for what runs the network by Keras."""

    title, notes = "TensorFlow, float32", ("It ran.",)

    def __call__(self, batch):
        return -batch


class Whole:
    """Stands in for the extractor by Keras."""

    network, model, engines = "the network", "the model", Engines()


@pytest.fixture
def extractor():
    made = KeptExtractor(SPEC, find_shipped(SPEC), None)
    made.n_built = 0

    def build():
        made.n_built += 1
        return Whole

    made.build_by = build
    return made


def test_the_network_is_built_where_it_is_asked_for_and_once(extractor):
    extractor(np.zeros((1, 112, 112, 3), np.uint8))
    assert extractor.n_built == 0
    assert (extractor.network, extractor.model, extractor.network) == ("the network", "the model", "the network")
    assert extractor.n_built == 1
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        extractor.nothing  # noqa: B018


def test_images_of_another_size_are_refused(extractor):
    with pytest.raises(ValueError, match=r"must have shape \(n_images, 112, 112, 3\)"):
        extractor(np.zeros((1, 8, 8, 3), np.uint8))


def test_where_the_graph_fails_keras_takes_over_and_what_is_kept_is_forgotten(extractor, monkeypatch):
    assert isinstance(extractor.engines, KeptEngines)
    assert extractor.engines.title == "OpenVINO, float32"

    def fail(batch):
        raise RuntimeError("It broke.")

    monkeypatch.setattr(extractor.engines._current, "_run", fail)
    assert extractor.engines(np.ones((1, 112, 112, 3), np.float32)).min() == -1
    assert (extractor.engines.title, extractor.engines.notes) == ("TensorFlow, float32", ("It ran.",))
    assert not record.is_kept(SPEC)


@pytest.mark.parametrize("other", [choice.Engines, fast.FastEngines])
def test_a_kept_engine_does_all_that_an_extraction_asks_of_others(other):
    of_others_alone = {"difference", "graph", "take", "wants_graph"}
    assert {name for name in vars(other) if not name.startswith("_")} - set(dir(KeptEngines)) <= of_others_alone
