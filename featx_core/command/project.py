"""`featx project`: a map of features, as a table of coordinates."""

from __future__ import annotations

import argparse
import io
from typing import TYPE_CHECKING

from featx_core.base.wording import spreadsheet_safe
from featx_core.command.outcome import DONE, CommandError
from featx_core.command.outputs import ending_of, write
from featx_core.command.terminal import Terminal
from featx_core.command.vectors import Given, opened, runs_of, table_of
from featx_core.extraction.export import decimal
from featx_core.maps.projection import PROJECTIONS, Projection, project

if TYPE_CHECKING:
    import pandas as pd

HELP = "map features by PCA, t-SNE or UMAP into a table of coordinates"
DESCRIPTION = """\
Map features into two or three dimensions. Takes a workspace or a table of vectors (NPZ, NPY, CSV, TSV, Parquet).

  featx project run.featx -o map.csv
  featx project features.parquet --method tsne --perplexity 20 -o map.parquet
"""
AXES = ("x", "y", "z")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe what the command takes."""
    parser.add_argument("features", help="a workspace (.featx) or a table of vectors")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="ends in .csv or .parquet")
    parser.add_argument("--method", choices=tuple(PROJECTIONS), default="pca", help="default: pca")
    parser.add_argument("--run", metavar="RUN", help="number or title of a run of the workspace (default: the newest)")
    parser.add_argument("--components", type=int, choices=(2, 3), default=2, help="default: 2")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--perplexity", type=float, help="of t-SNE")
    parser.add_argument("--neighbors", type=int, help="of UMAP")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Project and write the coordinates."""
    ending = ending_of(arguments.output, (".csv", ".parquet"))
    given = _given(arguments)
    asked = {"perplexity": arguments.perplexity, "n_neighbors": arguments.neighbors}
    stated = {name: value for name, value in asked.items() if value is not None}
    known = {parameter.name for parameter in PROJECTIONS[arguments.method].parameters}
    if wrong := stated.keys() - known:
        raise CommandError(f"{arguments.method} has no {wrong.pop().replace('n_', '')}.")
    terminal.stage(f"Projecting {given.title}")
    projection = project(
        given.values,
        arguments.method,
        n_components=arguments.components,
        seed=arguments.seed,
        on_progress=terminal,
        **stated,
    )
    for note in projection.notes:
        terminal.say(note)
    kept = projection.details["neighbors_kept"]
    if kept is not None:
        n_neighbors = projection.details["n_neighbors"]
        terminal.say(f"Of its {n_neighbors} nearest neighbours, each keeps {kept:.0%} on this map.")
    table = _table(projection, given)
    write(arguments.output, lambda: _csv(table) if ending == ".csv" else _parquet(table))
    print(arguments.output)  # noqa: T201 - the result of the command
    return DONE


def _given(arguments: argparse.Namespace) -> Given:
    if not arguments.features.lower().endswith(".featx"):
        if arguments.run is not None:
            raise CommandError("--run picks a run of a workspace; a table holds one set of features.")
        return table_of(arguments.features)
    with opened(arguments.features) as workspace:
        return runs_of(workspace, None if arguments.run is None else [arguments.run])[-1]


def _table(projection: Projection, given: Given) -> pd.DataFrame:
    import pandas as pd

    axes = AXES[: projection.coordinates.shape[1]]
    table = pd.DataFrame(projection.coordinates, columns=list(axes))
    table.insert(0, "label", pd.Series([given.labels[row] for row in projection.rows], dtype=object))
    table.insert(0, "name", pd.Series([given.names[row] for row in projection.rows], dtype=object))
    return table


def _csv(table: pd.DataFrame) -> bytes:
    safe = table.assign(**{column: table[column].map(spreadsheet_safe) for column in ("name", "label")})
    text: str = safe.to_csv(index=False, float_format=decimal)
    return text.encode("utf-8")


def _parquet(table: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    table.to_parquet(out, index=False)
    return out.getvalue()
