"""Features that a command is given: runs of a workspace, or tables of vectors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featx_core.command.outcome import CommandError
from featx_core.extraction.features import Features, load_features
from featx_core.tables.formats.parts import is_parts, read_all
from featx_core.tables.layout import TableError
from featx_core.tables.reading import is_table_file, read_vectors
from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Given:
    """Features with what is known of their rows.

    Attributes:
        title: What they are called.
        values: float32 `(n_rows, n_features)`.
        names: The name of each row.
        labels: The label of each row, or None.
        features: The features of a run, where they are that.
    """

    title: str
    values: np.ndarray
    names: tuple[str, ...]
    labels: tuple[str | None, ...]
    features: Features | None = None


@contextlib.contextmanager
def opened(path: str) -> Iterator[Workspace]:
    """Open a workspace that is there, to read.

    Raises:
        CommandError: If it is not there.
    """
    check_is_there(path)
    workspace = Workspace.open(path)
    try:
        yield workspace
    finally:
        workspace.close()


def check_is_there(path: str) -> None:
    """Refuse a workspace that is not there: opening it would make it.

    Raises:
        CommandError: If it is not.
    """
    if not Path(path).is_file():
        raise CommandError(f"The workspace {path} is not there.")


def runs_of(workspace: Workspace, chosen: list[str] | None) -> list[Given]:
    """The features of the runs of a workspace, oldest first.

    Args:
        workspace: Open.
        chosen: Numbers, titles or the beginnings of digests; None for all.

    Raises:
        CommandError: If there are none, one that was chosen is not among them, or all their images are gone.
    """
    runs = sorted(workspace.ledger.runs(), key=lambda run: run.number)
    if not runs:
        raise CommandError("This workspace holds no features yet. Extract some first.")
    if chosen is not None:
        listed = "; ".join(f"{run.number}: {run.title}" for run in runs)
        picked = []
        for text in chosen:
            fitting = [run for run in runs if text in (str(run.number), run.title) or run.digest.startswith(text)]
            if len(fitting) != 1:
                raise CommandError(
                    f"{'No run is' if not fitting else 'Several runs are'} called {text}. There are {listed}."
                )
            picked += fitting
        runs = picked
    found = [load_features(workspace, run.digest) for run in runs]
    given = [_of_run(features) for features in found if features is not None and len(features)]
    if not given:
        raise CommandError("This run has no features of images that are in the workspace now. Extract again.")
    return given


def _of_run(features: Features) -> Given:
    each = features.per_image()
    return Given(features.spec.title, each.vectors, tuple(each.names), tuple(each.labels), each)


def table_of(path: str, *, is_whole: bool = False) -> Given:
    """Read a table of vectors, or a folder of parts.

    Args:
        path: Of the table.
        is_whole: Whether all rows of a folder of parts are read, rather than as many as a map takes.

    Raises:
        CommandError: If it is not there, or no table by its name.
        TableError: If it gives no vectors.
    """
    if is_parts(Path(path)):
        return _of_parts(Path(path), is_whole=is_whole)
    if not Path(path).is_file():
        raise CommandError(f"{path} is not there.")
    if not is_table_file(path):
        raise CommandError(f"{Path(path).name} is neither a workspace (.featx) nor a table of vectors.")
    vectors = read_vectors(path)
    names = vectors.names or tuple(f"row {number}" for number in range(1, len(vectors.values) + 1))
    return Given(Path(path).stem, vectors.values, names, vectors.labels)


def _of_parts(path: Path, *, is_whole: bool) -> Given:
    if is_whole:
        try:
            table = read_all(path)
        except TableError as error:
            raise CommandError(f"{path.name} {error}.") from error
        return Given(path.name, table.values, table.names, table.labels)
    vectors = read_vectors(path)
    return Given(path.name, vectors.values, vectors.names or (), vectors.labels)
