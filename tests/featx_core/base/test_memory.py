"""Memory goes back to the system: on request, and more of it in the environment of a worker."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from featx_core.base import memory
from featx_core.worker.child import environment

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps what is free")


class _Circle:
    """Goes only when garbage is collected."""

    def __init__(self, seen):
        self.me = self
        self.seen = seen

    def __del__(self):
        self.seen.append("gone")


def test_garbage_is_collected():
    seen: list[str] = []
    _Circle(seen)
    memory.hand_back()
    assert seen == ["gone"]


@pytest.mark.parametrize("was_collecting", [True, False])
def test_collecting_goes_on_as_it_was_also_after_an_error(was_collecting):
    (gc.enable if was_collecting else gc.disable)()
    try:
        with memory.without_collecting():
            assert not gc.isenabled()
        assert gc.isenabled() is was_collecting
        with pytest.raises(ZeroDivisionError), memory.without_collecting():
            _ = 1 / 0
        assert gc.isenabled() is was_collecting
    finally:
        gc.enable()


def test_where_there_is_no_glibc_nothing_else_is_tried(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert memory._trim.__wrapped__() is memory._nothing


@pytest.mark.slow
@pytest.mark.thorough
@LINUX
def test_a_worker_gives_back_what_tensorflow_no_longer_needs():
    script = Path(__file__).parents[2] / "toys" / "worker" / "memory_of_tensorflow.py"
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, env=environment(), timeout=120
    )
    before, held, after = (int(number) for number in run.stdout.split())
    assert held - before > 150_000_000
    assert after - before < 50_000_000


def test_settings_of_the_user_count_more_than_preferences(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert environment()["OMP_WAIT_POLICY"] == "ACTIVE"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    assert environment()["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert environment()["KERAS_BACKEND"] == "tensorflow"
