"""Rows shared by several runs, and names that distinguish the runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from featx_core.comparison.tables import CHANCE, COLORS
from featx_core.extraction.rows import rows_of
from featx_core.images.image_set import ImageSet
from featx_core.tables.rows import Rows

if TYPE_CHECKING:
    from featx_core.workspace.runs import Run
    from featx_core.workspace.workspace import Workspace


def find_runs(workspace: Workspace, run_digests: Sequence[str]) -> list[Run]:
    """Fetch runs, each once, in the order of their digests.

    Raises:
        ValueError: If there are none, or one is gone.
    """
    runs = [workspace.ledger.find(digest) for digest in sorted(set(run_digests))]
    found = [run for run in runs if run is not None]
    if not found or len(found) < len(runs):
        raise ValueError("A run is no longer in the workspace. Pick the runs to compare again.")
    return found


@dataclass(frozen=True)
class ComparedRows:
    """What a comparison looks at.

    Attributes:
        rows: What all runs have features of: images in the order of the workspace, then other rows.
        images: The same as images; None when some of it is not.
        n_left_out: What not all runs have features of.
    """

    rows: Rows
    images: ImageSet | None
    n_left_out: int


def compared_rows(workspace: Workspace, runs: Sequence[Run]) -> ComparedRows:
    """Find what all of some runs have features of: images of the workspace, and rows of one name in tables of numbers.

    An image without a label takes that of its row in a table.
    """
    listed = [rows_of(run.spec, workspace) for run in runs]
    shared = set.intersection(*(set(rows.digests) for rows in listed))
    labels = _first_of(listed, [rows.labels for rows in listed])
    names = _first_of(listed, [rows.names for rows in listed])
    images = [image for image in workspace.images() if image.digest in shared]
    pictured = {image.digest for image in images}
    others = [digest for digest in names if digest in shared and digest not in pictured]
    rows = Rows(
        (*(image.name for image in images), *(str(names[digest]) for digest in others)),
        (*(image.label or labels.get(image.digest) for image in images), *map(labels.get, others)),
        (*(image.digest for image in images), *others),
    )
    n_all = len(set(names) | set(workspace.images().digests if any(run.spec.takes_images for run in runs) else ()))
    return ComparedRows(rows, None if others else ImageSet(images), n_all - len(shared))


def name_runs(runs: Sequence[Run]) -> dict[str, str]:
    """Call each run by the shortest name that tells it from the others.

    Returns:
        Name to digest: "ResNet50", or that and its weights, or that and the parts of its title that differ, or its title, or
        both, or the title and its number.
    """
    forms = [
        {run.digest: _short(run) for run in runs},
        {run.digest: f"{_short(run)}, {run.spec.badge}" for run in runs},
        {run.digest: _differing(run, runs) for run in runs},
        {run.digest: run.title for run in runs},
        {run.digest: f"{run.title} ({run.spec.badge})" for run in runs},
        {run.digest: f"{run.title} (run {run.number})" for run in runs},
    ]
    names = {}
    for run in runs:
        unique = [form[run.digest] for form in forms if list(form.values()).count(form[run.digest]) == 1]
        unique = [name for name in unique if name not in (COLORS, CHANCE)]
        names[unique[0] if unique else f"{run.title} (run {run.number})"] = run.digest
    return names


def _short(run: Run) -> str:
    return run.name or run.title.split(",")[0]


def _differing(run: Run, runs: Sequence[Run]) -> str:
    """Return the parts of a title that runs of the same beginning do not all share."""
    alike = [other.title.split(", ") for other in runs if _short(other) == _short(run)]
    first, *parts = run.title.split(", ")
    return ", ".join([first, *(part for part in parts if not all(part in other for other in alike))])


def _first_of(listed: Sequence[Rows], facts: Sequence[Sequence[str | None]]) -> dict[str, str | None]:
    """For each digest the first fact that any table knows of it."""
    found: dict[str, str | None] = {}
    for rows, each in zip(listed, facts, strict=True):
        for digest, fact in zip(rows.digests, each, strict=True):
            found[digest] = found.get(digest) or fact
    return found
