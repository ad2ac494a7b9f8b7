"""bfloat16 on the Extract page: offered where the processor has it, and told on the run card."""

import pytest

from featx_core.networks.engines import fast, openvino_engine
from tests.toys.app.extracting import asked
from tests.toys.app.visiting import element, nodes

pytestmark = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")


@pytest.fixture
def visitor(visit, shelve, make_png, monkeypatch):
    monkeypatch.setattr(fast, "has_bfloat16", lambda: True)
    return visit(shelve([(f"{number}.png", make_png(number)) for number in range(3)])).open("extract")


def keys(visitor):
    return {getattr(node, "key", None) for node in nodes(visitor.tab._tree)}


def test_it_is_not_shown_where_the_processor_lacks_it(visitor, monkeypatch):
    assert "precision" in keys(visitor)
    monkeypatch.setattr(fast, "has_bfloat16", lambda: False)
    assert "precision" not in keys(visitor.run())
    assert "bfloat16" not in visitor.words
    assert visitor.has_no_fault


def test_it_is_shown_where_the_gpu_of_the_worker_has_it(visitor, worker, monkeypatch):
    monkeypatch.setattr(fast, "has_bfloat16", lambda: False)
    worker.facts = {"gpu_has_bfloat16": True}
    assert "precision" in keys(visitor.run())


@pytest.mark.slow
@pytest.mark.thorough
def test_the_run_card_names_engine_and_difference(visitor, worker):
    for key, value in {"backbone": "mobilenet_v3_small", "precision": "bfloat16", "side_MobileNetV3Small": 64}.items():
        element(visitor, key).set_value(value)
        visitor.run()
    visitor.tab.button(key="run").click().run()
    visitor.run()
    assert asked(worker)[0].precision == "bfloat16"
    words = visitor.words.replace("\\", "")
    assert "OpenVINO, bfloat16" in words
    assert "Against float32, on 3 of these images: cosine at least 0.9" in words
    assert visitor.has_no_fault
