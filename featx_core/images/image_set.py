"""A sequence of images whose bytes stay in the workspace until needed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from featx_core.base.files.digests import digest_of_all
from featx_core.images.decoding import ImageError, decode
from featx_core.images.fitting import fit_image

if TYPE_CHECKING:
    import numpy as np

    from featx_core.images.rendering.choice import Rendering


Found = TypeVar("Found")


class ImageGoneError(KeyError):
    """An image that was removed from its workspace in the meantime, with what to do, in plain words."""

    def __str__(self) -> str:
        return str(self.args[0])


class UnreadImageError(ImageError):
    """An image whose bytes are not to be had. As text it says why, to follow a name; alone it names the image."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}.")
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Keeper(Protocol):
    """What keeps the bytes of images, such as a workspace."""

    @property
    def rendering(self) -> Rendering:
        """How images of more than 8 bits are brought to 8, and channels without colours shown."""

    def content(self, digest: str) -> bytes:
        """Fetch the bytes of one image file."""

    def thumbnail(self, digest: str) -> bytes:
        """Fetch a small image of one image."""

    def load_input(self, digest: str, size: tuple[int, int], fit: str) -> np.ndarray | None:
        """Fetch an image as a network receives it, if it is kept so."""

    def save_input(self, digest: str, pixels: np.ndarray, fit: str) -> None:
        """Keep an image as a network receives it, if that is worth it."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image of a workspace: what is known of it, and the way to its bytes.

    Attributes:
        name: Unique in the workspace, safe to show as plain text.
        label: Its class, or None.
        digest: SHA-256 of the bytes, in hexadecimal. Equal for equal files.
        width: In pixels, after turning it upright.
        height: In pixels, after turning it upright.
        format: The real file format, such as "JPEG".
        brightness: Mean lightness of the image, 0 (black) to 100 (white).
        notes: What was done to it on the way in, in plain words.
        path: Where it lay, with its folders; its name where that is not known.
    """

    name: str
    label: str | None
    digest: str
    width: int
    height: int
    format: str
    brightness: float
    notes: tuple[str, ...]
    workspace: Keeper = field(repr=False, compare=False)
    path: str = ""

    def read(self) -> bytes:
        """Fetch the file as it came in.

        Raises:
            ImageGoneError: If it was taken out of its workspace.
            UnreadImageError: If it is damaged there, or its file stays elsewhere and is gone or changed.
        """
        return self._fetch(self.workspace.content)

    def pixels(self, *, at_least: tuple[int, int] | None = None) -> np.ndarray:
        """Decode the image, upright.

        Args:
            at_least: `(height, width)` in pixels that are enough. A large JPEG is then decoded at a reduced size, much faster.

        Returns:
            uint8 `(height, width, 3)`, RGB.

        Raises:
            ImageGoneError: If it was taken out of its workspace.
        """
        return decode(self.read(), at_least=at_least, rendering=self.workspace.rendering)

    def shown_pixels(self, *, at_least: tuple[int, int] | None = None) -> np.ndarray:
        """Decode the image to be looked at: as `pixels`, and where its bytes are not to be had from its thumbnail.

        Args:
            at_least: As for `pixels`.

        Raises:
            ImageGoneError: If it was taken out of its workspace.
            ImageError: If there is no thumbnail either.
        """
        try:
            return self.pixels(at_least=at_least)
        except UnreadImageError:
            return decode(self.thumbnail())

    def fitted(self, size: tuple[int, int], fit: str) -> np.ndarray:
        """Bring the image to the input of a network: `fit_image` of its pixels, but large images are decoded once only.

        Args:
            size: `(height, width)` in pixels.
            fit: One of `featx_core.images.fitting.FITS`.

        Returns:
            uint8 `(*size, 3)`, RGB, read-only.

        Raises:
            ImageGoneError: If it was taken out of its workspace.
            ImageError: If it cannot be decoded.
        """
        pixels = self.workspace.load_input(self.digest, size, fit)
        if pixels is None:
            pixels = fit_image(self.pixels(at_least=size), size, fit)
            self.workspace.save_input(self.digest, pixels, fit)
        return pixels

    def thumbnail(self) -> bytes:
        """Fetch a small image (WebP, longest side 256 pixels). Raises as `read` does."""
        return self._fetch(self.workspace.thumbnail)

    def _fetch(self, fetch: Callable[[str], bytes]) -> bytes:
        try:
            return fetch(self.digest)
        except ImageError as error:
            raise UnreadImageError(self.name, str(error)) from None
        except KeyError:
            raise ImageGoneError(
                f"{self.name} was removed from the workspace while it was needed. Start again to continue without it."
            ) from None


class ImageSet(Sequence[ImageRecord]):
    """Images in a fixed order. Cheap: it holds records, not pixels."""

    def __init__(self, records: Iterable[ImageRecord]) -> None:
        self._records = tuple(records)
        self._found: dict[Hashable, Any] = {}

    def once(self, about: Hashable, find: Callable[[], Found]) -> Found:
        """Find something out about all of these images, and keep it with them: the next time it is there already."""
        if about not in self._found:
            self._found[about] = find()
        found: Found = self._found[about]
        return found

    @overload
    def __getitem__(self, index: int) -> ImageRecord: ...
    @overload
    def __getitem__(self, index: slice) -> ImageSet: ...
    def __getitem__(self, index: int | slice) -> ImageRecord | ImageSet:
        return ImageSet(self._records[index]) if isinstance(index, slice) else self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[ImageRecord]:
        return iter(self._records)

    def __repr__(self) -> str:
        return f"ImageSet({len(self)} images)"

    @property
    def names(self) -> list[str]:
        """The name of each image."""
        return list(self._names)

    @property
    def labels(self) -> list[str | None]:
        """The label of each image, None where it has none."""
        return list(self._labels)

    @property
    def digests(self) -> list[str]:
        """The SHA-256 of each image's bytes."""
        return list(self._digests)

    @functools.cached_property
    def digest_of_all(self) -> str:
        """A digest of which images these are, in which order; labels and names do not count."""
        return digest_of_all(self._digests)

    @functools.cached_property
    def _by_both(self) -> dict[tuple[str, str], ImageRecord]:
        return {(record.name, record.digest): record for record in self._records}

    @functools.cached_property
    def _by_digest(self) -> dict[str, ImageRecord]:
        return {record.digest: record for record in reversed(self._records)}

    @functools.cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(record.name for record in self._records)

    @functools.cached_property
    def _labels(self) -> tuple[str | None, ...]:
        return tuple(record.label for record in self._records)

    @functools.cached_property
    def _digests(self) -> tuple[str, ...]:
        return tuple(record.digest for record in self._records)

    @property
    def paths(self) -> list[str]:
        """Where each image lay, with its folders."""
        return [record.path or record.name for record in self._records]

    def select(self, names: Iterable[str]) -> ImageSet:
        """Return the images of these names, in the order of the names.

        Raises:
            KeyError: If there is no image of such a name.
        """
        by_name = {record.name: record for record in self._records}
        return ImageSet(by_name[name] for name in names)

    def matching(self, names: Iterable[str], digests: Iterable[str]) -> list[ImageRecord | None]:
        """Return the image that each row of features is of: by its digest, and among equal files by its name; else None."""
        by_both, by_digest = self._by_both, self._by_digest
        return [by_both.get(key) or by_digest.get(key[1]) for key in zip(names, digests, strict=True)]
