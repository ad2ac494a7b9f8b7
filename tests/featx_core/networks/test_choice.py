"""Which engine runs: TensorFlow first, OpenVINO once it is ready, right and faster; and what the run says about it."""

import sys

import numpy as np
import pytest
from filelock import FileLock

from featx_core.networks.engines import choice, graph_cache, openvino_engine
from featx_core.networks.engines.choice import Engines
from featx_core.networks.engines.conversion import N_TRIALS, prepare
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.engines.openvino_engine import EngineError
from tests.toys import engine_toys
from tests.toys.thorough import first_of

pytestmark = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")


LONG = 1e6  # seconds left: any conversion pays


TENSORFLOW, OPENVINO = "TensorFlow, float32", "OpenVINO, float32"


@pytest.fixture(autouse=True)
def always_faster(monkeypatch):
    """On a toy, speed is chance: OpenVINO wins whatever was measured."""
    monkeypatch.setattr(choice, "MIN_GAIN", 0.0)


def wait_for_graph(conversion):
    """Wait until there is a graph, or the conversion failed."""
    while not conversion.is_converted and not conversion.is_done:
        conversion._converted.wait(0.01)


def converted(engines, n_batches=N_TRIALS + 1):
    """Begin a run with much to do, wait for the conversion, and run a few more batches."""
    engines.begin()
    engines(engine_toys.batch_of(4))
    engines.plan(LONG)
    wait_for_graph(engines._converting)
    for _ in range(n_batches):
        engines(engine_toys.batch_of(4))
    engines.end()
    return engines


@pytest.mark.slow
def test_tensorflow_begins_and_openvino_takes_over():
    model = engine_toys.tiny_model()
    engines = converted(Engines(model))
    assert engines.title == OPENVINO
    assert "TensorFlow began. OpenVINO, prepared meanwhile" in engines.notes[0]
    assert "all rows of this run come from one engine" in engines.notes[0]
    batch = engine_toys.batch_of(3, seed=5)
    np.testing.assert_allclose(engines(batch), engine_toys.by_hand(model, batch), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_a_graph_on_disk_is_used_from_the_first_batch_on():
    converted(Engines(engine_toys.tiny_model()))
    again = Engines(engine_toys.tiny_model())
    again.begin()
    assert again.title == OPENVINO
    assert again.notes == []
    other = Engines(engine_toys.tiny_model(seed=1))
    other.begin()
    assert other.title == TENSORFLOW


def test_what_was_prepared_since_the_last_run_is_used_from_the_first_batch_on():
    model = engine_toys.tiny_model()
    engines = converted(Engines(model), n_batches=1)
    assert engines.title == TENSORFLOW
    engines._converting.wait()
    engines.begin()
    assert (engines.title, engines.notes) == (OPENVINO, [])
    batch = engine_toys.batch_of(3, seed=5)
    np.testing.assert_allclose(engines(batch), engine_toys.by_hand(model, batch), rtol=1e-5, atol=1e-6)


def short_run(engines):
    engines.begin()
    engines(engine_toys.batch_of(4))
    engines.end()
    return engines


def test_a_graph_that_was_converted_elsewhere_is_used_from_the_next_run_on():
    model = engine_toys.tiny_model()
    graph = openvino_engine.convert(TensorFlowEngine(model).graph())
    engines = Engines(model)
    engines.take(graph)  # nothing to check it with
    assert not engines.wants_graph
    assert short_run(engines).wants_graph
    engines.take(graph)
    assert (engines.title, engines.wants_graph) == (TENSORFLOW, False)
    assert short_run(engines).title == OPENVINO
    other = short_run(Engines(engine_toys.tiny_model(seed=1)))
    other.take(graph)
    assert short_run(other).title == TENSORFLOW
    assert "its values differed from TensorFlow's by" in other.notes[0]
    assert not other.wants_graph


def test_nothing_is_converted_for_a_few_images():
    engines = Engines(engine_toys.tiny_model())
    engines.begin()
    engines(engine_toys.batch_of(4))
    engines.plan(1.0)
    assert engines._converting is None
    engines.end()
    assert engines.notes == []
    assert graph_cache.is_empty()


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", first_of([lambda content: content[:-9], lambda content: bytes(len(content)), lambda content: b""])
)
def test_a_damaged_graph_is_made_again(damage):
    converted(Engines(engine_toys.tiny_model()))
    (path,) = graph_cache._folder().glob("*.graph")
    path.write_bytes(damage(path.read_bytes()))
    engines = Engines(engine_toys.tiny_model())
    engines.begin()
    assert engines.title == TENSORFLOW
    assert converted(engines).title == OPENVINO
    assert path.exists()


@pytest.mark.slow
def test_an_older_graph_is_not_used(monkeypatch):
    converted(Engines(engine_toys.tiny_model()))
    monkeypatch.setattr(graph_cache, "GRAPH_VERSION", graph_cache.GRAPH_VERSION + 1)
    engines = Engines(engine_toys.tiny_model())
    engines.begin()
    assert engines.title == TENSORFLOW


@pytest.mark.slow
def test_without_openvino_tensorflow_serves(monkeypatch):
    converted(Engines(engine_toys.tiny_model()))
    monkeypatch.setitem(sys.modules, "openvino", None)
    engines = Engines(engine_toys.tiny_model())
    engines.begin()
    batch = engine_toys.batch_of(2)
    engines(batch)
    engines.plan(LONG)
    assert engines._converting is None
    assert (engines.title, engines.notes) == (TENSORFLOW, [])


def test_what_cannot_be_converted_stays_on_tensorflow_and_says_so():
    reason = "OpenVINO, which is often faster, was not used: it could not be converted."
    for engines in (converted(Engines(engine_toys.strange_model())), Engines(engine_toys.strange_model())):
        engines.begin()  # the second finds on disk that it was tried
        assert engines.title == TENSORFLOW
        assert engines.notes[0].endswith(reason)
        engines.plan(LONG)
        assert engines._converting is None


def test_an_engine_that_disagrees_is_not_used_nor_kept(monkeypatch):
    run = openvino_engine.OpenVinoEngine.__call__
    monkeypatch.setattr(openvino_engine.OpenVinoEngine, "__call__", lambda self, batch: 1.01 * run(self, batch))
    engines = converted(Engines(engine_toys.tiny_model()))
    assert engines.title == TENSORFLOW
    assert "its values differed from TensorFlow's by" in engines.notes[0]
    assert not list(graph_cache._folder().glob("*.graph"))


def test_an_engine_that_is_slower_is_not_used_and_not_tried_again(monkeypatch):
    monkeypatch.setattr(choice, "MIN_GAIN", 1e9)
    engines = converted(Engines(engine_toys.tiny_model()))
    assert engines.title == TENSORFLOW
    assert "OpenVINO was tried on a few images and is no faster here" in engines.notes[0]
    again = Engines(engine_toys.tiny_model())
    again.begin()
    again(engine_toys.batch_of(2))
    again.plan(LONG)
    assert again.title == TENSORFLOW
    assert again._converting is None


@pytest.mark.slow
def test_a_batch_on_which_openvino_fails_is_done_by_tensorflow(monkeypatch):
    model = engine_toys.tiny_model()
    engines = converted(Engines(model))

    def broken(self, batch):
        raise RuntimeError("a fault of the processor")

    monkeypatch.setattr(openvino_engine.OpenVinoEngine, "__call__", broken)
    engines.begin()
    batch = engine_toys.batch_of(3)
    np.testing.assert_allclose(engines(batch), engine_toys.by_hand(model, batch), rtol=1e-5, atol=1e-6)
    assert engines.title == TENSORFLOW
    assert engines.notes[0].endswith("it failed on a batch.")


def test_networks_with_too_many_parameters_stay_on_tensorflow(monkeypatch):
    monkeypatch.setattr(choice, "MAX_PARAMETERS", 10)
    engines = Engines(engine_toys.tiny_model())
    engines.begin()
    engines(engine_toys.batch_of(2))
    engines.plan(LONG)
    assert engines._converting is None


@pytest.mark.slow
def test_while_another_process_converts_the_graph_it_is_waited_for_and_taken(monkeypatch):
    model = engine_toys.tiny_model()
    key = graph_cache.graph_key(model)
    tensorflow, batch = TensorFlowEngine(model), engine_toys.batch_of(4)
    lock = FileLock(graph_cache.lock_path(key), thread_local=False)
    with lock:
        engines = Engines(model)
        engines.begin()
        engines(batch)
        engines.plan(LONG)
        assert not engines._converting.is_done
        assert engines(batch).shape == (4, 4)  # TensorFlow goes on meanwhile
        prepare(key, tensorflow, batch, tensorflow(batch))
        monkeypatch.setattr(openvino_engine, "convert", lambda function: pytest.fail("converted a second time"))
    wait_for_graph(engines._converting)
    for _ in range(N_TRIALS + 1):
        engines(batch)
    assert engines.title == OPENVINO


def test_prepare_tells_what_is_wrong():
    tensorflow = TensorFlowEngine(engine_toys.tiny_model())
    batch = engine_toys.batch_of(2)
    with pytest.raises(EngineError, match="differed from TensorFlow's"):
        prepare("b" * 64, tensorflow, batch, 2 * tensorflow(batch))


def test_a_heatmap_between_runs_keeps_no_batch_in_memory():
    engines = Engines(engine_toys.tiny_model())
    engines(engine_toys.batch_of(4))
    assert engines._last is None
