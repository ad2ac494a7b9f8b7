import json

import numpy as np
import pytest

from featx_core.architecture.layers import LayerInfo
from featx_core.images.fitting import Cells
from featx_core.networks.engines import graph_cache, openvino_engine
from featx_core.networks.engines.openvino_engine import Graph
from featx_core.networks.kept import record
from featx_core.networks.kept.outlines import known_outline
from featx_core.networks.kept.record import NetworkFacts
from featx_core.networks.last_map import LastMap
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.vector_table import VectorTable

pytestmark = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")

SPEC = Pretrained("resnet50", weights="random", seed=3)
FACTS = NetworkFacts(
    layers=(
        LayerInfo(0, "input", "InputLayer", (8, 8, 3), 0, 0, None, True),
        LayerInfo(1, "conv", "Conv2D", (4, 4, 5), 140, 140, "stage1", True),
    ),
    tap=1,
    map_shape=(4, 4, 5),
    feature_shape=(5,),
    batch_size=16,
    notes=("A note.",),
    last_map=LastMap(1, Cells((0.125, 0.25), (0.25, 0.5)), True),
)
GRAPH = Graph(b"<net/>", np.arange(7, dtype=np.uint8))


def keep(spec=SPEC, facts=FACTS):
    record.keep(spec, facts, "a" * 64, GRAPH)


@pytest.mark.parametrize("last_map", [FACTS.last_map, None])
def test_what_is_kept_comes_back(last_map):
    facts = NetworkFacts(**{**vars(FACTS), "last_map": last_map})
    assert record.find(SPEC) is None
    keep(facts=facts)
    found = record.find(SPEC)
    assert found.facts == facts
    assert found.graph.xml == GRAPH.xml
    assert found.graph.weights.tolist() == GRAPH.weights.tolist()
    assert record.is_kept(SPEC)
    assert record.find(Pretrained("resnet50", weights="random", seed=4)) is None


def test_an_outline_is_told_from_what_is_kept():
    keep()
    outline = known_outline(SPEC)
    assert (outline.layers, outline.tap, outline.image_size) == (FACTS.layers, 1, (224, 224))
    assert (outline.map_shape, outline.feature_shape, outline.n_parameters) == ((4, 4, 5), (5,), 140)
    record.forget(SPEC)
    assert known_outline(SPEC) is None


@pytest.mark.parametrize("content", ["", "{}", '{"facts": {"layers": 3}, "graph": "a"}'])
def test_a_damaged_record_is_removed(content):
    keep()
    record._path(SPEC).write_text(content)
    assert record.find_facts(SPEC) is None
    assert not record._path(SPEC).exists()


def test_a_record_whose_graph_is_gone_is_removed():
    keep()
    graph_cache._path("a" * 64).unlink()
    assert not record.is_kept(SPEC)
    assert record.find(SPEC) is None
    assert not record._path(SPEC).exists()


def test_other_versions_find_nothing(monkeypatch):
    keep()
    monkeypatch.setattr(record, "_versions", lambda: ("other",))
    assert record.find(SPEC) is None


def test_nothing_is_run_from_what_is_kept_where_tensorflow_may_have_a_gpu_or_there_are_no_images(monkeypatch):
    keep()
    assert not record.may_be_kept(VectorTable("file:" + "a" * 64, name="numbers"))
    monkeypatch.setattr(record, "_may_have_gpu", lambda: True)
    assert record.find(SPEC) is None
    assert record._path(SPEC).exists()


def test_facts_are_plain_json():
    assert NetworkFacts.from_json(json.loads(json.dumps(FACTS.to_json()))) == FACTS
