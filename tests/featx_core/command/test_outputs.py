"""Whatever happens, there is a whole output or the one of before: a full disk, Ctrl+C, a killed process."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import featx_core as fx
from featx_core.base.files import whole_file
from featx_core.command import project, report
from featx_core.command.main import main
from featx_core.command.outcome import DONE, FAILED, INTERRUPTED
from featx_core.command.outputs import STRAY_SECONDS

ROOT = Path(__file__).parents[3]
COMMANDS = ("project", "compare", "report")
KILLED = """
import os, signal, sys
os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
from featx_core.command.main import main
main(sys.argv[1:])
"""
"""A process that is killed when all is written but in its place."""


@pytest.fixture
def asked(tmp_path, make_png):
    """The arguments of each command, and its output, which was there before."""
    table, workspace = tmp_path / "table.csv", tmp_path / "run.featx"
    values = np.random.default_rng(0).normal(size=(24, 3))
    rows = [f"{i},{'ab'[i % 2]},{','.join(map(str, row))}" for i, row in enumerate(values.tolist())]
    table.write_text("name,label,f0,f1,f2\n" + "\n".join(rows), "utf-8")
    opened = fx.Workspace.open(workspace)
    opened.add([(f"{i}.png", make_png(i)) for i in range(3)])
    opened.close()
    given = {
        "project": [str(table), "-o", str(tmp_path / "project.csv")],
        "compare": [str(table), "-o", str(tmp_path / "compare.json")],
        "report": [str(workspace), "-o", str(tmp_path / "report.html")],
    }
    for arguments in given.values():
        Path(arguments[-1]).write_text("of before", "utf-8")
    return {name: ([name, *arguments], Path(arguments[-1])) for name, arguments in given.items()}


def beside(output):
    return [path.name for path in output.parent.glob(f"{output.name}*")]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_leaves_the_output_of_before(asked, name, monkeypatch, capfd):
    arguments, output = asked[name]

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(whole_file, "_force_to_disk", full)
        assert main(arguments) == FAILED
    assert f"{output} cannot be written: no space left on device." in capfd.readouterr().err
    assert (output.read_text("utf-8"), beside(output)) == ("of before", [output.name])
    assert main(arguments) == DONE
    assert "of before" not in output.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "module", "step", "words"),
    [
        ("project", project, "project", "Interrupted. Nothing was written."),
        ("report", report, "report", "Interrupted. What is done is kept: the same command goes on from there."),
    ],
)
def test_an_interrupted_command_says_what_is_kept(asked, name, module, step, words, monkeypatch, capfd):
    arguments, output = asked[name]

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, step, interrupted)
    assert main(arguments) == INTERRUPTED
    assert words in capfd.readouterr().err
    assert (output.read_text("utf-8"), beside(output)) == ("of before", [output.name])


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["project", "report"])
def test_a_killed_command_leaves_the_output_of_before_and_runs_again(asked, name):
    arguments, output = asked[name]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], cwd=ROOT, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert output.read_text("utf-8") == "of before"
    (part,) = output.parent.glob("*.part")
    long_ago = part.stat().st_mtime - STRAY_SECONDS - 1
    os.utime(part, (long_ago, long_ago))
    assert main(arguments) == DONE
    assert beside(output) == [output.name]
    assert "of before" not in output.read_text("utf-8")
