"""How images with more than 8 bits are scaled: one choice for the whole workspace."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from featx_core.images.decoding import ImageFacts, examine
from featx_core.images.scaling import AUTOMATIC, SCALINGS, check_scaling
from featx_core.workspace.store import Store, WorkspaceError

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageRecord
    from featx_core.images.intake import Examine

_FACT = "scaling"
_SCALED = "scaled to 8"  # in a note of every image of more than 8 bits


def scaling_of(store: Store) -> str:
    """Return how the deep images of a workspace are scaled, a key of `SCALINGS`."""
    chosen = store.value("SELECT value FROM facts WHERE name = ?", (_FACT,))
    return chosen if chosen in SCALINGS else AUTOMATIC


def is_deep(notes: Sequence[str]) -> bool:
    """Tell by its notes whether an image has more than 8 bits, so that the scaling counts for it.

    >>> is_deep(["rotated upright", "16-bit scaled to 8"]), is_deep(["palette converted"])
    (True, False)
    """
    return any(_SCALED in note for note in notes)


def has_low_use(notes: Sequence[str]) -> bool:
    """Tell by its notes whether an image uses so little of the range that it is scaled from that it may be hard to see.

    >>> has_low_use(["16-bit scaled to 8", "uses 6 % of the 16-bit range"]), has_low_use(["16-bit scaled to 8"])
    (True, False)
    """
    return any(note.startswith("uses ") and note.endswith(" range") for note in notes)


def deep_images(images: Sequence[ImageRecord]) -> list[ImageRecord]:
    """List the images of more than 8 bits."""
    return [image for image in images if is_deep(image.notes)]


def scaled_look(look: Examine | None, scaling: str) -> Examine | None:
    """Make a function that looks at a file as the workspace scales it.

    Args:
        look: Looks at a file, and takes `scaling` as `examine` does, which it is for None.
        scaling: A key of `SCALINGS`.
    """
    return look if scaling == AUTOMATIC else functools.partial(look or examine, scaling=scaling)


def rescale(
    store: Store, images: Sequence[ImageRecord], scaling: str, *, on_progress: ProgressCallback | None = None
) -> None:
    """Scale the deep images of a workspace in another way, from now on and for all that are in it.

    Args:
        store: The file of the workspace.
        images: All its images.
        scaling: A key of `SCALINGS`.
        on_progress: Called with deep images done and deep images in all. Nothing is changed if it raises.

    Raises:
        ValueError: If `scaling` is unknown.
        WorkspaceError: If features of a deep image are kept: they would no longer be those of the image.
    """
    check_scaling(scaling)
    before = scaling_of(store)
    deep = deep_images(images) if scaling != before else []
    if are_featured(store, deep):
        raise WorkspaceError(
            f"There are features of images with more than 8 bits, scaled as before ({before}). Remove the runs, or add "
            "the images to a new workspace, to scale them differently."
        )
    changes = []
    for n_done, image in enumerate(deep):
        if on_progress is not None:
            on_progress(n_done, len(deep))
        content = image.read()
        facts, small, lightness = examine(content, scaling=scaling)
        notes = _replaced(image.notes, content, before, facts)
        changes.append((json.dumps(notes), lightness, image.name, small, image.digest))
    with store.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_FACT, scaling))
        for written, lightness, name, small, digest in changes:
            connection.execute("UPDATE images SET notes = ?, brightness = ? WHERE name = ?", (written, lightness, name))
            connection.execute("UPDATE contents SET thumbnail = ? WHERE digest = ?", (small, digest))
    if on_progress is not None and deep:
        on_progress(len(deep), len(deep))


def _replaced(notes: Sequence[str], content: bytes, before: str, facts: ImageFacts) -> tuple[str, ...]:
    """Put the notes of a new look in place of those of the look before; those that others added stay."""
    old = examine(content, scaling=before)[0].notes
    return (*facts.notes, *(note for note in notes if note not in old))


def are_featured(store: Store, images: Sequence[ImageRecord]) -> bool:
    """Tell whether vectors of some of these images are kept."""
    if not images:
        return False
    kept = store.rows("SELECT DISTINCT digest FROM contents JOIN vectors ON vectors.content_id = contents.id")
    return not {digest for (digest,) in kept}.isdisjoint(image.digest for image in images)
