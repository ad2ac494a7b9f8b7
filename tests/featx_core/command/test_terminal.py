"""Progress on a terminal and in a log."""

import io

import pytest

from featx_core.command import terminal as module
from featx_core.command.terminal import Terminal


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def test_a_terminal_shows_rate_and_time_left_on_one_line(clock):
    screen = Screen()
    terminal = Terminal(out=screen)
    terminal.stage("Extracting")
    clock.now += 10
    terminal(50, 200)
    terminal.say("Done.")
    assert screen.getvalue() == ("\rExtracting\rExtracting: 50 of 200 images, 5 a second, about 30 s left\nDone.\n")


def test_a_shorter_line_covers_the_longer_one_before(clock):
    screen = Screen()
    terminal = Terminal(out=screen)
    terminal.stage("A long name of a stage")
    clock.now += 1
    terminal(1, 2)
    clock.now += 1
    terminal.stage("B")
    assert screen.getvalue().endswith("\n\rB")


def test_a_log_gets_a_line_now_and_then(clock):
    log = io.StringIO()
    terminal = Terminal(out=log)
    terminal.stage("Extracting")
    for second in range(1, 91):
        clock.now += 1
        terminal(second, 90)
    assert log.getvalue().splitlines() == [
        "Extracting",
        "Extracting: 30 of 90 images, 1 a second, about 1 min left",
        "Extracting: 60 of 90 images, 1 a second, about 30 s left",
        "Extracting: 90 of 90 images, 1 a second, about 0 s left",
    ]


def test_a_quiet_command_tells_of_errors_alone():
    log = io.StringIO()
    terminal = Terminal(out=log, is_quiet=True)
    terminal.stage("Extracting")
    terminal.say("Done.")
    terminal.complain("featx: no.")
    assert log.getvalue() == "featx: no.\n"
