"""Workspaces: one file with images, labels, runs, weights and feature vectors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from featx_core.base.files.digests import digest_of_all
from featx_core.base.files.file_names import shown_text
from featx_core.images.decoding import THUMBNAIL_SIDE, thumbnail
from featx_core.images.image_set import ImageSet
from featx_core.images.intake import Examine, read_sources
from featx_core.images.intake_report import IntakeReport
from featx_core.tables.rows import Rows
from featx_core.workspace.arrivals import STOPPED_BY_FULL_DISK, Arrivals
from featx_core.workspace.glance import MAX_TITLE
from featx_core.workspace.image_lists import ImageLists
from featx_core.workspace.kept_inputs import KeptInputs
from featx_core.workspace.links import break_seals, content_of
from featx_core.workspace.removals import Removals, remove_images
from featx_core.workspace.rendered_images import are_featured, concerned, render, rendered_look, rendering_of
from featx_core.workspace.reserve import Reserve
from featx_core.workspace.runs import Ledger
from featx_core.workspace.store import BUSY_SECONDS, DiskFullError, Store, WorkspaceError
from featx_core.workspace.vectors import VectorStore

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.formats.channels import Channels
    from featx_core.images.rendering.choice import Rendering

MAX_UPLOAD_BYTES = 2 * 1024**3  # row 22 of docs/faults.md: what one workspace takes through a browser
MAX_UPLOAD_IMAGES = 20_000
MAX_THUMBNAIL_BYTES = 1024**2


class HasDigests(Protocol):
    """Images, or rows of features: whatever knows the digest of each."""

    @property
    def digests(self) -> Sequence[str]:
        """The SHA-256 of each."""


class Workspace(ImageLists):
    """Images, labels, runs and feature vectors in one SQLite file.

    Several threads and processes may hold the same file open at once; each sees what the others have finished.

    Attributes:
        ledger: All runs, newest first.
        vectors: The feature vectors.
        removals: Removed images and runs that can still be restored.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.vectors = VectorStore(store)
        self.ledger = Ledger(store, self.vectors)
        self.removals = Removals(store)
        self._inputs = KeptInputs(store)

    @classmethod
    def open(
        cls, path: Path | str, *, check: bool = True, patience: float = BUSY_SECONDS, reserve: Reserve | None = None
    ) -> Self:
        """Open a workspace, making it when it is missing.

        Args:
            path: A file, usually named `*.featx`, or ":memory:" for one that is never saved.
            check: Whether to look for damage first. Costs about a second a gigabyte.
            patience: Seconds to wait while another program holds the file; where much is written, `BUSY_SECONDS`.
            reserve: Room on the disk that is given up when the disk is full, so that removing still works.

        Raises:
            WorkspaceError: If the file is damaged, not a workspace, made by a newer featx, or held by another program; or if
                the disk is too full to open it.
        """
        workspace = cls(Store(path, check=check, patience=patience, reserve=reserve))
        if check:
            with contextlib.suppress(WorkspaceError):
                workspace.removals.finish_old()
        return workspace

    @property
    def path(self) -> str:
        """The file, or ":memory:"."""
        return self._store.path

    @property
    def title(self) -> str:
        """The name that the user gave it, safe to show, at most 80 characters of it; or "Untitled"."""
        return shown_text(self.fact("title") or "", MAX_TITLE) or "Untitled"

    @title.setter
    def title(self, title: str) -> None:
        self.set_fact("title", title)

    def add(
        self,
        sources: Iterable[Any],
        *,
        max_bytes: int | None = None,
        max_images: int | None = None,
        link: bool = False,
        scaling: str | None = None,
        channels: Channels | None = None,
        on_progress: ProgressCallback | None = None,
        look: Examine | None = None,
    ) -> IntakeReport:
        """Bring images in. Never fails for a bad file: the report says what was left out and why.

        Labels are the names of folders, of the level that splits the images best into classes: the report names them, and
        `label_by_folder` takes another level. Images of one name are told apart by their folders, "dogs/1.jpg".

        Args:
            sources: Paths of files, folders or zip archives, or `(name, bytes or binary file)` pairs.
            max_bytes: The bytes of images that the workspace may hold. None: as much as the disk takes.
            max_images: The number of images that the workspace may hold.
            link: Whether files stay where they are: the workspace then keeps where, how large and how old they are, their
                digest and thumbnail, and reads them there, on this machine alone. What lies in an archive is copied.
            scaling: How images of more than 8 bits are brought to 8, as `set_rendering` takes it. None: as before.
            channels: Which channels are shown where these are no colours, as `set_rendering` takes it. None: as before.
            on_progress: Called with files seen and files in all (as far as known). What was added before it raises stays.
            look: Looks at one file, as `featx_core.images.decoding.examine` does, which it is unless given.

        Returns:
            What came in, what was left out and why, what was converted, and which files are equal.

        Raises:
            DiskFullError: If the file cannot grow. What was added before stays, and `last_intake` gives the report.
        """
        report = IntakeReport()
        if scaling is not None or channels is not None:
            self.set_rendering(scaling=scaling, channels=channels)
        arrivals = Arrivals(self._store, report, max_bytes=max_bytes, max_images=max_images, link=link)
        try:
            labels, seen = arrivals.known_labels, rendered_look(look, self.rendering)
            for incoming in read_sources(
                sources, report, on_progress=on_progress, look=seen, known_labels=labels, known=arrivals
            ):
                arrivals.take(incoming)
        except DiskFullError:
            report.warnings.append(STOPPED_BY_FULL_DISK)
            raise
        finally:
            self._enter(report, arrivals)
        return report

    def _enter(self, report: IntakeReport, arrivals: Arrivals) -> None:
        """Enter what came of an intake, however it ended."""
        with contextlib.suppress(WorkspaceError):
            arrivals.settle()
            self.set_fact("intake_after", str(arrivals.newest))
        self._keep_report(report)
        self._store.settle()

    @property
    def rendering(self) -> Rendering:
        """How images of more than 8 bits are brought to 8, and which channels are shown where these are no colours."""
        return rendering_of(self._store)

    def set_rendering(
        self,
        *,
        scaling: str | None = None,
        channels: Channels | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> None:
        """Scale images of more than 8 bits in another way, or show other channels: of all that are here, and all that come.

        Args:
            scaling: A key of `featx_core.images.rendering.scaling.SCALINGS`. None: as before.
            channels: A key of `featx_core.images.formats.channels.CHANNELS`, or the channels (counted from 1; 0 for none) that
                become red, green and blue. None: as before.
            on_progress: Called with such images done and in all. Nothing is changed if it raises.

        Raises:
            ValueError: If the scaling or the channels are unknown.
            WorkspaceError: If features of such an image are kept.
        """
        render(self._store, self.images(), scaling=scaling, channels=channels, on_progress=on_progress)

    def is_fixed(self, what: str) -> bool:
        """Tell whether another "scaling", or other "channels", would be refused: features of such an image are kept."""
        return are_featured(self._store, concerned(self.images(), what, self.rendering))

    def rows(self, extractor_digest: str) -> Rows:
        """List the images that have features of an extractor, without reading them."""
        return self.once(("rows", extractor_digest), lambda: self._rows(extractor_digest))

    def _rows(self, extractor_digest: str) -> Rows:
        kept = self.featured(extractor_digest)
        return Rows(kept.column("name"), kept.column("label"), kept.column("digest"))

    def featured(self, extractor_digest: str) -> ImageSet:
        """List the images that have features of an extractor."""
        images = self.images()
        if images.facts is None:
            return images
        has_features = np.isin(images.facts.content, self.vectors.stored_contents(extractor_digest))
        return images if has_features.all() else images.of_rows(has_features)

    def n_left(self, extractor_digest: str) -> int:
        """Count the images that have no features of an extractor, equal files once."""
        images = self.images()
        facts = images.facts
        if facts is None:
            return 0
        contents = images.once("contents", lambda: np.unique(facts.content), of_labels=False)
        return int(
            np.isin(contents, self.vectors.stored_contents(extractor_digest), assume_unique=True, invert=True).sum()
        )

    def content(self, digest: str) -> bytes:
        """Fetch the bytes of one image file.

        Raises:
            KeyError: If the workspace holds no such file.
            ImageError: If its bytes have changed; or if its file stays elsewhere, and is gone, changed, or of another machine.
        """
        return content_of(self._store, digest)

    def break_links(self) -> None:
        """Take links to files of this machine for those of another one, see `featx_core.workspace.links`."""
        break_seals(self._store)

    def n_linked(self) -> int:
        """Count the images whose files stay where they are (equal files once)."""
        return int(self._store.value("SELECT count(*) FROM links"))

    def thumbnail(self, digest: str) -> bytes:
        """Fetch a small image of one image (WebP, longest side 256 pixels).

        Raises:
            KeyError: If the workspace holds no such image.
            ImageError: If there is none, and its file is damaged.
        """
        small = self._store.value("SELECT thumbnail FROM contents WHERE digest = ?", (digest,))
        if _is_thumbnail(small):
            return bytes(small)
        return thumbnail(self.content(digest), THUMBNAIL_SIDE, rendering=self.rendering)

    def load_input(self, digest: str, size: tuple[int, int], fit: str) -> np.ndarray | None:
        """Fetch an image as a network receives it, uint8 `(*size, 3)`; None where it is not kept so."""
        return self._inputs.load(digest, size, fit, self.rendering.scaling)

    def save_input(self, digest: str, pixels: np.ndarray, fit: str) -> None:
        """Keep an image as a network receives it, where that is small beside its file."""
        self._inputs.save(digest, pixels, fit, self.rendering.scaling)

    def remove(self, names: Iterable[str]) -> None:
        """Take images out for good, with the vectors and bytes that no other image shares.

        `removals.take_images` takes them out so that they can be brought back for some seconds.
        """
        remove_images(self._store, names)

    def file_bytes(self) -> int:
        """Return how large the file is that `copy_to` writes, about."""
        n_pages, n_free, page = (
            self._store.value(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
        )
        return int((n_pages - n_free) * page)

    def copy_to(self, path: Path | str) -> None:
        """Write the whole workspace to another file, while it stays in use."""
        self._store.copy_to(path)

    def close(self) -> None:
        """Close the file. Nothing is lost: all that was finished is in it."""
        self._store.close()


def image_set_key(images: HasDigests) -> str:
    """Return a digest of which images these are (or have features), in which order; labels and names do not count."""
    if isinstance(images, ImageSet | Rows):
        return images.digest_of_all
    return digest_of_all(images.digests)


def _is_thumbnail(content: object) -> bool:
    """Tell a thumbnail as featx makes them from what somebody else has put in its place."""
    return isinstance(content, bytes) and content[8:12] == b"WEBP" and len(content) <= MAX_THUMBNAIL_BYTES
