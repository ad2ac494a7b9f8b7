"""The last intake of a workspace: its report, and the folders of its images."""

from __future__ import annotations

import dataclasses
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from featx_core.base.labels import label_text
from featx_core.images.folder_labels import FolderLevel, folder_levels, label_words, labels_at
from featx_core.images.image_set import Found
from featx_core.images.intake_report import IntakeReport
from featx_core.workspace.kept_files import KeptFiles, note_change
from featx_core.workspace.store import Store, WorkspaceError
from featx_core.workspace.validation import require

MAX_REPORT_LINES = 10_000
"""So many lines of each kind of a report are kept."""

_MARK = (
    "SELECT (SELECT value FROM facts WHERE name = 'changes'), (SELECT value FROM facts WHERE name = 'changes of labels'),"
    " count(*), max(id) FROM images"
)

OTHER_LABELS = -2
"""What `label_level` gives where labels do not come from one level of folders."""


class Mark(NamedTuple):
    """What differs once images came, went or were changed.

    Attributes:
        changes: Counts changes of images, and those taken out; None before the first.
        labelings: Counts changes of labels alone.
        n_images: How many there are.
        newest: The largest id; None where there is no image.
    """

    changes: str | None
    labelings: str | None
    n_images: int
    newest: int | None


class LastIntake(KeptFiles):
    """The part of a workspace that knows its last intake, and labels images by their folders."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._unsaved_report: IntakeReport | None = None
        self._marked: tuple[tuple[int, int], Mark] | None = None  # at a version of the file
        self._levels: tuple[tuple[Any, ...], list[FolderLevel], int | None] | None = None  # at a mark of the images

    def last_intake(self) -> IntakeReport | None:
        """Fetch the report of the last `add`, or None."""
        if self._unsaved_report is not None:
            return self._unsaved_report
        try:
            return IntakeReport.from_json(self.fact("intake") or "")
        except (ValueError, RecursionError):
            return None

    def set_labels(self, labels: Mapping[str, Any]) -> None:
        """Give images new labels.

        Args:
            labels: Image name to label, see `label_text`; None takes the label away. Names that are not there are passed over.

        Raises:
            WorkspaceError: If a label is too long, or the workspace cannot be written to. Nothing is changed then.
        """
        rows = [(label_text(label), name) for name, label in labels.items()]
        for label, _ in rows:
            require("images", label=label)

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("UPDATE images SET label = ? WHERE name = ?", rows)
            note_change(connection, "labels")

        self._store.free(work)

    def folder_levels(self) -> list[FolderLevel]:
        """List the levels of the folders that the images of the last `add` lay in, the outermost first."""
        return list(self._found_levels()[0])

    def label_by_folder(self, index: int | None) -> None:
        """Label the images of the last `add` by the folders that they lay in.

        Args:
            index: Of the level, 0 for the outermost. Images that lie less deep lose their label, as do those that lie
                in a folder such as "images" beside others whose names are classes; with None all do.
        """
        newest = self._newest_paths()
        labels = dict(_labels(newest, index))
        self.set_labels(labels)
        report = self.last_intake()
        if report is not None:
            words = label_words([path for _, path in newest], list(labels.values()))
            self._keep_report(dataclasses.replace(report, labels=words))

    def label_level(self) -> int | None:
        """Return which level of folders the labels of the images of the last `add` come from.

        Returns:
            Its index, 0 for the outermost; None where they have no labels; `OTHER_LABELS` where they have others.
        """
        return self._found_levels()[1]

    def _found_levels(self) -> tuple[list[FolderLevel], int | None]:
        """Find levels, once after each intake, and the one that labels come from, once after each change of images."""
        mark = (*self._images_mark(), self.fact("intake_after"))
        if self._levels is None or self._levels[0] != mark:
            about = ("levels of folders", mark[-1])
            names, levels, candidates = self._about_images(about, lambda: _levels_of(self._newest_paths()))
            now = self._labels_of(names)
            fitting = [index for index, labels in candidates.items() if labels == now]
            self._levels = mark, levels, fitting[0] if fitting else OTHER_LABELS
        return self._levels[1:]

    @abstractmethod
    def _about_images(self, about: Hashable, find: Callable[[], Found]) -> Found:
        """Find something out about all images that does not depend on labels, once."""

    @abstractmethod
    def _labels_of(self, names: Sequence[str]) -> tuple[str | None, ...]:
        """Return the labels of images, in the order in which they came."""

    def _images_mark(self) -> Mark:
        """Return what differs once images came, went or were changed; vectors and results do not count."""
        version = self._store.version()
        if self._marked is None or self._marked[0] != version:
            self._marked = version, Mark(*self._store.rows(_MARK)[0])
        return self._marked[1]

    def _newest_paths(self) -> list[tuple[str, str]]:
        after = self.fact("intake_after") or ""
        query = "SELECT name, path FROM images WHERE id > ? AND path IS NOT NULL ORDER BY id"
        return self._store.rows(query, (int(after),)) if after.isdecimal() and len(after) < 19 else []

    def _keep_report(self, report: IntakeReport) -> None:
        """Keep a report; where the disk takes nothing more, in memory."""
        self._unsaved_report = None
        try:
            self.set_fact("intake", report.shortened(MAX_REPORT_LINES).to_json())
        except WorkspaceError:
            self._unsaved_report = report


def _levels_of(
    newest: Sequence[tuple[str, str]],
) -> tuple[tuple[str, ...], list[FolderLevel], dict[int | None, tuple[str | None, ...]]]:
    """Return names, levels of folders, and the labels that each level gives."""
    levels = folder_levels([path for _, path in newest])
    candidates: tuple[int | None, ...] = (None, *(level.index for level in levels))
    labels = {index: tuple(label for _, label in _labels(newest, index)) for index in candidates}
    return tuple(name for name, _ in newest), levels, labels


def _labels(newest: Sequence[tuple[str, str]], index: int | None) -> list[tuple[str, str | None]]:
    """Pair the names of images with their labels from a level of folders."""
    return list(zip([name for name, _ in newest], labels_at([path for _, path in newest], index), strict=True))
