"""`featx neighbors`: the nearest images of every image, into a table."""

from __future__ import annotations

import argparse
import io

import numpy as np
import pandas as pd

from featx_core.base.wording import counted, spreadsheet_safe
from featx_core.command.outcome import DONE, CommandError
from featx_core.command.outputs import ending_of, write
from featx_core.command.terminal import Terminal
from featx_core.command.vectors import Given, opened, runs_of, table_of
from featx_core.measures.neighbor_lists import NeighborLists, neighbor_lists
from featx_core.measures.neighbors import N_NEIGHBORS

HELP = "list the nearest images of every image"
DESCRIPTION = """\
List the nearest images of every image by the cosine of their features, as a table with one row a pair. Large sets are
searched by an index where faiss-cpu is installed; how many of the true neighbours it finds is measured and said.

  featx neighbors run.featx -o neighbors.csv
  featx neighbors features.parquet -k 20 -o neighbors.parquet
"""
ENDINGS = (".csv", ".parquet")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe what the command takes."""
    parser.add_argument("features", help="a workspace (.featx), a table of vectors, or a folder of parts")
    parser.add_argument("--run", metavar="RUN", help="number, title or digest of a run (default: the newest)")
    parser.add_argument("-k", type=int, default=N_NEIGHBORS, metavar="COUNT", help=f"default: {N_NEIGHBORS}")
    parser.add_argument("--exact", action="store_true", help="compare all with all, however long it takes")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="ends in .csv or .parquet")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Find them, and write the table."""
    ending = ending_of(arguments.output, ENDINGS)
    if arguments.k < 1:
        raise CommandError(f"-k must be at least 1. Received: {arguments.k}.")
    given = _given(arguments)
    usable = np.flatnonzero(np.isfinite(given.values).all(axis=1))
    if len(usable) < 2:
        raise CommandError("Neighbours need at least two rows of finite numbers.")
    if len(usable) < len(given.values):
        terminal.say(f"{counted(len(given.values) - len(usable), 'row')} left out: not all numbers are finite.")
    terminal.stage("Finding neighbours")
    is_exact = True if arguments.exact else None
    found = neighbor_lists(given.values[usable], arguments.k, is_exact=is_exact, on_progress=terminal)
    write(arguments.output, lambda: _to_bytes(_table(given, usable, found), ending))
    terminal.say(found.sentence)
    print(arguments.output)  # noqa: T201 - the result of the command
    return DONE


def _given(arguments: argparse.Namespace) -> Given:
    if not arguments.features.lower().endswith(".featx"):
        if arguments.run is not None:
            raise CommandError("--run picks a run of a workspace; a table holds one set of features.")
        return table_of(arguments.features, is_whole=True)
    with opened(arguments.features) as workspace:
        return runs_of(workspace, None if arguments.run is None else [arguments.run])[-1]


def _table(given: Given, usable: np.ndarray, found: NeighborLists) -> pd.DataFrame:
    names = np.asarray(given.names, dtype=object)[usable]
    n_images, n_neighbors = found.rows.shape
    return pd.DataFrame(
        {
            "image": np.repeat(names, n_neighbors),
            "rank": np.tile(np.arange(1, n_neighbors + 1), n_images),
            "neighbor": names[found.rows.ravel()],
            "similarity": found.similarities.ravel(),
        }
    )


def _to_bytes(table: pd.DataFrame, ending: str) -> bytes:
    out = io.BytesIO()
    if ending == ".parquet":
        table.to_parquet(out, index=False)
    else:
        safe = table.assign(**{name: table[name].map(spreadsheet_safe) for name in ("image", "neighbor")})
        safe.to_csv(out, index=False)
    return out.getvalue()
