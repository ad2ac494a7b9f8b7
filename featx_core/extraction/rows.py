"""The rows that a spec has features of, and the rows of specs that take vectors instead of images."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from featx_core.extraction.row_links import link_rows
from featx_core.specs.lambda_transform import LambdaTransform, derive
from featx_core.specs.spec import Spec, SpecError
from featx_core.specs.vector_table import VectorTable
from featx_core.tables.rows import Rows, Table
from featx_core.tables.storing import Words, unpack, unpack_facts, unpack_words

if TYPE_CHECKING:
    import numpy as np

    from featx_core.tables.facts import Fact
    from featx_core.tables.rows import Vectors
    from featx_core.workspace.workspace import Workspace

Read = TypeVar("Read")


def table_of(spec: Spec, workspace: Workspace) -> Table | None:
    """Return the rows of a spec that takes numbers rather than images; None for all that work on images.

    Raises:
        SpecError: If the numbers are no longer in the workspace, or a formula does not fit to them.
    """
    if isinstance(spec, VectorTable):
        return as_table(_read(spec, workspace, unpack), workspace)
    if spec.takes_images or not isinstance(spec, LambdaTransform):
        return None
    table = table_of(spec.origin, workspace)
    if table is None:
        return None
    spec.shapes(table.values.shape[1:])
    return dataclasses.replace(table, values=derive(spec, table.values))


def as_table(vectors: Vectors, workspace: Workspace) -> Table:
    """Return rows of numbers as a workspace lists them: each with a name, and the digest of its image where it has one."""
    rows = _rows(Words(vectors.names, vectors.labels, vectors.digests), workspace)
    return Table(vectors.values.astype("f4", copy=False), rows.names, rows.labels, rows.digests)


def rows_of(spec: Spec, workspace: Workspace) -> Rows:
    """List what there are features of in a workspace now, without reading them. Equal images are all listed.

    Raises:
        SpecError: If the numbers of a table are no longer in the workspace.
    """
    if isinstance(spec, VectorTable):
        return _rows(_read(spec, workspace, unpack_words), workspace)
    if isinstance(spec, LambdaTransform) and not spec.takes_images:
        return rows_of(spec.origin, workspace)
    return workspace.rows(spec.digest)


def facts_of(spec: Spec, workspace: Workspace) -> dict[str, Fact]:
    """Return what the file that the rows of a spec came from says of them besides; nothing for specs of images.

    Raises:
        SpecError: If the numbers are no longer in the workspace.
    """
    if isinstance(spec, VectorTable):
        return _read(spec, workspace, unpack_facts)
    if isinstance(spec, LambdaTransform) and not spec.takes_images:
        return facts_of(spec.origin, workspace)
    return {}


def load_rows(spec: Spec, workspace: Workspace, digests: Sequence[str]) -> dict[str, np.ndarray]:
    """Fetch the features of some of the rows of a spec, by digest. Those that are not there are left out."""
    table = table_of(spec, workspace)
    if table is None:
        return workspace.vectors.load(spec.digest, digests)
    wanted = set(digests)
    return {key: row for key, row in zip(table.digests, table.values, strict=True) if key in wanted}


def _read(spec: VectorTable, workspace: Workspace, read: Callable[[bytes], Read]) -> Read:
    try:
        return read(workspace.artefact(spec.source.removeprefix("file:")))
    except (KeyError, ValueError):
        raise SpecError(
            f"The numbers of {spec.name!r} are no longer in this workspace. Import the file again."
        ) from None


def _rows(words: Words, workspace: Workspace) -> Rows:
    n_rows = len(words.labels)
    names = words.names or tuple(f"row {number}" for number in range(1, n_rows + 1))
    if words.digests is not None:
        return _of_digests(names, words.labels, words.digests, workspace)
    if words.names is None:
        return Rows(names, words.labels, tuple(_digest(f"{n_rows}\n{name}") for name in names))
    images = link_rows(names, workspace.images())
    digests = [_digest(name) if image is None else image.digest for name, image in zip(names, images, strict=True)]
    found = [label or (image and image.label) or None for label, image in zip(words.labels, images, strict=True)]
    return Rows(names, tuple(found), tuple(digests))


def _of_digests(
    names: tuple[str, ...], labels: tuple[str | None, ...], digests: tuple[str, ...], workspace: Workspace
) -> Rows:
    """Give rows whose file told the image of each; labels that are missing come from the images of the workspace."""
    known = {image.digest: image.label for image in workspace.images()}
    found = (label or known.get(digest) for label, digest in zip(labels, digests, strict=True))
    return Rows(names, tuple(found), digests)


def _digest(name: str) -> str:
    """Name a row without an image by what it is called, so that it is known again in another table."""
    return hashlib.sha256(f"row\n{name}".encode()).hexdigest()
