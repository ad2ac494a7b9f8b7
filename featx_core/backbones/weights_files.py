"""A downloadable file of weights: its address, its local name and its hash."""

from __future__ import annotations

import os
from dataclasses import dataclass

WEIGHTS_HOST = "https://storage.googleapis.com/"
"""Where Keras keeps its weights."""

MIRROR_VARIABLE = "FEATX_WEIGHTS_MIRROR"
"""Environment variable with another base URL that serves the same paths as `WEIGHTS_HOST`: for mirrors and tests."""


@dataclass(frozen=True)
class WeightsFile:
    """One file that can be downloaded.

    Attributes:
        folder: Its folder on the host, ending in a slash.
        name: Its name in Keras's cache folder.
        hash: SHA-256 (64 digits) or MD5 (32 digits) as Keras pins it; None if Keras pins none.
        source: Its name on the host where that is another.
    """

    folder: str
    name: str
    hash: str | None
    source: str | None = None

    @property
    def path(self) -> str:
        """Where it lies below the host."""
        return self.folder + (self.source or self.name)

    @property
    def url(self) -> str:
        """Where Keras itself would download it."""
        return WEIGHTS_HOST + self.path

    @property
    def download_url(self) -> str:
        """Where featx downloads it: at the mirror if one is set."""
        return os.environ.get(MIRROR_VARIABLE, WEIGHTS_HOST).rstrip("/") + "/" + self.path


@dataclass(frozen=True)
class BackboneFiles:
    """The two files of a backbone."""

    without_top: WeightsFile
    with_top: WeightsFile
