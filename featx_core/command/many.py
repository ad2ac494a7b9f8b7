"""`featx extract --ray`: features of very many images, on this machine or on many."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from featx_core.base.wording import counted, spaced
from featx_core.command.outcome import DONE, LEFT_OUT, CommandError
from featx_core.command.terminal import Terminal
from featx_core.command.vectors import opened
from featx_core.distributed.extraction import Extracted, extract_images
from featx_core.distributed.ray_here import HERE
from featx_core.tables.formats.parts import SKIPPED

if TYPE_CHECKING:
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace

N_NAMED = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of work on many machines."""
    group = parser.add_argument_group(
        "on many machines",
        "Ray Data shares the work out. The output is a folder of Parquet files, which the app opens as vectors.",
    )
    group.add_argument(
        "--ray",
        nargs="?",
        const=HERE,
        metavar="ADDRESS",
        help="a cluster: host:port, or auto for the one that runs here; without an address, this machine alone",
    )
    group.add_argument(
        "--images",
        dest="more_images",
        action="append",
        default=[],
        metavar="IMAGES",
        help="files, folders, patterns, Parquet files, or addresses such as s3://bucket/photos/**/*.jpg; can be repeated",
    )
    group.add_argument(
        "--actors",
        type=int,
        metavar="N",
        help="processes with the network (default: one a GPU, or one for up to 8 cores)",
    )


def check_unused(arguments: argparse.Namespace) -> None:
    """Refuse options that go with `--ray` alone, and put what `--images` names with the others.

    Raises:
        CommandError: If there is one.
    """
    if arguments.actors is not None:
        raise CommandError("--actors goes with --ray.")
    arguments.images += arguments.more_images


def run(arguments: argparse.Namespace, spec: Spec, terminal: Terminal) -> int:
    """Extract on many machines. Returns the exit code: 3 if files were left out."""
    given = [*arguments.images, *arguments.more_images]
    if arguments.list is not None or arguments.reader is not None:
        raise CommandError("--list and --for do not go with --ray.")
    if not given:
        raise CommandError("No images were named. Name them with --images.")
    if arguments.actors is not None and arguments.actors < 1:
        raise CommandError(f"--actors takes a number from 1. Received: {arguments.actors}.")
    with _workspace(arguments.files_from) as workspace, _quiet():
        found = extract_images(
            given,
            spec,
            arguments.output,
            address=arguments.ray,
            n_actors=arguments.actors,
            workspace=workspace,
            on_progress=terminal,
        )
    _tell(found, spec, terminal)
    if not found.n_images:
        raise CommandError("No features could be extracted from these images.")
    print(arguments.output)  # noqa: T201 - the result of the command
    return LEFT_OUT if found.left_out else DONE


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what threads of Ray print, reports of pages among it, off standard output, which is for the result."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


@contextlib.contextmanager
def _workspace(path: str | None) -> Iterator[Workspace | None]:
    if path is None:
        yield None
        return
    with opened(path) as workspace:
        yield workspace


def _tell(found: Extracted, spec: Spec, terminal: Terminal) -> None:
    terminal.say(f"{spec.title}: {counted(found.n_images, 'image')}, {spaced(found.n_computed)} computed now.")
    if found.n_damaged:
        terminal.say(f"{counted(found.n_damaged, 'part')} could not be read, and the images were computed again.")
    if found.n_changed:
        terminal.say(f"{counted(found.n_changed, 'image')} had changed, and were computed again.")
    for path, reason in list(found.left_out.items())[:N_NAMED]:
        terminal.say(f"Left out: {path} ({reason})")
    if len(found.left_out) > N_NAMED:
        terminal.say(f"{spaced(len(found.left_out) - N_NAMED)} more are named in {SKIPPED}.")
