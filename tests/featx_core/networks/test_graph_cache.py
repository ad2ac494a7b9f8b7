"""Graphs on disk: whole or not at all, named by all that they depend on, and never too many."""

import os
import subprocess
import sys

import numpy as np
import pytest

from featx_core.base.keras_setup import load_keras
from featx_core.networks.engines import graph_cache, openvino_engine
from featx_core.networks.engines.openvino_engine import Graph
from tests.toys import engine_toys

pytestmark = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")

GRAPH = Graph(b"<net>\n a description </net>", np.arange(1000, dtype=np.int64).astype(np.uint8))
KEY = "a" * 64


def stored_file():
    (path,) = graph_cache._folder().glob("*.graph")
    return path


def test_a_graph_comes_back_as_it_was():
    assert graph_cache.is_empty()
    assert graph_cache.load(KEY) is None
    graph_cache.keep(KEY, GRAPH)
    found = graph_cache.load(KEY)
    assert found is not None
    assert found.xml == GRAPH.xml
    np.testing.assert_array_equal(found.weights, GRAPH.weights)
    assert not graph_cache.is_empty()


@pytest.mark.parametrize("share", [0, 0.02, 0.5, 0.99])
def test_a_truncated_graph_is_removed(share):
    graph_cache.keep(KEY, GRAPH)
    path = stored_file()
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert graph_cache.load(KEY) is None
    assert not path.exists()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.13, 0.2, 0.5, 0.999])
def test_a_flipped_bit_anywhere_removes_a_graph(share):
    graph_cache.keep(KEY, GRAPH)
    path = stored_file()
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 1
    path.write_bytes(content)
    assert graph_cache.load(KEY) is None
    assert not path.exists()


@pytest.mark.parametrize("content", [bytes(5000), b"", b"{}\n", b"[]\n", b'{"xml_bytes": "x", "weights_bytes": 1}\n'])
def test_a_file_of_something_else_is_removed(content):
    graph_cache.keep(KEY, GRAPH)
    path = stored_file()
    path.write_bytes(content)
    assert graph_cache.load(KEY) is None
    assert not path.exists()


def test_the_graphs_that_were_used_longest_ago_go_first(monkeypatch):
    monkeypatch.setattr(graph_cache, "LIMIT_BYTES", 3000)
    for number, key in enumerate("abc"):
        graph_cache.keep(key, GRAPH)
        if number < 2:
            os.utime(graph_cache._path(key), (number + 1, number + 1))
    assert graph_cache.load("a") is None or graph_cache.load("b") is None
    graph_cache.keep("d", Graph(b"", np.zeros(1000, np.uint8)))
    assert graph_cache.load("d") is not None
    assert sum(path.stat().st_size for path in graph_cache._folder().glob("*.graph")) <= 3000
    graph_cache.keep("huge", Graph(b"", np.zeros(4000, np.uint8)))
    assert graph_cache.load("huge") is None
    assert graph_cache.load("d") is not None


def test_reading_counts_as_use(monkeypatch):
    for key, when in (("a", 10), ("b", 20)):
        graph_cache.keep(key, GRAPH)
        os.utime(graph_cache._path(key), (when, when))
    graph_cache.load("a")
    monkeypatch.setattr(graph_cache, "LIMIT_BYTES", 2 * stored_size("a") + 10)
    graph_cache.keep("c", GRAPH)
    assert graph_cache.load("b") is None
    assert graph_cache.load("a") is not None


def stored_size(key):
    return graph_cache._path(key).stat().st_size


def test_what_dead_processes_left_is_swept():
    stray = graph_cache._folder() / "old.part"
    stray.write_bytes(b"half")
    os.utime(stray, (0, 0))
    fresh = graph_cache._folder() / "new.part"
    fresh.write_bytes(b"half")
    graph_cache.keep(KEY, GRAPH)
    assert not stray.exists()
    assert fresh.exists()


def test_a_full_disk_keeps_nothing_and_leaves_nothing(monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(graph_cache.os, "replace", full)
    graph_cache.keep(KEY, GRAPH)
    graph_cache.write_facts(KEY, {"ratio": 2.0})
    assert graph_cache.is_empty()


def test_facts_are_kept_for_a_week():
    assert graph_cache.read_facts(KEY) == {}
    graph_cache.write_facts(KEY, {"ratio": 1.5})
    assert graph_cache.read_facts(KEY) == {"ratio": 1.5}
    os.utime(graph_cache._facts_path(KEY), (0, 0))
    assert graph_cache.read_facts(KEY) == {}


@pytest.mark.parametrize("content", ["", "{", "[1]", "\0"])
def test_damaged_facts_are_no_facts(content):
    graph_cache._facts_path(KEY).write_text(content)
    assert graph_cache.read_facts(KEY) == {}


def test_the_same_network_has_the_same_key_however_its_layers_are_numbered():
    assert graph_cache.graph_key(engine_toys.tiny_model()) == graph_cache.graph_key(engine_toys.tiny_model())


def test_the_key_depends_on_weights_architecture_input_and_versions(monkeypatch):
    keras = load_keras()
    model = engine_toys.tiny_model()
    resized = keras.Model(inputs := keras.layers.Input((14, 12, 3)), model.layers[1](inputs))
    earlier_tap = keras.Model(model.input, model.layers[1].output)
    others = [engine_toys.tiny_model(seed=1), engine_toys.tiny_model(bias=0.5), resized, earlier_tap]
    keys = [graph_cache.graph_key(each) for each in (model, *others)]
    monkeypatch.setattr(graph_cache, "GRAPH_VERSION", 2)
    keys.append(graph_cache.graph_key(model))
    monkeypatch.setattr(graph_cache, "version", lambda: "1.0")
    keys.append(graph_cache.graph_key(model))
    assert len({*keys}) == len(keys)
    assert None not in keys


def test_a_model_that_cannot_say_what_it_is_made_of_has_no_key(monkeypatch):
    model = engine_toys.tiny_model()

    def refuse():
        raise NotImplementedError

    monkeypatch.setattr(model, "get_config", refuse)
    assert graph_cache.graph_key(model) is None


@pytest.mark.slow
def test_processes_that_write_the_same_graph_at_once_leave_a_whole_one():
    program = (
        "import numpy as np; from featx_core.networks.engines import graph_cache\n"
        "from featx_core.networks.engines.openvino_engine import Graph\n"
        f"for _ in range(40):\n    graph_cache.keep({KEY!r}, Graph(b'xml', np.arange(20000, dtype=np.int64).view(np.uint8)))\n"
        f"    assert graph_cache.load({KEY!r}) is not None"
    )
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    processes = [subprocess.Popen([sys.executable, "-c", program], env=environment) for _ in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    found = graph_cache.load(KEY)
    assert found is not None
    np.testing.assert_array_equal(found.weights.view(np.int64), np.arange(20000))
    assert not list(graph_cache._folder().glob("*.part"))
