"""The vector sets of a workspace: import, list and remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.base.files.file_names import shown_text
from featx_core.extraction.extract import extract_table
from featx_core.extraction.rows import as_table
from featx_core.specs.vector_table import VectorTable
from featx_core.tables.storing import pack

if TYPE_CHECKING:
    from featx_core.tables.rows import Vectors
    from featx_core.workspace.runs import Run
    from featx_core.workspace.workspace import Workspace

MAX_TITLE = 80  # characters


def add_vectors(workspace: Workspace, vectors: Vectors, *, title: str = "Vectors") -> Run:
    r"""Keep rows of numbers in a workspace and enter them in its ledger, as a run that every page can pick.

    The same numbers under the same title are kept once.

    Args:
        workspace: Where they go.
        vectors: As `read_vectors` gives them, at least one row. Not modified.
        title: What to call them.

    Returns:
        The run. `load_features(workspace, run.digest)` gives its features; rows that bear the name of an image of the
        workspace have that image's digest.

    Raises:
        ValueError: If there are no rows.
        DiskFullError: If the file cannot grow.

    >>> import featx_core as fx
    >>> workspace = fx.Workspace.open(":memory:")
    >>> vectors = fx.read_vectors(("points.csv", b"name,label,x,y\nowl,bird,1,2\ncat,pet,3.5,4"))
    >>> run = fx.add_vectors(workspace, vectors, title="Two animals")
    >>> features = fx.load_features(workspace, run.digest)
    >>> features.names, features.labels, features.vectors.tolist()
    (('owl', 'cat'), ('bird', 'pet'), [[1.0, 2.0], [3.5, 4.0]])
    """
    if not len(vectors.values):
        raise ValueError("`vectors` has no rows. Import at least one.")
    name = shown_text(title, MAX_TITLE) or "Vectors"
    spec = VectorTable(source=f"file:{workspace.put_artefact(f'{name}.npz', pack(vectors))}", name=name)
    features = extract_table(spec, workspace, table=as_table(vectors, workspace))  # read back, they would be here twice
    return workspace.ledger.save(spec, {**features.details, "notes": list(vectors.notes)})


def vector_sets(workspace: Workspace) -> list[Run]:
    """List the sets of vectors that were brought in, newest first."""
    return [run for run in workspace.ledger.runs() if isinstance(run.spec, VectorTable)]


def depending_runs(workspace: Workspace, digest: str) -> list[Run]:
    """List the runs that were made from a set of vectors."""
    run = workspace.ledger.find(digest)
    if run is None:
        return []
    part = run.spec.to_json()
    return [other for other in workspace.ledger.runs() if other.digest != digest and part in other.spec.to_json()]


def take_vectors(workspace: Workspace, digest: str) -> str:
    """Take a set of vectors out, and every run that was made from it, so that they can be brought back for some seconds.

    Args:
        workspace: Where it is.
        digest: Of the set's run. One that is not there is passed over.

    Returns:
        The key of the removal, for `workspace.removals`.
    """
    run = workspace.ledger.find(digest)
    if run is None or not isinstance(run.spec, VectorTable):
        return workspace.removals.take_runs([])
    return workspace.removals.take_runs([*(other.digest for other in depending_runs(workspace, digest)), digest])


def remove_vectors(workspace: Workspace, digest: str) -> None:
    """Take a set of vectors out for good, and every run that was made from it. One that is not there is passed over.

    Args:
        workspace: Where it is.
        digest: Of the set's run.
    """
    workspace.removals.finish(take_vectors(workspace, digest))
