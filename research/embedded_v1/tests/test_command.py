"""The one command that makes the embedded backbone: its steps, where it stops, and what it never writes over."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from research.embedded_v1 import __main__ as command


@pytest.fixture
def steps(monkeypatch):
    """Note what would be run, as the words after `-m`; `codes` are what the steps end with."""
    run = SimpleNamespace(commands=[], codes={})

    def note(words, *, check):
        run.commands.append(words[2:])
        return subprocess.CompletedProcess(words, run.codes.get(words[2].rpartition(".")[2], 0))

    monkeypatch.setattr(command.subprocess, "run", note)
    return run


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["featx_core.embedded", *map(str, words)])
    command.main()


def test_each_step_is_given_what_the_one_before_it_made(steps, monkeypatch, tmp_path):
    call(monkeypatch, "--out", tmp_path, "--smoke", "--seed", 3)
    banks, run = str(tmp_path / "banks"), str(tmp_path / "run")
    assert steps.commands == [
        ["research.embedded_v1.generate", "--out", banks, "--smoke"],
        ["research.embedded_v1.train", "--banks", banks, "--out", run, "--seed", "3", "--smoke"],
        [
            "research.embedded_v1.export",
            f"{tmp_path / 'run' / 'final.npz'}",
            "--out",
            f"{tmp_path / 'v1.npz'}",
            "--seed",
            "3",
        ],
    ]


def test_a_step_that_fails_ends_it(steps, monkeypatch, tmp_path):
    steps.codes["train"] = 7
    with pytest.raises(SystemExit) as end:
        call(monkeypatch, "--out", tmp_path)
    assert end.value.code == 7
    assert len(steps.commands) == 2


def test_weights_that_are_there_are_left_alone(steps, monkeypatch, tmp_path):
    (tmp_path / "v1.npz").write_bytes(b"")
    with pytest.raises(SystemExit, match=r"v1\.npz is there already"):
        call(monkeypatch, "--out", tmp_path)
    assert steps.commands == []
