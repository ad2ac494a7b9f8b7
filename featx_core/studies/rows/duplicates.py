"""The study of near-duplicates: groups of images that show the same picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from featx_core.curation.storing import Stored
from featx_core.images.duplicates import duplicate_groups
from featx_core.images.image_set import ImageSet
from featx_core.studies.sketches import COMPARING, LOOKING, sketches_of
from featx_core.studies.study import Study
from featx_core.studies.work import Storable
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Duplicates(Stored):
    """Groups of images that show the same picture.

    Attributes:
        groups: The digests of each group, of equal files once.
    """

    groups: tuple[tuple[str, ...], ...]

    def rows_of(self, images: ImageSet) -> tuple[np.ndarray, np.ndarray]:
        """Return the images of groups, group by group, as places among all images, and the group of each, from 0."""
        group_of = {digest: number for number, group in enumerate(self.groups) for digest in group}
        numbers = np.fromiter((group_of.get(digest, -1) for digest in images.column("digest")), np.int64, len(images))
        rows = np.flatnonzero(numbers >= 0)
        rows = rows[np.argsort(numbers[rows], kind="stable")]
        return rows, numbers[rows]

    def all_but_largest(self, images: ImageSet, numbers: np.ndarray) -> list[str]:
        """Return the names of all images of groups but the largest of each; of equally large ones the first stays."""
        order = np.lexsort((-images.column("width") * images.column("height"), numbers))
        is_extra = np.ones(len(images), bool)
        is_extra[order[np.unique(numbers[order], return_index=True)[1]]] = False
        return images.of_rows(is_extra).names


@dataclass(frozen=True)
class DuplicatesStudy(Study[Duplicates]):
    """Near-duplicates among all images of the workspace."""

    kind: ClassVar[str] = "duplicates"
    result: ClassVar[type[Storable]] = Duplicates

    def title(self, workspace: Workspace) -> str:
        """What it is for."""
        return LOOKING

    def depends_on(self, workspace: Workspace) -> Any:
        """All images."""
        return image_set_key(workspace.images())

    def compute(self, work: Work) -> Duplicates:
        """Look at the thumbnails, and compare each with all others."""
        images = work.images()
        sketches = sketches_of(work)
        work.report.stage(COMPARING)
        digests = images.digests
        firsts = duplicate_groups(sketches, digests=digests, on_progress=work.report)
        found: dict[int, list[int]] = {}
        for row in np.flatnonzero(np.bincount(firsts, minlength=len(digests))[firsts] > 1).tolist():
            found.setdefault(int(firsts[row]), []).append(row)
        return Duplicates(tuple(tuple(dict.fromkeys(digests[row] for row in rows)) for rows in found.values()))
