"""What is known of one image of a workspace, and the way to its bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from featx_core.images.decoding import ImageError, decode

if TYPE_CHECKING:
    import numpy as np

    from featx_core.images.rendering.choice import Rendering


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
            pixels = decode(self.read(), at_least=size, fit=fit, rendering=self.workspace.rendering)
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
