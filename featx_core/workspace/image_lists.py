"""The images of a workspace as a list, read again only when one came, went or was changed."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, cast

from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.workspace.arrivals import image_sizes
from featx_core.workspace.last_intake import LastIntake

if TYPE_CHECKING:
    from featx_core.images.image_set import Keeper
    from featx_core.workspace.store import Store

_RECORDS = (
    "SELECT images.name, label, contents.digest, width, height, format, brightness, notes, path"
    " FROM images JOIN contents ON contents.id = images.content_id"
)


class ImageLists(LastIntake):
    """The part of a workspace that lists and counts its images."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._sized: tuple[tuple[Any, ...], tuple[int, int]] | None = None  # as they were at a mark of the images
        self._listed: tuple[tuple[Any, ...], ImageSet] | None = None  # as they were at a mark

    def size(self) -> tuple[int, int]:
        """Count the images, and the bytes of their files (equal files once)."""
        mark = self._images_mark()
        if self._sized is None or self._sized[0] != mark:
            self._sized = mark, image_sizes(self._store)
        return self._sized[1]

    def images(self) -> ImageSet:
        """List all images in the order in which they came."""
        mark = self._images_mark()
        if self._listed is None or self._listed[0] != mark:
            rows = self._store.rows(_RECORDS + " ORDER BY images.id")
            self._listed = mark, ImageSet(_record(cast("Keeper", self), *row) for row in rows)
        return self._listed[1]


def _record(
    keeper: Keeper,
    name: str,
    label: str | None,
    digest: str,
    width: int,
    height: int,
    form: str,
    light: float,
    notes: str,
    path: str | None,
) -> ImageRecord:
    return ImageRecord(name, label, digest, width, height, form, light, _noted(notes), keeper, path or name)


@functools.lru_cache(maxsize=256)
def _noted(notes: str) -> tuple[str, ...]:
    return tuple(json.loads(notes))
