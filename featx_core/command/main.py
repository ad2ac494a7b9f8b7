"""The command line: its commands, their help, and how each of them ends."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import TextIO

from featx_core.base.faults import explain_fault
from featx_core.command import app, check, compare, extract, neighbors, project, report
from featx_core.command.outcome import FAILED, INTERRUPTED
from featx_core.command.terminal import Terminal
from featx_core.workspace.faults import DiskFullError

COMMANDS: Mapping[str, ModuleType] = {
    "app": app,
    "extract": extract,
    "project": project,
    "neighbors": neighbors,
    "compare": compare,
    "report": report,
    "check": check,
}
RESUMED = ("extract", "report")
"""Commands that keep what they computed in a workspace."""
SPEAKING = ("app",)
"""Commands whose standard error is the log of a server."""
KEPT = "What is done is kept: the same command goes on from there."
NOTHING_KEPT = "Nothing was written."
UNITS = {"project": "step", "compare": "step", "report": "step", "neighbors": "row"}
DESCRIPTION = "See what neural networks see in your images."
ENDS = "Exit codes: 0 done, 1 failed, 2 wrong use, 3 done but some files were left out, 130 interrupted."


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command.

    Args:
        arguments: As typed, without the name of the program; those of this process by default.

    Returns:
        The exit code, see `featx_core.command.outcome`.
    """
    given = _parser().parse_args(arguments)
    if given.verbose:
        logging.basicConfig(level=logging.INFO)
    speaks = given.verbose or given.command in SPEAKING
    with contextlib.nullcontext(sys.stderr) if speaks else _silent_libraries() as out:
        return _carry_out(given, Terminal(UNITS.get(given.command, "image"), out=out, is_quiet=given.quiet))


def _carry_out(given: argparse.Namespace, terminal: Terminal) -> int:
    try:
        code: int = COMMANDS[given.command].run(given, terminal)
    except KeyboardInterrupt:
        is_kept = given.command in RESUMED
        terminal.say(f"Interrupted. {KEPT if is_kept else NOTHING_KEPT}")
        return INTERRUPTED
    except Exception as error:
        fault = explain_fault(error, given.command)
        more = "" if fault.reference is None or given.verbose else " --verbose shows more."
        if isinstance(error, DiskFullError) and given.command in RESUMED:
            more = f" {KEPT}"
        terminal.complain(f"featx: {fault.message}{more}")
        return FAILED
    terminal.end()
    return code


@contextlib.contextmanager
def _silent_libraries() -> Iterator[TextIO]:
    """Keep what TensorFlow's libraries write to the standard error away; gives what featx writes to instead."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere, os.fdopen(os.dup(kept), "w", encoding="utf-8", errors="replace") as out:
            os.dup2(nowhere.fileno(), 2)
            yield out
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("featx", description=DESCRIPTION, epilog=ENDS, formatter_class=_narrow)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-q", "--quiet", action="store_true", help="tell of errors alone")
    common.add_argument("-v", "--verbose", action="store_true", help="log what goes on, and the details of errors")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        added = commands.add_parser(
            name,
            help=command.HELP,
            description=command.DESCRIPTION,
            epilog=ENDS,
            parents=[common],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_options(added)
    return parser


def _narrow(prog: str) -> argparse.HelpFormatter:
    """Write commands beside their help: argparse makes room for the longest option, less indented than commands are."""
    return argparse.HelpFormatter(prog, indent_increment=1)
