"""An image on its way into a workspace, and what the workspace knows of files before they are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from featx_core.images.decoding import ImageFacts
    from featx_core.images.found_files import FoundFile


@dataclass(frozen=True)
class Incoming:
    """An image on its way into a workspace.

    Attributes:
        name: Safe to show, with as few of its folders as tell it from others of its source; not yet unique.
        path: Where it lay, with all its folders, safe to show.
        label: The folder that names its class, or None.
        digest: SHA-256 of `content`, in hexadecimal.
        content: The bytes of the file.
        facts: What is known of it.
        thumbnail: A small image of it, WebP.
        brightness: Mean lightness of the image, 0 (black) to 100 (white).
        origin: The archive or folder that it came in, or None.
        is_streamed: Whether the names of the others of its source were not known when the label was read: it is then its
            nearest folder.
        file: The file itself, where it lies by itself on this machine; None for what came as bytes or in an archive.
        modified: When that was changed last, in nanoseconds since the epoch, as it was before it was read.
    """

    name: str
    path: str
    label: str | None
    digest: str
    content: bytes
    facts: ImageFacts
    thumbnail: bytes
    brightness: float
    origin: str | None = None
    is_streamed: bool = False
    file: Path | None = None
    modified: int = 0


class Known(Protocol):
    """What came in before."""

    def is_unchanged(self, found: FoundFile) -> bool:
        """Tell without reading a file that it is here already."""

    def is_here(self, found: FoundFile, digest: str) -> bool:
        """Tell that a file is here already by its bytes, before it is decoded."""
