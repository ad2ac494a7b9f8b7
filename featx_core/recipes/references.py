"""Reference images: a few of a run, for which its script must give the same features."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from featx_core.base.wording import counted
from featx_core.images.decoding import ImageError
from featx_core.images.image_set import ImageGoneError

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord

N_REFERENCES = 4
MAX_REFERENCE_BYTES = 20 * 1024**2
MAX_CONVERTED_PIXELS = 4_000_000
READ_ALIKE = {"JPEG": ".jpg", "PNG": ".png"}
"""The formats that a script reads as featx does, and the endings of their files."""

_HARMLESS = frozenset({"rotated upright", "black and white converted"})
"""Notes on images that a script reads as featx does, too."""


@dataclass(frozen=True)
class Reference:
    """One of them.

    Attributes:
        name: Its name as a file: a number and an ending.
        content: Its bytes.
        digest: Of the image in the workspace.
    """

    name: str
    content: bytes
    digest: str


def references(images: Sequence[ImageRecord]) -> tuple[Reference, ...]:
    """Choose a few images of a run, those that a script reads as featx does first.

    Where there are none of these, others are written as PNG: the script then reads the pixels that featx decoded.

    Args:
        images: Those that the run has features of.
    """
    alike = [image for image in images if is_read_alike(image)]
    found = list(_taken(alike, converted=False))
    return tuple(found or _taken(images, converted=True))


def is_read_alike(image: ImageRecord) -> bool:
    """Whether a script that uses Pillow alone decodes an image to the pixels that featx decodes."""
    return image.format in READ_ALIKE and set(image.notes) <= _HARMLESS


def other_kinds(images: Sequence[ImageRecord]) -> str:
    """Say which images a script does not read as featx does: a sentence, or an empty text."""
    others = [image for image in images if not is_read_alike(image)]
    if not others:
        return ""
    kinds = sorted({_kind(image) for image in others})
    named = ", ".join(kinds[:3]) + (", ..." if len(kinds) > 3 else "")
    verb = "is of a kind" if len(others) == 1 else "are of kinds"
    return (
        f"{counted(len(others), 'image')} of this run {verb} that the script does not read as featx does ({named}): "
        "save as an ordinary RGB PNG first."
    )


def digest_of_references(found: Iterable[Reference]) -> str:
    """Return the SHA-256 of the bytes of all reference images, one after another."""
    return hashlib.sha256(b"".join(each.content for each in found)).hexdigest()


def _kind(image: ImageRecord) -> str:
    notes = [note for note in image.notes if note not in _HARMLESS]
    return image.format if image.format not in READ_ALIKE else f"{image.format}: {notes[0]}"


def _taken(images: Iterable[ImageRecord], *, converted: bool) -> Iterable[Reference]:
    n_taken = n_bytes = 0
    for image in images:
        if n_taken == N_REFERENCES:
            return
        content = _as_png(image) if converted else _read(image)
        if content is None or n_bytes + len(content) > MAX_REFERENCE_BYTES:
            continue
        n_taken, n_bytes = n_taken + 1, n_bytes + len(content)
        ending = ".png" if converted else READ_ALIKE[image.format]
        yield Reference(f"{n_taken}{ending}", content, image.digest)


def _read(image: ImageRecord) -> bytes | None:
    try:
        return image.read()
    except (ImageGoneError, ImageError):
        return None


def _as_png(image: ImageRecord) -> bytes | None:
    if image.width * image.height > MAX_CONVERTED_PIXELS:
        return None
    out = io.BytesIO()
    try:
        Image.fromarray(image.pixels()).save(out, "PNG")
    except (ImageGoneError, ImageError):
        return None
    return out.getvalue()
