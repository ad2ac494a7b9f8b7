"""Verified files of weights: checked once, and again only when they change."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any

from featx_core.base.files.folders import data_folder
from featx_core.base.files.whole_file import write_whole
from featx_core.networks.downloads import PARTIAL_SUFFIX
from featx_core.networks.weights_loading import count_values

_READ_BYTES = 1 << 20


def problem_of(path: Path, pinned: str | None, n_values: int | None = None) -> str | None:
    """Say what is wrong with a file, in words that follow "could not be downloaded: ", or None.

    Args:
        path: The file, which is there.
        pinned: Its SHA-256 (64 digits) or MD5 (32 digits); None where none is known.
        n_values: How many weights it must hold where no hash is known.
    """
    state = path.stat()
    key = str(path).removesuffix(PARTIAL_SUFFIX)
    verdict = [state.st_size, state.st_mtime_ns, pinned or f"{n_values} values"]
    if _remembered().get(key) == verdict:
        return None
    if pinned is None:
        if count_values(path) != n_values:
            return "the downloaded file is not the expected one (it does not hold the weights of this network)"
    elif _hash(path, "sha256" if len(pinned) == 64 else "md5") != pinned:
        return "the downloaded file is not the expected one (its hash differs)"
    _remember(key, verdict)
    return None


def _hash(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _notebook() -> Path:
    return data_folder("weights") / "checked.json"


def _remembered() -> dict[str, list[Any]]:
    try:
        entries = json.loads(_notebook().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _remember(path: str, verdict: list[Any]) -> None:
    """Note that a file was right. Two processes at once may lose a note, which only costs another check."""
    with contextlib.suppress(OSError):
        write_whole(_notebook(), json.dumps(_remembered() | {path: verdict}).encode("utf-8"))
