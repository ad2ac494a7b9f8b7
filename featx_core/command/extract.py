"""`featx extract`: features of many images, into a file or a workspace."""

from __future__ import annotations

import argparse
import contextlib
import functools
import glob
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from featx_core.base.wording import counted
from featx_core.command import many, specs
from featx_core.command.inputs import Images
from featx_core.command.outcome import DONE, LEFT_OUT, CommandError
from featx_core.command.outputs import ending_of, write
from featx_core.command.own_model import own_model
from featx_core.command.terminal import Terminal
from featx_core.extraction.export import to_csv, to_npz, to_orange, to_parquet, to_projector
from featx_core.extraction.extract import extract
from featx_core.extraction.for_fiftyone import to_fiftyone
from featx_core.images.intake_report import ALREADY_HERE
from featx_core.methods.registry import build, train
from featx_core.workspace.store import DamagedWorkspaceError
from featx_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from featx_core.extraction.features import Features

HELP = "extract features of images into a file or a workspace"
DESCRIPTION = """\
Extract features of images. Damaged files are left out and named. What is computed is kept batch by batch beside the
output: the same command goes on where it was interrupted.

  featx extract photos/ -o features.parquet
  featx extract photos.zip "more/**/*.jpg" --backbone resnet50 --layer stage3 -o features.npz
  featx extract photos/ --spec run.json -o run.featx        (the app opens run.featx)
  featx extract photos/ --model mine.keras --preprocessing unit -o run.featx
  featx extract --ray --spec run.json --images "s3://bucket/photos/*.jpg" -o parts/    (on many machines)
"""
WORKSPACE = ".featx"
WRITERS: Mapping[str, Callable[[Features], bytes]] = {".npz": to_npz, ".csv": to_csv, ".parquet": to_parquet}
READERS: Mapping[str, tuple[str, Callable[[Features], bytes]]] = {
    "orange": (".csv", to_orange),
    "tensorboard": (".zip", to_projector),
    "fiftyone": (".zip", to_fiftyone),
}
"""Programs with a form of their own: the ending of their file, and what writes it."""
KEPT_BESIDE = ".part.featx"
"""The ending of the file beside the output that holds what is computed until all is."""
ASKED = "asked"
"""The fact that names of which images it is."""
N_NAMED = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe what the command takes."""
    parser.add_argument("images", nargs="*", help="files, folders, zip archives, patterns, or Parquet files of images")
    parser.add_argument("--list", metavar="FILE", help="text file with one path a line; - for standard input")
    parser.add_argument(
        "--link",
        action="store_true",
        help="leave image files where they are: only thumbnails go into the workspace",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="ends in .npz, .csv or .parquet, or .featx for a workspace; a folder with --ray",
    )
    parser.add_argument(
        "--for",
        dest="reader",
        choices=tuple(READERS),
        help="Orange's header in a .csv, or a .zip for TensorBoard's projector or for FiftyOne",
    )
    specs.add_options(parser)
    many.add_options(parser)


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Extract. Returns the exit code: 3 if files were left out."""
    if arguments.ray is not None:
        return many.run(arguments, specs.spec_of(arguments), terminal)
    many.check_unused(arguments)
    allowed = [*WRITERS, WORKSPACE] if arguments.reader is None else [READERS[arguments.reader][0]]
    ending = ending_of(arguments.output, allowed)
    to_bytes = WRITERS.get(ending) if arguments.reader is None else READERS[arguments.reader][1]
    spec = specs.spec_of(arguments) if arguments.model is None else None
    images = Images(arguments.images, arguments.list)
    with _workspace(arguments.output, ending, images) as workspace:
        if spec is None:
            terminal.stage("Checking the model")
            spec = own_model(arguments, workspace)
        specs.bring_files(spec, arguments.files_from, workspace)
        terminal.stage("Reading images")
        report = workspace.add(images.sources(), link=arguments.link, on_progress=terminal)
        images.label(workspace)
        terminal.say(report.sentence(n_named=N_NAMED))
        if not len(workspace.images()):
            raise CommandError("There are no images to extract features from.")
        trained = train(spec, workspace, on_progress=terminal)
        terminal.stage("Preparing the network")
        extractor = build(trained, workspace, on_progress=terminal)
        terminal.stage("Extracting")
        features = extract(workspace.images(), extractor, workspace=workspace, on_progress=terminal)
        _tell(features, terminal)
        skipped = features.details["skipped"]
        if not len(features):
            raise CommandError("No features could be extracted from these images.")
        if to_bytes is not None:
            write(arguments.output, functools.partial(to_bytes, features))
    if ending != WORKSPACE:
        _beside(arguments.output).unlink(missing_ok=True)
    print(arguments.output)  # noqa: T201 - the result of the command
    is_all_in = all(reason == ALREADY_HERE for _, reason in report.skipped)
    return DONE if is_all_in and not skipped else LEFT_OUT


@contextlib.contextmanager
def _workspace(output: str, ending: str, images: Images) -> Iterator[Workspace]:
    workspace = Workspace.open(output) if ending == WORKSPACE else _kept_beside(output, images.digest)
    try:
        yield workspace
    finally:
        workspace.close()


def _kept_beside(output: str, asked: str) -> Workspace:
    """Open what an earlier try kept of the same images; what is damaged, or is of others, is begun anew."""
    path = _beside(output)
    with contextlib.suppress(DamagedWorkspaceError):
        workspace = Workspace.open(path)
        if not len(workspace.images()):
            workspace.set_fact(ASKED, asked)
        if workspace.fact(ASKED) == asked:
            return workspace
        workspace.close()
    for part in path.absolute().parent.glob(f"{glob.escape(path.name)}*"):
        part.unlink()
    workspace = Workspace.open(path)
    workspace.set_fact(ASKED, asked)
    return workspace


def _beside(output: str) -> Path:
    return Path(f"{output}{KEPT_BESIDE}")


def _tell(features: Features, terminal: Terminal) -> None:
    details = features.details
    terminal.say(
        f"{features.spec.title}: {counted(features.n_images, 'image')}, features of shape {features.feature_shape}, "
        f"{details['n_computed']} computed now, {details['engine']}."
    )
    for note in details.get("notes", []):
        terminal.say(note)
    for name, reason in list(dict(details["skipped"]).items())[:N_NAMED]:
        terminal.say(f"Left out: {name} ({reason})")
