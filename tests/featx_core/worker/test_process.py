"""What the worker is made of, each part by itself, and once all of it with TensorFlow."""

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from featx_core.base.progress import Cancelled
from featx_core.worker import keys, messages, process
from featx_core.worker.protocol import Channel
from featx_core.worker.report import Report


def test_job_key_is_the_same_for_the_same_work_only():
    key = keys.job_key("extract", "/a.featx", {"a": 1, "b": [2, None]})
    assert key == keys.job_key("extract", "/a.featx", {"b": [2, None], "a": 1})
    others = [
        keys.job_key("study", "/a.featx", {"a": 1, "b": [2, None]}),
        keys.job_key("extract", "/b.featx", {"a": 1, "b": [2, None]}),
        keys.job_key("extract", None, {"a": 1, "b": [2, None]}),
        keys.job_key("extract", "/a.featx", {"a": 1, "b": [2, 0]}),
        keys.job_key("extract", "/a.featx", {"a": "1", "b": [2, None]}),
    ]
    assert len({key, *others}) == 6


def test_how_far_leaves_out_what_is_not_known():
    assert messages.how_far("Extracting", 1280, 2400) == "at “Extracting”, 1 280 of 2 400"
    assert messages.how_far("Extracting", 0, 0) == "at “Extracting”"
    assert messages.how_far("", 0, 0) == "at “Starting”"


def test_channel_sends_one_line_a_message_from_many_threads():
    outgoing = io.BytesIO()
    channel = Channel(io.BytesIO(b'{"type": "a"}\n{"type": "b"}\n'), outgoing)
    threads = [threading.Thread(target=channel.send, args=({"n": n, "text": "ä\n" * 100},)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = outgoing.getvalue().splitlines()
    assert sorted(json.loads(line)["n"] for line in lines) == list(range(20))
    assert [message["type"] for message in channel.messages()] == ["a", "b"]
    with pytest.raises(TypeError, match="not JSON serializable"):
        channel.send({"value": object()})
    with pytest.raises(ValueError, match="not JSON compliant"):
        channel.send({"value": float("inf")})
    assert len(outgoing.getvalue().splitlines()) == 20


def test_report_tells_ends_and_stages_always_and_the_rest_now_and_then(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("featx_core.worker.report.time.monotonic", lambda: now[0])
    sent = []
    report = Report(7, sent.append, lambda: False, lambda: None)
    report.stage("Extracting", limit_seconds=9)
    for done in range(101):
        now[0] += 0.01
        report(done, 100)
    assert sent[0] == {"type": "progress", "run": 7, "stage": "Extracting", "limit": 9, "done": 0, "total": 0}
    told = [message["done"] for message in sent[1:]]
    assert told[0] == 0
    assert told[-1] == 100
    assert 8 <= len(told) <= 14
    report.stage("Next")
    assert (sent[-1]["stage"], sent[-1]["limit"]) == ("Next", None)


def test_report_stops_a_cancelled_job_and_serves_on_its_own_thread_only():
    served = []
    is_cancelled = threading.Event()
    report = Report(1, lambda message: None, is_cancelled.is_set, lambda: served.append(threading.get_ident()))
    other = threading.Thread(target=report, args=(1, 2))
    other.start()
    other.join()
    assert served == []
    report(1, 2)
    assert served == [threading.get_ident()]
    is_cancelled.set()
    with pytest.raises(Cancelled):
        report(1, 2)
    with pytest.raises(Cancelled):
        report.stage("Next")
    assert len(served) == 1


def test_the_tasks_need_no_tensorflow_until_they_run():
    script = (
        "import sys; from featx_core.tasks import registry as tasks\n"
        "assert all(map(callable, [*tasks.TASKS.values(), *tasks.LIGHT_TASKS.values(), tasks.warm_up, tasks.reset]))\n"
        "print(sorted(tasks.TASKS), sorted(tasks.LIGHT_TASKS))\n"
        "print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=_environment())
    assert run.stdout.splitlines() == [
        "['extract', 'study', 'weights'] ['copies', 'neighbors', 'outline']",
        "False False",
    ], run.stderr


def test_the_supervisor_needs_neither_tensorflow_nor_streamlit():
    script = (
        "import sys; import featx_core.worker, featx_core.worker.keys, featx_core.tasks.encoding, featx_core.tasks.requests\n"
        "print([name for name in ('tensorflow', 'keras', 'streamlit') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=_environment())
    assert run.stdout == "[]\n", run.stderr


def _environment():
    root = Path(sys.modules["featx_core"].__file__).parents[1]
    return {**os.environ, "PYTHONPATH": str(root)}


@pytest.mark.slow
def test_the_whole_way_with_tensorflow_leaves_the_server_without_it(tmp_path):
    command = [
        sys.executable,
        str(Path(__file__).parents[2] / "toys" / "worker" / "worker_end_to_end.py"),
        str(tmp_path / "test.featx"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=280, env=_environment())
    assert "RESULT " in run.stdout, run.stderr
    facts = json.loads(run.stdout.split("RESULT ", 1)[1])
    assert facts["modules"] == []
    assert facts["runs"] == [facts["spec_digest"]] == [facts["run_digest"]]
    assert facts["feature_shape"] == [6, 1280]
    assert facts["outline_shape"] == [1280]
    assert facts["n_layers"] > 100
    assert facts["outline_layer"] == [32, 32, 32]
    assert facts["finite"]
    assert facts["spread"] > 1e-3
    assert facts["computed"] == [6, 0]
    assert facts["coordinates"] == [6, 2]
    assert [shape for shape, *_ in facts["heatmaps"]] == [[40, 48]] * 4
    assert all(low >= 0 and high <= 1 for _, low, high in facts["heatmaps"])
    assert facts["studies_computed"] == [[1, 4, 1], [0, 0, 0]]
    assert facts["n_channels"] > 8
    assert facts["failed"] == "This image is no longer in the workspace. Pick another one."


def test_a_pause_gives_memory_back_then_gets_ready_for_what_may_be_asked_next(monkeypatch):
    done, sent = [], []
    pauses = iter([0.02, None])
    monkeypatch.setattr(process, "hand_back", lambda: done.append("memory"))
    for name in ("TIDY_SECONDS", "PREPARE_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(process, name, 0.01)

    def prepare():
        done.append("prepare")
        pause = next(pauses)
        if pause is None:
            worker._inbox.put({"type": "loaded"})
        return pause

    def prepare_first():
        done.append("prepare first")

    tasks = SimpleNamespace(TASKS={"echo": lambda *_: {}}, LIGHT_TASKS={}, prepare=prepare, prepare_first=prepare_first)
    worker = process.Worker(tasks, SimpleNamespace(send=sent.append))
    for run in range(process.MAX_UNTIDIED):
        worker._run({"run": run, "task": "echo", "workspace": None, "parameters": {}})
    assert done == ["memory"]
    worker._run({"run": 99, "task": "echo", "workspace": None, "parameters": {}})
    assert worker._next() == {"type": "loaded"}
    assert done == ["memory", "memory", "prepare first", "prepare", "prepare"]
    worker._inbox.put({"type": "loaded"})
    worker._next()
    assert done.count("prepare first") == 1
    assert [message["type"] for message in sent] == ["done"] * (process.MAX_UNTIDIED + 1)
