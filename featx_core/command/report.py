"""`featx report`: a workspace as one HTML page."""

from __future__ import annotations

import argparse

from featx_core.command.outcome import DONE, CommandError
from featx_core.command.outputs import ending_of, write
from featx_core.command.terminal import Terminal
from featx_core.command.vectors import opened
from featx_core.maps.registry import PROJECTIONS
from featx_core.studies.files.report import MAX_HEATMAPS, PARTS, ReportStudy
from featx_core.studies.files.reporting import report

HELP = "write a workspace as one HTML page that needs no network"
DESCRIPTION = """\
Write a session as one HTML page: images, runs, a map that moves, heatmaps, the comparison, versions and digests. The page
holds all that it shows and asks nothing of any server.

  featx report run.featx -o report.html
  featx report run.featx --title "Leaves" --words words.txt --heatmaps 6 -o report.html
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe what the command takes."""
    parser.add_argument("workspace", help="a workspace (.featx)")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="ends in .html")
    parser.add_argument("--title", default="", help="the heading (default: the title of the workspace)")
    parser.add_argument("--words", metavar="FILE", help="text file with what to say; an empty line begins a paragraph")
    parser.add_argument("--map", choices=tuple(PROJECTIONS), default="pca", help="default: pca")
    parser.add_argument(
        "--heatmaps", type=int, default=0, metavar="N", help=f"heatmaps of the first images, at most {MAX_HEATMAPS}"
    )
    parser.add_argument(
        "--without", action="append", choices=PARTS, default=[], help="leave a part out; more than once"
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Write the page."""
    ending_of(arguments.output, (".html",))
    with opened(arguments.workspace) as workspace:
        images = workspace.images()[: max(arguments.heatmaps, 0)]
        parts = tuple(part for part in PARTS if part not in arguments.without)
        empty = ReportStudy(parts=parts, heatmap_images=tuple(images.digests)).empty_parts(workspace)
        content = report(
            workspace,
            title=arguments.title,
            words=_words(arguments.words),
            parts=parts,
            map_name=arguments.map,
            heatmap_images=images.names,
            on_progress=terminal,
        )
    write(arguments.output, lambda: content)
    if empty:
        terminal.say(f"Left out: {', '.join(f'{part} ({reason})' for part, reason in empty.items())}.")
    print(arguments.output)  # noqa: T201 - the result of the command
    return DONE


def _words(path: str | None) -> str:
    if path is None:
        return ""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The words in {path} cannot be read as text.") from error
