"""`featx check`: whether workspaces are whole, and what they hold."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from featx_core.base.wording import counted
from featx_core.command.outcome import DONE, FAILED
from featx_core.command.terminal import Terminal
from featx_core.command.vectors import check_is_there, opened
from featx_core.images.formats.errors import ImageError
from featx_core.images.image_set import ImageGoneError
from featx_core.workspace.faults import WorkspaceError

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

HELP = "check that workspaces are whole, and list what they hold"
DESCRIPTION = """\
Open workspaces as the app does, read every image and compare it with its digest. Prints what each holds.

  featx check run.featx
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe what the command takes."""
    parser.add_argument("workspaces", nargs="+", help="files that end in .featx")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Check each. Returns the exit code: 1 if one is damaged."""
    is_whole = True
    for path in arguments.workspaces:
        check_is_there(path)
    for path in arguments.workspaces:
        terminal.stage(f"Checking {path}")
        try:
            with opened(path) as workspace:
                lines, damaged = _look_at(workspace, terminal)
        except WorkspaceError as error:
            lines, damaged = [str(error)], 1
        terminal.end()
        print(f"{path}: {'damaged' if damaged else 'whole'}", *lines, sep="\n  ")  # noqa: T201 - the result of the command
        is_whole &= not damaged
    return DONE if is_whole else FAILED


def _look_at(workspace: Workspace, terminal: Terminal) -> tuple[list[str], int]:
    images, damaged = workspace.images(), []
    for number, image in enumerate(images):
        terminal(number, len(images))
        try:
            image.read()
        except (ImageGoneError, ImageError, WorkspaceError) as error:
            damaged.append(f"{image.name} {error}.")
    n_labelled = sum(label is not None for label in images.labels)
    n_labels = len(set(images.labels) - {None})
    held = f"{counted(len(images), 'image')}, {n_labelled} of them with one of {counted(n_labels, 'label')}"
    runs = [f"run {run.number}: {run.title}" for run in sorted(workspace.ledger.runs(), key=lambda run: run.number)]
    return [held, *runs, *damaged], len(damaged)
