"""How files become pictures, in scaling and channels: one choice for the whole workspace."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from featx_core.images.decoding import ImageError, ImageFacts, examine
from featx_core.images.formats.channels import AUTOMATIC, Channels, channel_count, channels_text, parse_channels
from featx_core.images.rendering.choice import USUAL, Rendering
from featx_core.images.rendering.scaling import SCALINGS
from featx_core.workspace.kept_files import note_change
from featx_core.workspace.store import Store, WorkspaceError

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageRecord
    from featx_core.images.intake import Examine

_SCALED = "scaled to 8"  # in a note of every image of more than 8 bits
_REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "scaling": "There are features of images with more than 8 bits, scaled as before ({before}). Remove the runs, or add "
        "the images to a new workspace, to scale them differently.",
        "channels": "There are features of images with several channels, shown as before ({before}). Remove the runs, or add "
        "the images to a new workspace, to show other channels.",
    }
)


def rendering_of(store: Store) -> Rendering:
    """Return how the images of a workspace are scaled and which of their channels are shown."""
    facts = dict(store.rows("SELECT name, value FROM facts WHERE name IN ('scaling', 'channels')"))
    scaling = facts.get("scaling", "")
    return Rendering(scaling if scaling in SCALINGS else USUAL.scaling, _channels(facts.get("channels", "")))


def _channels(text: str) -> Channels:
    try:
        return parse_channels(text)
    except ValueError:  # of a newer featx
        return AUTOMATIC


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
    return any(note.startswith("uses ") and " range" in note for note in notes)


def deep_images(images: Sequence[ImageRecord]) -> list[ImageRecord]:
    """List the images of more than 8 bits."""
    return [image for image in images if image.notes and is_deep(image.notes)]


def many_channeled(images: Sequence[ImageRecord], channels: Channels) -> dict[str, int]:
    """Count the channels of the images that have several without colours.

    Args:
        images: Of one workspace.
        channels: How it shows channels.

    Returns:
        Name of each such image to the number of its channels.
    """
    counts = ((image.name, channel_count(image.notes, image.format, channels)) for image in images if image.notes)
    return {name: n_channels for name, n_channels in counts if n_channels}


def rendered_look(look: Examine | None, rendering: Rendering) -> Examine | None:
    """Make a function that looks at a file as the workspace renders it.

    Args:
        look: Looks at a file, and takes `rendering` as `examine` does, which it is for None.
        rendering: That of the workspace.
    """
    return look if rendering == USUAL else functools.partial(look or examine, rendering=rendering)


def concerned(images: Sequence[ImageRecord], what: str, before: Rendering) -> list[ImageRecord]:
    """List the images for which "scaling" or "channels" counts."""
    if what == "scaling":
        return deep_images(images)
    names = many_channeled(images, before.channels)
    return [image for image in images if image.name in names]


def render(
    store: Store,
    images: Sequence[ImageRecord],
    *,
    on_progress: ProgressCallback | None = None,
    scaling: str | None = None,
    channels: Channels | None = None,
) -> None:
    """Render the images of a workspace in another way, from now on and for all that are in it.

    Args:
        store: The file of the workspace.
        images: All its images.
        on_progress: Called with images done and images in all that change. Nothing is changed if it raises.
        scaling: A key of `SCALINGS`; None: as before.
        channels: As `Rendering` has it; None: as before.

    Raises:
        ValueError: If the scaling or the channels are unknown.
        WorkspaceError: If features of an image that would change are kept: they would no longer be those of the image.
    """
    before = rendering_of(store)
    after = Rendering(before.scaling if scaling is None else scaling, before.channels if channels is None else channels)
    names = set()
    for what in [
        one.name for one in dataclasses.fields(Rendering) if getattr(before, one.name) != getattr(after, one.name)
    ]:
        found = concerned(images, what, before)
        if are_featured(store, found):
            raise WorkspaceError(_REFUSALS[what].format(before=_words(before, what)))
        names |= {image.name for image in found}
    _rerender(store, [image for image in images if image.name in names], before, after, on_progress)


def _words(rendering: Rendering, what: str) -> str:
    return rendering.scaling if what == "scaling" else channels_text(rendering.channels)


def _rerender(
    store: Store,
    images: Sequence[ImageRecord],
    before: Rendering,
    after: Rendering,
    on_progress: ProgressCallback | None,
) -> None:
    changes = []
    for n_done, image in enumerate(images):
        if on_progress is not None:
            on_progress(n_done, len(images))
        content = _read(image)
        facts, small, lightness = examine(content, rendering=after)
        notes = _replaced(image.notes, content, before, facts)
        changes.append((json.dumps(notes), lightness, image.name, small, image.digest))
    with store.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('scaling', ?)", (after.scaling,))
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('channels', ?)", (channels_text(after.channels),))
        note_change(connection)
        for written, lightness, name, small, digest in changes:
            connection.execute("UPDATE images SET notes = ?, brightness = ? WHERE name = ?", (written, lightness, name))
            connection.execute("UPDATE contents SET thumbnail = ? WHERE digest = ?", (small, digest))
            connection.execute(
                "DELETE FROM inputs WHERE content_id IN (SELECT id FROM contents WHERE digest = ?)", (digest,)
            )
    if on_progress is not None and images:
        on_progress(len(images), len(images))


def _read(image: ImageRecord) -> bytes:
    try:
        return image.read()
    except ImageError as error:
        raise WorkspaceError(f"{image.name} {error}. Nothing was changed.") from None


def _replaced(notes: Sequence[str], content: bytes, before: Rendering, facts: ImageFacts) -> tuple[str, ...]:
    """Put the notes of a new look in place of those of the look before; those that others added stay."""
    old = examine(content, rendering=before)[0].notes
    return (*facts.notes, *(note for note in notes if note not in old))


def are_featured(store: Store, images: Sequence[ImageRecord]) -> bool:
    """Tell whether vectors of some of these images are kept."""
    if not images:
        return False
    kept = store.rows("SELECT DISTINCT digest FROM contents JOIN vectors ON vectors.content_id = contents.id")
    return not {digest for (digest,) in kept}.isdisjoint(image.digest for image in images)
