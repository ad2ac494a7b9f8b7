"""The one file that holds a session: images, labels, runs, weights and feature vectors."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from featx_core.base.labels import label_text
from featx_core.base.wording import counted
from featx_core.images.decoding import THUMBNAIL_SIDE, thumbnail
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.images.intake import Incoming, read_sources
from featx_core.images.intake_report import ALREADY_HERE, IntakeReport
from featx_core.tables.rows import Rows
from featx_core.workspace.runs import Ledger
from featx_core.workspace.scaled_images import rescale, scaled_look, scaling_of
from featx_core.workspace.store import Store
from featx_core.workspace.vectors import VectorStore

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback

MAX_UPLOAD_BYTES = 2 * 1024**3  # row 22 of docs/faults.md: what one workspace takes through a browser
MAX_UPLOAD_IMAGES = 20_000
_RECORDS = (
    "SELECT images.name, label, contents.digest, width, height, format, brightness, notes"
    " FROM images JOIN contents ON contents.id = images.content_id"
)
_EQUAL_IMAGES = (
    "SELECT images.name, images.id FROM images JOIN contents ON contents.id = images.content_id"
    " WHERE contents.digest = ? ORDER BY images.id"
)
_COUNT_AT_END = re.compile(r" \(\d+\)$")  # what sets equal names apart


class HasDigests(Protocol):
    """Images, or rows of features: whatever knows the digest of each."""

    @property
    def digests(self) -> Sequence[str]:
        """The SHA-256 of each."""


class Workspace:
    """Images, labels, runs and feature vectors in one SQLite file.

    Several threads and processes may hold the same file open at once; each sees what the others have finished.

    Attributes:
        ledger: All runs, newest first.
        vectors: The feature vectors.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.vectors = VectorStore(store)
        self.ledger = Ledger(store, self.vectors)
        self._listed: tuple[tuple[int, int], ImageSet] | None = None  # the images as they were at a version of the file

    @classmethod
    def open(cls, path: Path | str, *, check: bool = True) -> Self:
        """Open a workspace, making it when it is missing.

        Args:
            path: A file, usually named `*.featx`, or ":memory:" for one that is never saved.
            check: Whether to look for damage first. Costs about a second a gigabyte.

        Raises:
            WorkspaceError: If the file is damaged, not a workspace, or made by a newer featx.
        """
        return cls(Store(path, check=check))

    @property
    def path(self) -> str:
        """The file, or ":memory:"."""
        return self._store.path

    @property
    def title(self) -> str:
        """The name that the user gave it, or "Untitled"."""
        return self.fact("title") or "Untitled"

    @title.setter
    def title(self, title: str) -> None:
        self.set_fact("title", title)

    def fact(self, name: str) -> str | None:
        """Fetch a short text that was kept under a name, or None."""
        return self._store.value("SELECT value FROM facts WHERE name = ?", (name,))

    def set_fact(self, name: str, value: str) -> None:
        """Keep a short text under a name, in place of what was there."""
        with self._store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def add(
        self,
        sources: Iterable[Any],
        *,
        max_bytes: int | None = None,
        max_images: int | None = None,
        scaling: str | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> IntakeReport:
        """Bring images in. Never fails for a bad file: the report says what was left out and why.

        Args:
            sources: Paths of files, folders or zip archives, or `(name, bytes or binary file)` pairs.
            max_bytes: The bytes of images that the workspace may hold. None: as much as the disk takes.
            max_images: The number of images that the workspace may hold.
            scaling: How pictures of more than 8 bits are brought to 8, as `set_scaling` takes it. None: as before.
            on_progress: Called with files seen and files in all (as far as known). What was added before it raises stays.

        Returns:
            What came in, what was left out and why, what was converted, and which files are equal.

        Raises:
            DiskFullError: If the file cannot grow. What was added before stays.
        """
        report = IntakeReport()
        held, n_alike = self.size(), Counter[str]()
        newest = self._store.value("SELECT coalesce(max(id), 0) FROM images")
        if scaling is not None:
            self.set_scaling(scaling)
        look = scaled_look(None, self.scaling)
        for incoming in read_sources(sources, report, on_progress=on_progress, look=look):
            full = _limit_reached(held, len(incoming.content), max_bytes, max_images)
            if full:
                report.skipped.append((incoming.name, full))
                continue
            if self._insert(incoming, report, newest, n_alike):
                held = (held[0] + 1, held[1] + len(incoming.content))
        self.set_fact("intake", report.to_json())
        return report

    @property
    def scaling(self) -> str:
        """How pictures of more than 8 bits are brought to 8, a key of `featx_core.images.scaling.SCALINGS`."""
        return scaling_of(self._store)

    def set_scaling(self, scaling: str, *, on_progress: ProgressCallback | None = None) -> None:
        """Bring pictures of more than 8 bits to 8 in another way: all that are here, and all that come.

        Args:
            scaling: A key of `featx_core.images.scaling.SCALINGS`.
            on_progress: Called with such pictures done and in all. Nothing is changed if it raises.

        Raises:
            ValueError: If `scaling` is unknown.
            WorkspaceError: If features of such a picture are kept.
        """
        rescale(self._store, self.images(), scaling, on_progress=on_progress)

    def size(self) -> tuple[int, int]:
        """Count the images, and the bytes of their files (equal files once)."""
        n_images = self._store.value("SELECT count(*) FROM images")
        n_bytes = self._store.value("SELECT coalesce(sum(length(bytes)), 0) FROM contents")
        return n_images, n_bytes

    def _insert(self, incoming: Incoming, report: IntakeReport, newest: int, n_alike: Counter[str]) -> bool:
        """Keep an image, unless it was here, under its name, before the intake began: up to the id `newest`."""
        equal = self._store.rows(_EQUAL_IMAGES, (incoming.digest,))
        if any(number <= newest and incoming.name in (name, _COUNT_AT_END.sub("", name)) for name, number in equal):
            report.skipped.append((incoming.name, ALREADY_HERE))
            return False
        name = self._unique_name(incoming.name, n_alike)
        notes = list(incoming.facts.notes)
        if equal:
            notes.append(f"same as {equal[0][0]}")
            report.duplicates.append((name, equal[0][0]))
        facts = incoming.facts
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO contents (digest, bytes, thumbnail) VALUES (?, ?, ?)",
                (incoming.digest, incoming.content, incoming.thumbnail),
            )
            connection.execute(
                "INSERT INTO images (content_id, name, label, width, height, format, brightness, notes)"
                " SELECT id, ?, ?, ?, ?, ?, ?, ? FROM contents WHERE digest = ?",
                (
                    name,
                    incoming.label,
                    facts.width,
                    facts.height,
                    facts.format,
                    incoming.brightness,
                    json.dumps(notes),
                    incoming.digest,
                ),
            )
        report.added += 1
        return True

    def _unique_name(self, name: str, n_alike: Counter[str]) -> str:
        """Find a name that is free, "owl.png (2)"; `n_alike` remembers how far the count has come."""
        while True:
            n_alike[name] += 1
            candidate = name if n_alike[name] == 1 else f"{name} ({n_alike[name]})"
            if not self._store.value("SELECT 1 FROM images WHERE name = ?", (candidate,)):
                return candidate

    def last_intake(self) -> IntakeReport | None:
        """Fetch the report of the last `add`, or None."""
        text = self.fact("intake")
        return IntakeReport.from_json(text) if text else None

    def images(self) -> ImageSet:
        """List all images in the order in which they came."""
        version = self._store.version()
        if self._listed is None or self._listed[0] != version:
            rows = self._store.rows(_RECORDS + " ORDER BY images.id")
            self._listed = version, ImageSet(self._record(*row) for row in rows)
        return self._listed[1]

    def rows(self, extractor_digest: str) -> Rows:
        """List the images that have features of an extractor, without reading them."""
        stored = self.vectors.stored(extractor_digest)
        kept = ImageSet(record for record in self.images() if record.digest in stored)
        return Rows(tuple(kept.names), tuple(kept.labels), tuple(kept.digests))

    def _record(
        self, name: str, label: str | None, digest: str, width: int, height: int, form: str, light: float, notes: str
    ) -> ImageRecord:
        return ImageRecord(name, label, digest, width, height, form, light, tuple(json.loads(notes)), self)

    def content(self, digest: str) -> bytes:
        """Fetch the bytes of one image file.

        Raises:
            KeyError: If the workspace holds no such file.
        """
        content = self._store.value("SELECT bytes FROM contents WHERE digest = ?", (digest,))
        if content is None:
            raise KeyError(f"The workspace holds no image of digest {digest!r}.")
        return content

    def thumbnail(self, digest: str) -> bytes:
        """Fetch a small picture of one image (WebP, longest side 256 pixels).

        Raises:
            KeyError: If the workspace holds no such image.
        """
        small = self._store.value("SELECT thumbnail FROM contents WHERE digest = ?", (digest,))
        return small if small is not None else thumbnail(self.content(digest), THUMBNAIL_SIDE, scaling=self.scaling)

    def set_labels(self, labels: Mapping[str, Any]) -> None:
        """Give images new labels.

        Args:
            labels: Image name to label, see `label_text`; None takes the label away. Names that are not there are passed over.
        """
        with self._store.transaction() as connection:
            connection.executemany(
                "UPDATE images SET label = ? WHERE name = ?",
                [(label_text(label), name) for name, label in labels.items()],
            )

    def remove(self, names: Iterable[str]) -> None:
        """Take images out, with the vectors and bytes that no other image shares."""
        with self._store.transaction() as connection:
            connection.executemany("DELETE FROM images WHERE name = ?", [(name,) for name in names])
            orphans = "SELECT id FROM contents WHERE id NOT IN (SELECT content_id FROM images)"
            connection.execute(f"DELETE FROM vectors WHERE content_id IN ({orphans})")
            connection.execute(f"DELETE FROM contents WHERE id IN ({orphans})")

    def put_artefact(self, name: str, content: bytes) -> str:
        """Keep a file such as weights, once. Gives its SHA-256 in hexadecimal."""
        digest = hashlib.sha256(content).hexdigest()
        with self._store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO artefacts VALUES (?, ?, ?)", (digest, name, content))
        return digest

    def artefact(self, digest: str) -> bytes:
        """Fetch a kept file.

        Raises:
            KeyError: If it is not there, or its bytes are damaged.
        """
        content = self._store.value("SELECT bytes FROM artefacts WHERE digest = ?", (digest,))
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise KeyError(f"The workspace holds no file of digest {digest!r}.")
        return content

    def remove_artefact(self, digest: str) -> None:
        """Forget a kept file."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM artefacts WHERE digest = ?", (digest,))

    def artefacts(self) -> dict[str, str]:
        """List the kept files: digest to name."""
        return dict(self._store.rows("SELECT digest, name FROM artefacts ORDER BY name"))

    def put_result(self, key: str, content: bytes) -> None:
        """Keep something that was computed under its key, in place of what was there."""
        with self._store.transaction() as connection:
            row = (key, zlib.crc32(content), content)
            connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", row)

    def result(self, key: str) -> bytes | None:
        """Fetch what was computed under a key. None when it is missing or damaged: compute it again."""
        rows = self._store.rows("SELECT checksum, bytes FROM results WHERE key = ?", (key,))
        return rows[0][1] if rows and zlib.crc32(rows[0][1]) == rows[0][0] else None

    def copy_to(self, path: Path | str) -> None:
        """Write the whole workspace to another file, while it stays in use."""
        self._store.copy_to(path)

    def close(self) -> None:
        """Close the file. Nothing is lost: all that was finished is in it."""
        self._store.close()


def image_set_key(images: HasDigests) -> str:
    """Give a digest of which images these are (or have features), in which order; labels and names do not count."""
    return hashlib.sha256("\n".join(images.digests).encode("ascii")).hexdigest()


def _limit_reached(held: tuple[int, int], n_new: int, max_bytes: int | None, max_images: int | None) -> str | None:
    n_images, n_bytes = held
    if max_images is not None and n_images >= max_images:
        return f"this workspace is full: it holds {counted(n_images, 'image')}, the limit for uploads"
    if max_bytes is not None and n_bytes + n_new > max_bytes:
        return f"this workspace holds {max_bytes / 1024**3:.3g} GB of uploads; remove some, or open a local folder"
    return None
