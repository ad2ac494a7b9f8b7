"""Links from the rows of a table to the images of a workspace, by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from featx_core.base.files.file_names import clean_name, clean_path, label_of

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord, ImageSet

_COUNT_AT_END = re.compile(r" \(\d+\)$")  # what a workspace sets equal names apart with


def link_rows(names: Sequence[str], images: ImageSet) -> list[ImageRecord | None]:
    """Find the image that each row belongs to.

    A name counts as it stands, then without its folder, then without its folder and its extension: each only where it
    fits one image alone, and no other row lays claim to that image. Of images that came under one name from several
    folders, the folder decides where it is the label of one of them.

    Args:
        names: The name of each row, perhaps with folders.
        images: The images of the workspace.

    Returns:
        One image or None for each name.
    """
    by_name = {image.name: image for image in images}
    given = set(names)
    found = [by_name.get(name) if _means_itself(name, by_name, given) else None for name in names]
    for form in (clean_name, _stem):
        taken = {image.name for image in found if image is not None}
        candidates = _by_form(images, form)
        claims = [
            _fitting(name, candidates.get(form(name), [])) if image is None else None
            for name, image in zip(names, found, strict=True)
        ]
        n_claims = Counter(image.name for image in claims if image is not None)
        for row, image in enumerate(claims):
            if image is not None and image.name not in taken and n_claims[image.name] == 1:
                found[row] = image
    return found


def _means_itself(name: str, images: Collection[str], rows: Collection[str]) -> bool:
    """Whether a name is sure to mean the image of that name, though several may have come in under it."""
    twin = f"{name} (2)"
    return twin not in images or twin in rows


def _by_form(images: ImageSet, form: Callable[[str], str]) -> dict[str, list[ImageRecord]]:
    found: dict[str, list[ImageRecord]] = {}
    for image in images:
        found.setdefault(form(_COUNT_AT_END.sub("", image.name)), []).append(image)
    return found


def _fitting(name: str, candidates: Sequence[ImageRecord]) -> ImageRecord | None:
    """The one image that a name can mean."""
    if len({image.digest for image in candidates}) == 1:
        return candidates[0]
    folder = label_of(name)
    in_folder = [image for image in candidates if folder is not None and _lies_there(image, name)]
    labelled = [image for image in candidates if folder is not None and image.label == folder]
    found = in_folder or labelled
    return found[0] if len({image.digest for image in found}) == 1 else None


def _lies_there(image: ImageRecord, name: str) -> bool:
    """Whether an image lies where a name with folders says, as far as both tell."""
    shorter, longer = sorted((f"/{image.path}", f"/{clean_path(name)}"), key=len)
    return "/" in image.path and longer.endswith(shorter)


def _stem(name: str) -> str:
    return PurePosixPath(clean_name(name)).stem
