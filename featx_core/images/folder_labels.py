"""Labels from folders: which folder level names the classes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from featx_core.base.files.file_names import clean_path, folders_of, has_image_extension, is_system_file
from featx_core.base.wording import counted, quoted

MAX_LEVELS = 32
STRAY_SHARE = 0.02
"""Up to this share of the images, or one of ten or more, may lie beside the one folder that holds all others."""

_GENERIC_WORDS = (
    "all annotations archive aug augmentation augmented batch bilder color colour cropped data dataset datasets default dev "
    "download downloads eval evaluation export extra figures files fold folder folders folds frames full gray grayscale "
    "grey greyscale holdout image imagenet images img imgs input inputs jpeg jpegs jpg jpgs labeled labelled labels masks "
    "misc new original originals other output part photo photos pic pics picture pictures png pngs preprocessed processed "
    "raw resized rgb sample samples segmented set sets split splits subset test testing tests tiff tiffs train training "
    "trainval unlabeled unlabelled upload uploads val valid validation"
)
_GENERIC = frozenset(_GENERIC_WORDS.split())
_CONTAINER_WORDS = (
    "bilder data dataset datasets eval evaluation files frames holdout image images img imgs jpeg jpegs jpg jpgs photo "
    "photos pic pics picture pictures png pngs test testing tests train training trainval upload uploads val valid "
    "validation"
)
_CONTAINERS = frozenset(_CONTAINER_WORDS.split())
"""Of them those that name no class beside folders that do: what lies in them has no label there."""
_NUMBER_AT_END = re.compile(r"[\W_]*\d+$")
_DATE = re.compile(r"(19|20)\d\d([-_. ]?\d\d){0,2}$")


@dataclass(frozen=True)
class FolderLevel:
    """One level of the folders that images lie in.

    Attributes:
        index: 0 for the outermost.
        n_images: How many images lie in each folder of the level, by its name.
    """

    index: int
    n_images: Mapping[str, int]

    @property
    def n_strays(self) -> int:
        """How many images lie outside the folder that holds most."""
        return sum(self.n_images.values()) - max(self.n_images.values())

    @property
    def tells_apart(self) -> bool:
        """Whether it has several folders, most of them with a name that can be a class."""
        n_generic = sum(_is_generic(name) for name in self.n_images)
        return len(self.n_images) > 1 and 2 * n_generic <= len(self.n_images)


def folder_levels(paths: Sequence[str]) -> list[FolderLevel]:
    """List the levels of the folders that images lie in, the outermost first.

    Args:
        paths: Clean ones, of all images.

    >>> folder_levels(["pets/cat/1.jpg", "pets/dog/2.jpg", "pets/3.jpg"])[1]
    FolderLevel(index=1, n_images={'cat': 1, 'dog': 1})
    """
    counts: list[Counter[str]] = []
    for path in paths:
        for index, folder in enumerate(folders_of(path)[:MAX_LEVELS]):
            if index == len(counts):
                counts.append(Counter())
            counts[index][folder] += 1
    return [FolderLevel(index, dict(count)) for index, count in enumerate(counts)]


def best_level(levels: Sequence[FolderLevel], known: Collection[str] = ()) -> int | None:
    """Pick the level whose names split the images best into classes; None when no level does.

    That is the outermost one with several folders whose names can be classes, so not "train" and "val", not "images". One
    that puts all but a stray image into one folder gives way to a level below it. Before them comes a level whose folders
    are all labels already.

    Args:
        levels: As `folder_levels` gives them.
        known: The labels that are in use.

    >>> best_level(folder_levels(["train/cat/images/1.jpg", "val/dog/images/2.jpg"]))
    1
    >>> best_level(folder_levels(["more/cat/1.jpg", "more/cat/2.jpg"]), known={"cat", "dog"})
    1
    """
    in_use = [level.index for level in levels if level.n_images.keys() <= set(known)]
    if in_use:
        return in_use[0]
    candidates = [level for level in levels if level.tells_apart]
    even = [level for level in candidates if not _is_one_folder(level)]
    return (even or candidates)[0].index if candidates else None


def label_at(path: str, index: int | None) -> str | None:
    """Give the folder of a clean path at a level; None where it lies less deep.

    >>> label_at("pets/cat/1.jpg", 1), label_at("1.jpg", 1), label_at("pets/cat/1.jpg", None)
    ('cat', None, None)
    """
    folders = folders_of(path)
    return folders[index] if index is not None and index < len(folders) else None


def labels_at(paths: Sequence[str], index: int | None) -> list[str | None]:
    """Give the folders of clean paths at a level; None where one lies less deep, or in "images" beside names of classes.

    >>> labels_at(["train/cat/1.jpg", "train/dog/2.jpg", "val/images/3.jpg"], 1), labels_at(["train/1.jpg", "val/2.jpg"], 0)
    (['cat', 'dog', None], ['train', 'val'])
    """
    found = [label_at(path, index) for path in paths]
    counts = Counter(label for label in found if label is not None)
    if not FolderLevel(0, counts).tells_apart:
        return found
    return [None if label is None or _plain(label) in _CONTAINERS else label for label in found]


def labels_of(names: Sequence[str], known: Collection[str] = ()) -> list[str | None]:
    """Read the labels of the files of one source from their folders.

    Args:
        names: With their folders. Only those that are named as images decide on the level, when there are any.
        known: The labels that are in use.

    >>> labels_of(["birds/owl/1.jpg", "birds/eagle/1.jpg", "birds/2.jpg", "read me.txt"])
    ['owl', 'eagle', None, None]
    """
    shown = [name for name in names if not is_system_file(name)]
    deciding = [name for name in shown if has_image_extension(name)] or shown
    index = best_level(folder_levels([clean_path(name) for name in deciding]), known)
    return labels_at([clean_path(name) for name in names], index)


def label_words(paths: Sequence[str], labels: Sequence[str | None]) -> str:
    """Say which labels images have got from their folders, and why others have none; nothing where there are no folders.

    >>> label_words(["cat/1.jpg", "dog/2.jpg", "3.jpg"], ["cat", "dog", None])
    'Labels come from the folders: "cat" and "dog". 1 image lies in none of them and has no label.'
    >>> label_words(["trip/1.jpg", "trip/2.jpg"], [None, None])
    'No labels were taken: all images lie in one folder, "trip".'
    """
    levels = folder_levels(paths)
    given = sorted({label for label in labels if label is not None})
    if given:
        n_without = sum(label is None for label in labels)
        rest = (
            f" {counted(n_without, 'image')} {'lies' if n_without == 1 else 'lie'} in none of them and"
            if n_without
            else ""
        )
        has = f" {'has' if n_without == 1 else 'have'} no label." if n_without else ""
        return f"Labels come from the folders: {quoted(given)}.{rest}{has}"
    if not levels:
        return ""
    several = [level for level in levels if len(level.n_images) > 1]
    if not several:
        return f"No labels were taken: all images lie in one folder, {quoted(list(levels[-1].n_images))}."
    return f"No labels were taken: the folders {quoted(list(several[0].n_images))} do not name classes."


def _is_one_folder(level: FolderLevel) -> bool:
    n_images = sum(level.n_images.values())
    return level.n_strays <= STRAY_SHARE * n_images or (level.n_strays == 1 and n_images >= 10)


def _is_generic(name: str) -> bool:
    """Tell a name that says nothing of what its images show: "images", "train_2", "2021-05"."""
    return _plain(name) in _GENERIC or _DATE.match(name.casefold()) is not None


def _plain(name: str) -> str:
    """Give a name without its number: "train_2" is "train"."""
    return _NUMBER_AT_END.sub("", name.casefold()).strip(" _-.")
