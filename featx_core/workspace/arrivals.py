"""One intake into the tables of a workspace: what is new, its names and its labels."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from featx_core.base.files.file_names import MAX_FOLDERS_IN_NAME, clean_name, tail_of
from featx_core.base.wording import counted, spaced
from featx_core.images.folder_labels import best_level, folder_levels, label_words, labels_at
from featx_core.images.found_files import FoundFile, reason_of
from featx_core.images.intake import Incoming
from featx_core.images.intake_report import ALREADY_HERE, IntakeReport
from featx_core.workspace.kept_files import note_change
from featx_core.workspace.kept_inputs import keep_usual
from featx_core.workspace.links import Link, is_unchanged, keep_bytes, keep_link
from featx_core.workspace.rendered_images import rendering_of
from featx_core.workspace.store import Store, WorkspaceError

STOPPED_BY_FULL_DISK = (
    "The disk is full: the intake stopped there. Remove images or runs that you no longer need, or free disk space, "
    "and add the rest again."
)
_COUNT_AT_END = re.compile(r" \(\d+\)$")  # what sets equal names apart
_EQUAL_IMAGES = (
    "SELECT images.name, images.path, images.id FROM images JOIN contents ON contents.id = images.content_id"
    " WHERE contents.digest = ? ORDER BY images.id"
)
_IS_LINKED = "SELECT 1 FROM links JOIN contents ON contents.id = content_id WHERE digest = ?"
_INSERT = (
    "INSERT INTO images (content_id, name, label, width, height, format, brightness, notes, path)"
    " SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM contents WHERE digest = ?"
)


class _Kept(NamedTuple):
    """What is remembered of an image until the end of its intake."""

    path: str
    label: str | None
    is_streamed: bool


class Arrivals:
    """The images of one intake.

    Args:
        store: The workspace's file.
        report: Takes what came of each image.
        max_bytes: The bytes of images that the workspace may hold; None for no limit.
        max_images: The number of images that it may hold; None for no limit.

    Attributes:
        newest: The id of the newest image that was there before.
        known_labels: The labels that were in use before.
    """

    def __init__(
        self,
        store: Store,
        report: IntakeReport,
        *,
        max_bytes: int | None = None,
        max_images: int | None = None,
        link: bool = False,
    ) -> None:
        self.newest = int(store.value("SELECT coalesce(max(id), 0) FROM images"))
        self.known_labels = {label for (label,) in store.rows("SELECT DISTINCT label FROM images") if label is not None}
        self._store = store
        self._report = report
        self._max_bytes, self._max_images, self._link = max_bytes, max_images, link
        self._n_linked = 0
        is_limited = max_bytes is not None or max_images is not None
        self._n_images, self._n_bytes = image_sizes(store) if is_limited else (0, 0)  # it looks at every image
        self._n_alike = Counter[str]()  # how far the count of equal names has come
        self._kept: dict[str, _Kept] = {}  # by their names in the workspace

    def take(self, incoming: Incoming) -> None:
        """Keep one image, unless it is here already or there is no room for it.

        Raises:
            WorkspaceError: If the workspace cannot be written to.
        """
        full = self._limit_reached(len(self._bytes_of(incoming)))
        if full:
            self._report.skipped.append((incoming.name, full))
            return
        try:
            self._insert(incoming)
        except (WorkspaceError, sqlite3.Error):  # not the fault of this image
            raise
        except Exception as error:
            self._report.skipped.append((incoming.name, reason_of(error)))

    def is_unchanged(self, found: FoundFile) -> bool:
        """Tell without reading a file that it was linked before, and has its size and time still."""
        return self._link and found.file is not None and is_unchanged(self._store, found.file, self.newest)

    def is_here(self, found: FoundFile, digest: str) -> bool:
        """Tell before it is decoded that an image came in before, from where it lies now, and is kept as it is to be now."""
        if not self.newest:
            return False
        equal = self._store.rows(_EQUAL_IMAGES, (digest,))
        is_here = any(number <= self.newest and _is_same_file(found.path, name, path) for name, path, number in equal)
        is_linked = is_here and self._store.value(_IS_LINKED, (digest,)) is not None
        return is_here and not is_linked

    def settle(self) -> None:
        """Settle labels, and say whose files stay where they are."""
        self.settle_labels()
        if self._n_linked:
            words = "file stays where it is: do not move or change it."
            if self._n_linked > 1:
                words = "files stay where they are: do not move or change them."
            self._report.warnings.append(f"{spaced(self._n_linked)} {words}")

    def settle_labels(self) -> None:
        """Give images whose folders came one by one the labels of the best level, and say what became of labels."""
        streamed = {name: kept for name, kept in self._kept.items() if kept.is_streamed}
        index = best_level(folder_levels([kept.path for kept in streamed.values()]), self.known_labels)
        labels = {name: kept.label for name, kept in self._kept.items()}
        labels |= dict(zip(streamed, labels_at([kept.path for kept in streamed.values()], index), strict=True))
        changed = [(label, name) for name, label in labels.items() if label != self._kept[name].label]
        if changed:
            with self._store.transaction() as connection:
                connection.executemany("UPDATE images SET label = ? WHERE name = ?", changed)
                note_change(connection, "labels")
        self._report.labels = label_words([kept.path for kept in self._kept.values()], list(labels.values()))

    def _insert(self, incoming: Incoming) -> None:
        """Keep an image, unless it was here, from where it lies now, before the intake began."""
        with self._store.transaction(n_bytes=len(self._bytes_of(incoming)) or len(incoming.thumbnail)) as connection:
            equal = connection.execute(_EQUAL_IMAGES, (incoming.digest,)).fetchall()
            is_here = any(
                number <= self.newest and _is_same_file(incoming.path, name, path) for name, path, number in equal
            )
            name = "" if is_here else self._unique_name(connection, incoming)
            if not is_here:
                self._write(connection, name, incoming, equal[0][0] if equal else None)
            self._settle_bytes(connection, incoming)
        if is_here:
            self._report.skipped.append((incoming.name, ALREADY_HERE))
            return
        if equal:
            self._report.duplicates.append((name, equal[0][0]))
        self._report.added += 1
        self._n_linked += self._stays(incoming)
        self._n_images, self._n_bytes = self._n_images + 1, self._n_bytes + len(self._bytes_of(incoming))
        self._kept[name] = _Kept(incoming.path, incoming.label, incoming.is_streamed)

    def _write(self, connection: sqlite3.Connection, name: str, incoming: Incoming, equal: str | None) -> None:
        facts = incoming.facts
        notes = [*facts.notes, *([f"same as {equal}"] if equal is not None else [])]
        connection.execute(
            "INSERT OR IGNORE INTO contents (digest, bytes, thumbnail) VALUES (?, ?, ?)",
            (incoming.digest, self._bytes_of(incoming), incoming.thumbnail),
        )
        if facts.usual_input:
            scaling = rendering_of(self._store).scaling
            keep_usual(connection, incoming.digest, len(incoming.content), facts.usual_input, scaling)
        row = (name, incoming.label, facts.width, facts.height, facts.format, incoming.brightness, json.dumps(notes))
        connection.execute(_INSERT, (*row, incoming.path, incoming.digest))

    def _stays(self, incoming: Incoming) -> bool:
        return self._link and incoming.file is not None

    def _bytes_of(self, incoming: Incoming) -> bytes:
        """What of the file goes into the workspace: all or nothing."""
        return b"" if self._stays(incoming) else incoming.content

    def _settle_bytes(self, connection: sqlite3.Connection, incoming: Incoming) -> None:
        """See to it that the bytes of an image are to be had: from where it stays, or from the workspace."""
        if self._stays(incoming) and incoming.file is not None:
            n_bytes = len(incoming.content)
            keep_link(connection, Link.to(incoming.file, incoming.digest, n_bytes, incoming.modified))
        else:
            keep_bytes(connection, incoming.digest, incoming.content)

    def _unique_name(self, connection: sqlite3.Connection, incoming: Incoming) -> str:
        """Find a name that is free: with further folders, then with the archive or folder that it came in, then a number."""
        name = ""
        for name in _names(incoming):
            if self._is_free(connection, name):
                return name
        while True:
            self._n_alike[name] += 1
            candidate = f"{name} ({self._n_alike[name] + 1})"
            if self._is_free(connection, candidate):
                return candidate

    def _is_free(self, connection: sqlite3.Connection, name: str) -> bool:
        if name in self._kept:
            return False
        return connection.execute("SELECT 1 FROM images WHERE name = ?", (name,)).fetchone() is None

    def _limit_reached(self, n_new: int) -> str | None:
        if self._max_images is not None and self._n_images >= self._max_images:
            return f"this workspace is full: it holds {counted(self._n_images, 'image')}, the limit for uploads"
        if self._max_bytes is not None and self._n_bytes + n_new > self._max_bytes:
            gigabytes = f"{self._max_bytes / 1024**3:.3g}"
            return f"this workspace holds {gigabytes} GB of uploads; remove some, or open a local folder"
        return None


def image_sizes(store: Store, after: int = 0) -> tuple[int, int]:
    """Count the images of a workspace, and the bytes of their files (equal files once).

    Args:
        store: The workspace's file.
        after: An id of an image: of images with greater ones alone, and of files that no other image has.
    """
    n_images = store.value("SELECT count(*) FROM images WHERE id > ?", (after,))
    query = (
        "SELECT coalesce(sum(length(bytes)), 0) FROM contents WHERE id IN (SELECT content_id FROM images WHERE id > ?)"
    )
    if not after:
        return n_images, store.value(query, (after,))
    known = "(SELECT 1 FROM images WHERE content_id = contents.id AND id <= ?)"
    return n_images, store.value(f"{query} AND NOT EXISTS {known}", (after, after))


def _names(incoming: Incoming) -> Iterator[str]:
    """Return the names that say where an image lay, the shortest first."""
    yield incoming.name
    name = incoming.name
    for n_folders in range(name.count("/") + 1, min(incoming.path.count("/"), MAX_FOLDERS_IN_NAME) + 1):
        name = tail_of(incoming.path, n_folders)
        yield name
    if incoming.origin is not None:
        yield f"{incoming.origin}/{name}"


def _is_same_file(new: str, name: str, path: str | None) -> bool:
    """Whether an equal image that is here lay where the new one lies, as far as both tell: one may say more of its folders."""
    if path is None:  # it came in before paths were kept
        return clean_name(new) in (name, _COUNT_AT_END.sub("", name))
    shorter, longer = sorted((f"/{path}", f"/{new}"), key=len)
    return longer.endswith(shorter)
