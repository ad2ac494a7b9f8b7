"""The two engines on networks known by hand, and what OpenVINO is kept from."""

import os
import subprocess
import sys

import numpy as np
import pytest

from featx_core.base.processor import THREADS
from featx_core.networks.engines import engine as engine_module
from featx_core.networks.engines import openvino_engine
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.engines.openvino_engine import EngineError, Graph, OpenVinoEngine, check, convert, disagreement
from tests.toys import engine_toys

needs_openvino = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")


@pytest.fixture(scope="module")
def model():
    return engine_toys.tiny_model()


@pytest.fixture(scope="module")
def engines(model):
    tensorflow = TensorFlowEngine(model)
    return [tensorflow, OpenVinoEngine(convert(tensorflow.graph()))]


@needs_openvino
@pytest.mark.parametrize("n_images", [1, 3, 8])
def test_both_engines_compute_what_is_known_by_hand(model, engines, n_images):
    batch = engine_toys.batch_of(n_images)
    before = batch.copy()
    for engine in engines:
        values = engine(batch)
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, engine_toys.by_hand(model, batch), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(batch, before)


@needs_openvino
def test_each_engine_repeats_itself_to_the_bit(engines):
    batch = engine_toys.batch_of(5)
    for engine in engines:
        np.testing.assert_array_equal(engine(batch), engine(batch.copy()))


@needs_openvino
def test_earlier_results_are_not_overwritten(engines):
    for engine in engines:
        first = engine(engine_toys.batch_of(2, seed=1))
        kept = first.copy()
        engine(engine_toys.batch_of(2, seed=2))
        np.testing.assert_array_equal(first, kept)


class Listening:
    """A request of OpenVINO that notes how many images it gets."""

    def __init__(self, request, lengths, fails_at=None):
        self._request, self._lengths, self._fails_at = request, lengths, fails_at

    def start_async(self, inputs):
        self._lengths.append(len(inputs[0]))
        if len(self._lengths) == self._fails_at:
            raise RuntimeError("broken")
        self._request.start_async(inputs)

    def __getattr__(self, name):
        return getattr(self._request, name)


@needs_openvino
@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_long_batches_run_in_parts_in_their_order(model, monkeypatch, n_threads):
    monkeypatch.setenv(THREADS, str(n_threads))
    engine, lengths = OpenVinoEngine(convert(TensorFlowEngine(model).graph())), []
    engine._requests = [Listening(request, lengths) for request in engine._requests]
    n_streams = min(n_threads, openvino_engine.MAX_STREAMS)
    size = openvino_engine.IMAGES_AT_ONCE // n_streams
    batch = engine_toys.batch_of(4 * size + 1)
    values = engine(batch)
    np.testing.assert_allclose(values, engine_toys.by_hand(model, batch), rtol=1e-5, atol=1e-6)
    assert lengths == [size, size, size, size, 1]
    lengths.clear()
    np.testing.assert_array_equal(engine(batch[:3]), values[:3])  # few images are shared out among all
    assert lengths == ([3] if n_streams == 1 else [2, 1])


@needs_openvino
def test_a_part_that_fails_leaves_nothing_at_work(model, engines):
    engine, batch = engines[1], engine_toys.batch_of(9)
    whole, requests = engine(batch), engine._requests
    for fails_at in (1, 2, 3):
        lengths = []
        engine._requests = [Listening(request, lengths, fails_at) for request in requests]
        with pytest.raises(RuntimeError, match="broken"):
            engine(batch)
        engine._requests = requests
        np.testing.assert_array_equal(engine(batch), whole)


@pytest.mark.parametrize(
    ("n_images", "batch_size", "expected"), [(64, 64, 16), (65, 64, 24), (5, 64, 8), (64, 4, 4), (900, 32, 32)]
)
def test_few_images_are_divided_at_the_bounds_of_parts(monkeypatch, n_images, batch_size, expected):
    monkeypatch.setattr(engine_module, "IMAGES_AT_ONCE", 8)
    assert engine_module.images_a_batch(n_images, batch_size) == expected


@pytest.mark.parametrize(("has_gpu", "expected"), [(False, [5, 5, 2]), (True, [12])])
def test_tensorflow_runs_in_parts_on_the_processor_and_whole_on_a_gpu(model, monkeypatch, has_gpu, expected):
    monkeypatch.setattr(engine_module, "find_gpu", lambda: engine_toys.GPU if has_gpu else None)
    monkeypatch.setattr(engine_module, "IMAGES_AT_ONCE", 5)
    tensorflow, lengths = TensorFlowEngine(model), []
    graph = tensorflow.graph()
    monkeypatch.setattr(tensorflow, "graph", lambda: lambda part: (lengths.append(len(part)), graph(part))[1])
    batch = engine_toys.batch_of(12)
    np.testing.assert_allclose(tensorflow(batch), engine_toys.by_hand(model, batch), rtol=1e-5, atol=1e-6)
    assert lengths == expected
    assert TensorFlowEngine(model, "bfloat16").title == f"TensorFlow{' on the GPU' if has_gpu else ''}, bfloat16"


def test_mixed_precision_rounds_to_bfloat16_and_leaves_the_model_as_it_was(model):
    batch = engine_toys.batch_of(6)
    exact, mixed = TensorFlowEngine(model)(batch), TensorFlowEngine(model, "bfloat16")(batch)
    difference = disagreement(mixed, exact)
    assert mixed.dtype == np.float32
    assert 1e-5 < difference < 2**-7  # bfloat16 has eight bits
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    np.testing.assert_array_equal(TensorFlowEngine(model)(batch), exact)


@needs_openvino
def test_titles_say_what_computes(engines):
    assert [engine.title for engine in engines] == ["TensorFlow, float32", "OpenVINO, float32"]


@needs_openvino
def test_a_network_with_variables_is_converted_too(model, monkeypatch):
    monkeypatch.setattr("featx_core.networks.engines.engine.FREEZE_LIMIT", 0)
    batch = engine_toys.batch_of(2)
    engine = OpenVinoEngine(convert(TensorFlowEngine(model).graph()))
    np.testing.assert_allclose(engine(batch), engine_toys.by_hand(model, batch), rtol=1e-5, atol=1e-6)


@needs_openvino
def test_what_openvino_does_not_know_is_not_converted():
    tensorflow = TensorFlowEngine(engine_toys.strange_model())
    assert tensorflow(engine_toys.batch_of(2)).shape == (2, 3)
    with pytest.raises(EngineError, match="it could not be converted"):
        OpenVinoEngine(convert(tensorflow.graph()))


@needs_openvino
def test_an_impossible_graph_is_refused():
    with pytest.raises(EngineError, match="it could not be loaded"):
        OpenVinoEngine(Graph(b"<net/>", np.zeros(0, np.uint8)))


@needs_openvino
def test_an_engine_that_disagrees_is_refused(model, engines):
    batch = engine_toys.batch_of(3)
    expected = engines[0](batch)
    check(engines[1], batch, expected)
    with pytest.raises(EngineError, match=r"differed from TensorFlow's by 0\.001; at most 0\.0001 is allowed"):
        check(engines[1], batch, expected * 1.001)
    with pytest.raises(EngineError, match="by inf"):
        check(engines[1], batch, np.full_like(expected, np.nan))


@needs_openvino
def test_no_memory_is_told_as_such_and_other_faults_stay_loud(engines, monkeypatch):
    def fails_with(words):
        def run(batch):
            raise RuntimeError(words)

        monkeypatch.setattr(engines[1], "_run", run)

    fails_with("std::bad_alloc")
    with pytest.raises(MemoryError):
        engines[1](engine_toys.batch_of(1))
    fails_with("shapes do not match")
    with pytest.raises(RuntimeError, match="shapes do not match"):
        engines[1](engine_toys.batch_of(1))


def test_disagreement_is_relative_to_the_largest_value():
    expected = np.array([[0.0, -4.0]])
    assert disagreement(expected + 0.002, expected) == pytest.approx(0.0005)
    assert disagreement(expected, expected) == 0
    assert disagreement(np.zeros(2), np.zeros(2)) == 0
    assert disagreement(np.ones(2), np.zeros(2)) == float("inf")
    assert disagreement(np.zeros(2), np.zeros(3)) == float("inf")


def test_without_openvino_it_is_not_available(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert not openvino_engine.is_available()


@needs_openvino
@pytest.mark.slow
def test_openvino_tells_nobody(tmp_path):
    """In a process of its own: importing and converting leave no identity in the home folder, which telemetry would."""
    program = (
        "import sys; from tests.toys import engine_toys; from featx_core.networks.engines.engine import TensorFlowEngine;"
        "from featx_core.networks.engines.openvino_engine import OpenVinoEngine, convert;"
        "OpenVinoEngine(convert(TensorFlowEngine(engine_toys.tiny_model()).graph()))(engine_toys.batch_of(1));"
        "print(sorted(n for n, m in sys.modules.items() if m is not None and n.startswith('openvino_telemetry')))"
    )
    path = os.getcwd()
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": path}
    out = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
    assert not (tmp_path / "intel").exists()
