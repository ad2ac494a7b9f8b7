"""Vectors that were made elsewhere: nothing is extracted, the numbers are there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn, TypeVar

from featx_core.extraction.row_links import link_rows
from featx_core.specs.spec import Spec, SpecError
from featx_core.tables.rows import Rows, Table
from featx_core.tables.storing import unpack, unpack_words

if TYPE_CHECKING:
    import numpy as np

    from featx_core.base.progress import ProgressCallback
    from featx_core.workspace.workspace import Workspace

Read = TypeVar("Read")
_SOURCE = re.compile(r"file:[0-9a-f]{64}")
_NO_NETWORK = "These vectors came in as numbers: there is no network to {}."


@dataclass(frozen=True)
class VectorTable(Spec):
    """Rows of numbers that a workspace keeps.

    A row whose name is that of an image of the workspace belongs to it: it shows its picture, takes its label where it
    has none, and can be compared with features of that image. Which rows do is found out anew each time, so that images
    may come later.

    Attributes:
        source: "file:" and the SHA-256 of the kept numbers, as `add_vectors` gives it.
        name: What to call them.
    """

    method: ClassVar[str] = "vector_table"
    method_title: ClassVar[str] = "Vectors"
    method_sentence: ClassVar[str] = "Rows of numbers that were made elsewhere."

    source: str
    name: str = "Vectors"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _SOURCE.fullmatch(self.source):
            raise SpecError(f"`source` must be 'file:' and a SHA-256 in hexadecimal. Received: {self.source!r}.")

    @property
    def title(self) -> str:
        """What the person called them."""
        return self.name

    @property
    def badge(self) -> str:
        """Where they come from."""
        return "vectors brought in"

    @property
    def takes_images(self) -> bool:
        """It does not."""
        return False

    def table(self, workspace: Workspace) -> Table:
        """Give the numbers, with the names, labels and digests that `rows` gives."""
        found = self._read(workspace, unpack)
        rows = _rows(len(found.values), found.names, found.labels, workspace)
        return Table(found.values, rows.names, rows.labels, rows.digests)

    def rows(self, workspace: Workspace) -> Rows:
        """List the rows, without reading the numbers."""
        return _rows(*self._read(workspace, unpack_words), workspace)

    def _read(self, workspace: Workspace, read: Callable[[bytes], Read]) -> Read:
        try:
            return read(workspace.artefact(self.source.removeprefix("file:")))
        except (KeyError, ValueError):
            raise SpecError(
                f"The numbers of {self.name!r} are not in this workspace any more. Bring the file in again."
            ) from None

    def build(self, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> NoReturn:
        """Refuse: there is no network."""
        raise SpecError(_NO_NETWORK.format("build"))

    def outline(self, workspace: Workspace | None = None) -> NoReturn:
        """Refuse: there are no layers."""
        raise SpecError(_NO_NETWORK.format("list the layers of"))

    def network_input(self, pixels: np.ndarray) -> NoReturn:
        """Refuse: nothing is received."""
        raise SpecError(_NO_NETWORK.format("look at a picture"))


def _rows(n_rows: int, names: tuple[str, ...] | None, labels: tuple[str | None, ...], workspace: Workspace) -> Rows:
    if names is None:
        shown = tuple(f"row {number}" for number in range(1, n_rows + 1))
        return Rows(shown, labels, tuple(_digest(f"{n_rows}\n{name}") for name in shown))
    images = link_rows(names, workspace.images())
    digests = [_digest(name) if image is None else image.digest for name, image in zip(names, images, strict=True)]
    found = [label or (image and image.label) or None for label, image in zip(labels, images, strict=True)]
    return Rows(names, tuple(found), tuple(digests))


def _digest(name: str) -> str:
    """Name a row without an image by what it is called, so that it is known again in another table."""
    return hashlib.sha256(f"row\n{name}".encode()).hexdigest()
