"""The spec of imported vectors: nothing is extracted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from featx_core.specs.spec import FILE_WEIGHTS, Spec, SpecError


@dataclass(frozen=True)
class VectorTable(Spec):
    """Rows of numbers that a workspace keeps.

    A row whose name is that of an image of the workspace belongs to it: it shows its image, takes its label where it
    has none, and can be compared with features of that image. Which rows do is found out anew each time, so that images
    may come later.

    Attributes:
        source: "file:" and the SHA-256 of the kept numbers, as `add_vectors` gives it.
        name: What to call them.
    """

    method: ClassVar[str] = "vector_table"

    source: str
    name: str = "Vectors"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not FILE_WEIGHTS.fullmatch(self.source):
            raise SpecError(f"`source` must be 'file:' and a SHA-256 in hexadecimal. Received: {self.source!r}.")

    @property
    def title(self) -> str:
        """What the user called them."""
        return self.name

    @property
    def badge(self) -> str:
        """Where they come from."""
        return "imported vectors"

    @property
    def picture_input(self) -> None:
        """There is none: the numbers are there already."""
        return
