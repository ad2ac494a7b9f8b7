"""Turns: long drawings one at a time, and nobody waits without end."""

import threading
import time

from pages._ui.shell import turns


def test_a_second_one_waits_until_the_first_has_given_its_turn_back():
    order = []

    def second() -> None:
        with turns.one_at_a_time():
            order.append("second")

    with turns.one_at_a_time():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_turn_that_takes_too_long_holds_nobody_up_and_is_given_back_once(monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    with turns.one_at_a_time():
        begun = time.monotonic()
        with turns.one_at_a_time():
            assert time.monotonic() - begun >= 0.05
        assert not turns._turn.acquire(blocking=False)  # the first still has it
    assert turns._turn.acquire(blocking=False)
    assert not turns._turn.acquire(blocking=False)
    turns._turn.release()


def test_who_waits_goes_on_waiting_while_turns_pass_but_not_for_long(monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.4)
    n_at_once, most = 0, []

    def draw() -> None:
        nonlocal n_at_once
        with turns.one_at_a_time():
            n_at_once += 1
            most.append(n_at_once)
            time.sleep(0.1)
            n_at_once -= 1

    def draw_all() -> int:
        most.clear()
        threads = [threading.Thread(target=draw) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        return max(most)

    assert draw_all() == 1
    monkeypatch.setattr(turns, "MAX_SECONDS", 0.1)
    monkeypatch.setattr(turns, "PATIENCE", 0.02)
    assert draw_all() > 1


def test_a_turn_ends_with_an_error():
    class StoppedError(BaseException):
        pass

    try:
        with turns.one_at_a_time():
            raise StoppedError
    except StoppedError:
        pass
    assert turns._turn.acquire(blocking=False)
    turns._turn.release()


def test_a_drawing_stands_back_for_others_but_not_for_long(monkeypatch):
    waiting = iter([True, True, False])
    monkeypatch.setattr(turns, "_SECONDS_BETWEEN_LOOKS", 0.001)
    turns.let_pass(lambda: next(waiting))
    assert next(waiting, "all looked at") == "all looked at"
    monkeypatch.setattr(turns, "MAX_SECONDS", 0.01)
    turns.let_pass(lambda: True)
