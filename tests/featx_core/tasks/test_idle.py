import pytest

from featx_core.networks.kept import record
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks import idle

FIRST, SECOND = (Pretrained("mobilenet_v2", weights="random", seed=seed) for seed in (1, 2))


@pytest.fixture(autouse=True)
def room(monkeypatch):
    monkeypatch.setattr(idle, "_TRIES", {})
    monkeypatch.setattr(idle, "has_room", lambda: True)
    monkeypatch.setattr(record, "may_be_kept", lambda spec: True)
    monkeypatch.setattr(idle.EXTRACTORS, "built_by_keras", lambda: [(FIRST, "/a.featx"), (SECOND, "/b.featx")])


def test_networks_that_are_not_kept_are_converted_one_after_the_other(monkeypatch):
    taken = []
    monkeypatch.setattr(idle.EXTRACTORS, "take_kept", lambda: taken.append("those that are kept"))
    command = idle.next_idle_command()
    assert taken == ["those that are kept"]
    assert command[-3:] == ["featx_core.tasks.converting", FIRST.to_json(), "/a.featx"]
    monkeypatch.setattr(record, "is_kept", lambda spec: spec == FIRST)
    assert idle.next_idle_command()[-2:] == [SECOND.to_json(), "/b.featx"]
    monkeypatch.setattr(record, "is_kept", lambda spec: True)
    assert idle.next_idle_command() is None


def test_one_that_is_broken_off_again_and_again_is_left():
    found = [idle.next_idle_command() for _ in range(2 * idle.MAX_TRIES + 1)]
    specs = [None if command is None else command[-2] for command in found]
    assert specs == [FIRST.to_json()] * idle.MAX_TRIES + [SECOND.to_json()] * idle.MAX_TRIES + [None]


def test_nothing_is_converted_without_room(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(record, "may_be_kept", lambda spec: True)
    monkeypatch.setattr(idle.EXTRACTORS, "built_by_keras", lambda: [(FIRST, "/a.featx")])
    monkeypatch.setattr(idle, "MIN_DISK_BYTES", 2**62)
    assert idle.next_idle_command() is None
    monkeypatch.setattr(idle, "MIN_DISK_BYTES", 0)
    monkeypatch.setattr(idle, "MIN_MEMORY_BYTES", 2**62)
    assert idle.next_idle_command() is None
    monkeypatch.setattr(idle, "MIN_MEMORY_BYTES", 0)
    assert idle.next_idle_command() is not None
