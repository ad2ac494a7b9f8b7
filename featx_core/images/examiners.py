"""Examination of images in separate processes, so that no file can block, exhaust or crash this one."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from typing import Any

import numpy as np

from featx_core.base.other_process import N_PROCESSES, NoAnswerError, OtherProcess, Pool
from featx_core.images.decoding import THUMBNAIL_SIDE, ImageError, ImageFacts
from featx_core.images.rendering.choice import USUAL, Rendering

SECONDS_A_FILE = 60.0  # of the processor
SECONDS_FOR_A_PAGE = 20.0


class Examiner(OtherProcess):
    """One process that looks at images, started when it is needed.

    Args:
        module: What it runs.
        seconds: Of the processor that one file may take.
    """

    def __init__(self, module: str = "featx_core.images.looking", *, seconds: float = SECONDS_A_FILE) -> None:
        super().__init__(module, seconds=seconds)

    def examine(
        self, content: bytes, *, side: int = THUMBNAIL_SIDE, rendering: Rendering = USUAL
    ) -> tuple[ImageFacts, bytes, float]:
        """Look at a file as `featx_core.images.decoding.examine` does, and with the same results.

        Raises:
            ImageError: As there; and if the file takes too long, or ends the process that looks at it.
            RuntimeError: If looking at it raised what nobody expected.
        """
        facts, pictures = self._asked(content, {"side": side, "rendering": str(rendering)})
        small, usual = pictures[: facts["n_small"]], pictures[facts["n_small"] :]
        found = ImageFacts(facts["format"], facts["width"], facts["height"], tuple(facts["notes"]), usual)
        return found, small, facts["brightness"]

    def fitted(self, content: bytes, size: tuple[int, int], fit: str, *, rendering: Rendering = USUAL) -> np.ndarray:
        """Decode a file and bring it to a network's size, as extraction does.

        Args:
            content: The bytes of the file.
            size: `(height, width)` in pixels.
            fit: A key of `FITS`.
            rendering: As for `decode`.

        Returns:
            uint8 `(*size, 3)`.

        Raises:
            ImageError: As `examine` raises it.
            RuntimeError: As `examine` raises it.
        """
        pixels = self._asked(content, {"size": size, "fit": fit, "rendering": str(rendering)})[1]
        return np.frombuffer(pixels, np.uint8).reshape(*size, 3)

    def _asked(self, content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        try:
            facts, picture = self.ask(content, options)
        except NoAnswerError as error:
            raise ImageError(str(error)) from None
        if "fault" in facts:
            raise ImageError(facts["fault"])
        return facts, picture


class Examiners(Pool[Examiner]):
    """A few processes that look at images.

    Args:
        n_processes: How many.
        seconds: Of the processor that one file may take.
    """

    def __init__(self, n_processes: int = N_PROCESSES, *, seconds: float = SECONDS_A_FILE) -> None:
        super().__init__([Examiner(seconds=seconds) for _ in range(n_processes)])

    def examine(
        self, content: bytes, *, side: int = THUMBNAIL_SIDE, rendering: Rendering = USUAL
    ) -> tuple[ImageFacts, bytes, float]:
        """Look at a file, as `Examiner.examine` does."""
        with self.one() as examiner:
            return examiner.examine(content, side=side, rendering=rendering)

    def fitted(self, content: bytes, size: tuple[int, int], fit: str, *, rendering: Rendering = USUAL) -> np.ndarray:
        """Decode a file and fit it, as `Examiner.fitted` does."""
        with self.one() as examiner:
            return examiner.fitted(content, size, fit, rendering=rendering)


EXAMINERS = Examiners()
"""Those of this process, for files that come in. None is started before a file is looked at."""

FOR_PAGES = Examiners(seconds=SECONDS_FOR_A_PAGE)
"""Those for images that a page waits for: no intake stands before them."""

for _examiners in (EXAMINERS, FOR_PAGES):
    atexit.register(_examiners.close)
