"""`featx compare`: which features tell the labels apart best, in a verdict and a table."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featx_core.command.outcome import DONE, CommandError
from featx_core.command.outputs import ending_of, write
from featx_core.command.terminal import Terminal
from featx_core.command.vectors import Given, opened, runs_of, table_of
from featx_core.comparison.compare import compare

if TYPE_CHECKING:
    from featx_core.comparison.tables import Comparison

HELP = "compare the runs of a workspace, or tables of vectors of the same images"
DESCRIPTION = """\
Compare extractors on the same images: how well a linear probe and nearest neighbours find the labels, with 95 % intervals,
and a verdict. Takes one workspace with several runs, or several tables of vectors whose rows have the same names.

  featx compare run.featx
  featx compare resnet50.parquet lite0.parquet -o comparison.csv
"""
SHOWN = {
    "extractor": "extractor",
    "probe": "linear probe",
    "probe_low": "from",
    "probe_high": "to",
    "knn": "k-NN",
    "n_features": "features",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe what the command takes."""
    parser.add_argument("features", nargs="+", help="a workspace (.featx), or tables of vectors")
    parser.add_argument("--run", action="append", metavar="RUN", help="number or title of a run; more than once")
    parser.add_argument("-o", "--output", metavar="FILE", help="ends in .csv (the table) or .json (all of it)")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Compare, and print verdict and table."""
    ending = None if arguments.output is None else ending_of(arguments.output, (".csv", ".json"))
    comparison = (
        _of_workspace(arguments, terminal) if _is_workspace(arguments.features) else _of_tables(arguments, terminal)
    )
    terminal.end()
    print(comparison.verdict)  # noqa: T201 - the result of the command
    for note in comparison.notes:
        print(note)  # noqa: T201
    shown = comparison.table[[column for column in SHOWN if column in comparison.table]].rename(columns=SHOWN)
    print()  # noqa: T201
    print(shown.to_string(index=False, float_format=lambda share: f"{share:.3f}", na_rep="-"))  # noqa: T201
    if ending == ".csv":
        write(arguments.output, lambda: comparison.table.to_csv(index=False).encode("utf-8"))
    elif ending == ".json":
        write(arguments.output, lambda: comparison.to_json().encode("utf-8"))
    return DONE


def _is_workspace(given: list[str]) -> bool:
    workspaces = [path for path in given if path.lower().endswith(".featx")]
    if workspaces and len(given) > 1:
        raise CommandError("Name one workspace alone, or tables of vectors.")
    return bool(workspaces)


def _of_workspace(arguments: argparse.Namespace, terminal: Terminal) -> Comparison:
    with opened(arguments.features[0]) as workspace:
        given = runs_of(workspace, arguments.run)
        features: dict[str, Any] = {each.title: each.features for each in given}
        if len(features) < len(given):
            features = {f"{number}: {each.title}": each.features for number, each in enumerate(given, 1)}
        images = workspace.images() if len(workspace.images()) else None
        labels = given[0].labels if images is None else images.labels  # vectors alone bring their own
        return compare(features, labels, images=images, workspace=workspace, on_progress=terminal)


def _of_tables(arguments: argparse.Namespace, terminal: Terminal) -> Comparison:
    if arguments.run:
        raise CommandError("--run picks runs of a workspace; tables hold one set of features each.")
    if len(set(arguments.features)) < len(arguments.features):
        raise CommandError("A table is named twice.")
    tables = [table_of(path) for path in arguments.features]
    by_title: Mapping[str, Given] = {table.title: table for table in tables}
    if len(by_title) < len(tables):
        by_title = dict(zip(arguments.features, tables, strict=True))
    first = tables[0]
    rows = {title: _in_order(title, table, first) for title, table in by_title.items()}
    labels = first.labels if any(label is not None for label in first.labels) else None
    return compare(
        {title: by_title[title].values[order] for title, order in rows.items()}, labels, on_progress=terminal
    )


def _in_order(title: str, table: Given, first: Given) -> list[int]:
    """The rows of a table in the order of the first one, by their names."""
    places = {name: row for row, name in enumerate(table.names)}
    missing = [name for name in first.names if name not in places]
    if missing or len(places) != len(first.names):
        raise CommandError(f"{title} and {first.title} are not of the same images: their rows have other names.")
    return [places[name] for name in first.names]
