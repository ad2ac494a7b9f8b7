from types import SimpleNamespace

import pytest

from featx_core.methods.extractors import Extractors
from featx_core.networks.engines import openvino_engine
from featx_core.networks.engines.choice import Engines
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.kept import taking
from featx_core.networks.kept.taking import take_kept, wants_graph
from tests.toys import engine_toys

pytestmark = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")


def test_a_network_that_tensorflow_ran_takes_the_graph_that_is_there_by_then(monkeypatch):
    model = engine_toys.tiny_model()
    extractor = SimpleNamespace(engines=Engines(model), spec=None)
    extractors = Extractors()
    extractors._built["a"] = extractor
    monkeypatch.setattr(taking, "find_shipped", lambda spec: None)
    monkeypatch.setattr(taking.record, "find", lambda spec: pytest.fail("looked for a graph that nobody wants"))
    assert not take_kept(extractor)
    extractor.engines.begin()
    extractor.engines(engine_toys.batch_of(4))
    extractor.engines.end()
    monkeypatch.setattr(taking.record, "find", lambda spec: None)
    assert not take_kept(extractor)
    assert wants_graph(extractor)
    graph = openvino_engine.convert(TensorFlowEngine(model).graph())
    monkeypatch.setattr(taking.record, "find", lambda spec: SimpleNamespace(graph=graph))
    extractors.take_kept()
    assert not wants_graph(extractor)
    extractor.engines.begin()
    assert extractor.engines.title == "OpenVINO, float32"
    assert not wants_graph(SimpleNamespace())
