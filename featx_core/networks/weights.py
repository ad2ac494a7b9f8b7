"""ImageNet weights on this machine: finding them, fetching them, and never using a wrong file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from featx_core.backbones.weights_files import CLASS_NAMES_FILE, WeightsFile
from featx_core.base.folders import data_folder
from featx_core.base.whole_file import write_whole
from featx_core.images.preprocessing import IMAGENET_DEVIATION_RGB
from featx_core.networks.downloads import PARTIAL_SUFFIX, DownloadError, download
from featx_core.networks.weights_loading import WeightsError, count_values, load_into

if TYPE_CHECKING:
    import keras

    from featx_core.backbones.registry import Backbone
    from featx_core.base.progress import ProgressCallback
    from featx_core.workspace.workspace import Workspace

__all__ = [
    "WeightsError",
    "class_names",
    "fetch",
    "find",
    "finish_imagenet",
    "from_workspace",
    "has_wrong_file",
    "is_here",
    "load_into",
    "weights_folder",
]

N_CLASSES = 1000
CLASS_NAMES_BYTES = 35_363
_READ_BYTES = 1 << 20


def weights_folder() -> Path:
    """Give the folder in which Keras keeps downloaded weights, so that what is there is used and shared.

    Reference:
        `keras.utils.get_file`: `KERAS_HOME` or ".keras" in the home folder; ".keras" in the folder for temporary files
        where that cannot be written to.
    """
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(existing, os.W_OK) and not (home / "models").is_dir():
        home = Path(tempfile.gettempdir()) / ".keras"
    return home / "models"


def is_here(backbone: Backbone, top: bool = False) -> bool:
    """Whether the trained weights of a backbone are on this machine, so that nothing needs to be downloaded.

    Args:
        backbone: A row of `BACKBONES`.
        top: Whether with the classifier.
    """
    return backbone.origin.is_here(backbone, top)


def find(backbone: Backbone, top: bool = False) -> Path | None:
    """Look for a backbone's ImageNet weights on this machine.

    A file that is there is checked once, and again only when it has changed.

    Args:
        backbone: A row of `BACKBONES`.
        top: Whether with the classifier.

    Returns:
        The file, or None where there is none or a wrong one.
    """
    file, n_values, _ = _facts(backbone, top)
    path = weights_folder() / file.name
    return path if path.is_file() and _problem(path, file.hash, n_values) is None else None


def has_wrong_file(backbone: Backbone, top: bool = False) -> bool:
    """Whether a file lies where the weights belong, but is damaged or another one. It is never used."""
    return (weights_folder() / _facts(backbone, top)[0].name).is_file() and find(backbone, top) is None


def fetch(backbone: Backbone, *, top: bool = False, on_progress: ProgressCallback | None = None) -> Path:
    """Find a backbone's ImageNet weights on this machine, or download them there.

    Args:
        backbone: A row of `BACKBONES`.
        top: Whether with the classifier.
        on_progress: Called with bytes done and bytes in all. May raise `Cancelled`; what has arrived is continued later.

    Returns:
        The file, checked.

    Raises:
        ValueError: If there is nothing to download for this backbone.
        WeightsError: If they are not there and cannot be downloaded.
    """
    found = find(backbone, top)
    if found is not None:
        return found
    file, n_values, n_bytes = _facts(backbone, top)
    target = weights_folder() / file.name
    was_wrong = target.is_file()
    try:
        download(
            file.download_url,
            target,
            check=lambda path: _problem(path, file.hash, n_values),
            expected_bytes=n_bytes,
            on_progress=on_progress,
        )
    except DownloadError as error:
        raise WeightsError(_fetch_words(backbone, n_bytes, str(error), was_wrong=was_wrong)) from error
    if top:
        _fetch_class_names()
    return target


def from_workspace(workspace: Workspace | None, weights: str) -> bytes:
    """Take the weights file of the user from the workspace.

    Args:
        workspace: Where it is kept.
        weights: "file:" and its SHA-256.

    Raises:
        WeightsError: If it is not there.
    """
    if workspace is None:
        raise WeightsError("These weights are a file in a workspace: give the workspace that holds it.")
    try:
        return workspace.artefact(weights.removeprefix("file:"))
    except KeyError:
        raise WeightsError(
            f"This workspace does not hold the weights file {weights[5:13]}. Import it again on the Extract page."
        ) from None


def finish_imagenet(backbone: Backbone, network: keras.Model) -> None:
    """Repair the input scaling of EfficientNet B0 to B7.

    Their published weights hold the deviation of ImageNet where the network expects its square. Keras mends that with one
    more layer, which it adds for `weights="imagenet"` alone and not for the same weights from a file. Here the value itself
    is squared, so that the layers are the same with any weights. Weights that do not hold the mistake are left alone, so
    it does no harm to do this twice.

    Reference:
        https://github.com/tensorflow/tensorflow/issues/49930
    """
    if not backbone.squares_deviation:
        return
    layer = next(layer for layer in network.layers if type(layer).__name__ == "Normalization")
    stored = layer.adapt_variance.numpy()
    if np.allclose(stored, IMAGENET_DEVIATION_RGB, atol=1e-3):
        layer.adapt_variance.assign(stored * IMAGENET_DEVIATION_RGB)
        layer.finalize_state()


def class_names() -> tuple[str, ...]:
    """Name the 1 000 ImageNet classes: from Keras's list if it is on this machine, else "class 0" and so on."""
    path = weights_folder() / CLASS_NAMES_FILE.name
    if path.is_file() and _problem(path, CLASS_NAMES_FILE.hash, 0) is None:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return tuple(entries[str(i)][1].replace("_", " ") for i in range(N_CLASSES))
    return tuple(f"class {i}" for i in range(N_CLASSES))


def _fetch_class_names() -> None:
    """Download Keras's list of class names (35 KB). Without it the classes are numbered."""
    with contextlib.suppress(DownloadError):
        download(
            CLASS_NAMES_FILE.download_url,
            weights_folder() / CLASS_NAMES_FILE.name,
            check=lambda path: _problem(path, CLASS_NAMES_FILE.hash, 0),
            expected_bytes=CLASS_NAMES_BYTES,
        )


def _facts(backbone: Backbone, top: bool) -> tuple[WeightsFile, int, int]:
    if backbone.files is None:
        raise ValueError(f"There are no weights of {backbone.title} to download: they come with featx.")
    if top:
        return backbone.files.with_top, backbone.n_parameters_with_top, backbone.download_bytes_with_top
    return backbone.files.without_top, backbone.n_parameters, backbone.download_bytes


def _problem(path: Path, pinned: str | None, n_values: int) -> str | None:
    """Say what is wrong with a file. Where Keras pins no hash, its number of weights must be that of the network."""
    state = path.stat()
    key = str(path).removesuffix(PARTIAL_SUFFIX)
    verdict = [state.st_size, state.st_mtime_ns, pinned or f"{n_values} values"]
    if _remembered().get(key) == verdict:
        return None
    if pinned is None:
        if count_values(path) != n_values:
            return "what arrived is not that file (it does not hold the weights of this network)"
    elif _hash(path, "sha256" if len(pinned) == 64 else "md5") != pinned:
        return "what arrived is not that file (its hash differs)"
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


def _remembered() -> dict[str, list]:
    try:
        entries = json.loads(_notebook().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _remember(path: str, verdict: list) -> None:
    """Note that a file was right. Two processes at once may lose a note, which only costs another check."""
    with contextlib.suppress(OSError):
        write_whole(_notebook(), json.dumps(_remembered() | {path: verdict}).encode())


def _fetch_words(backbone: Backbone, n_bytes: int, reason: str, *, was_wrong: bool) -> str:
    sentences = [
        f"The weights of {backbone.title} (about {max(1, round(n_bytes / 1e6))} MB) could not be downloaded: {reason}.",
        "Other backbones whose weights are on this machine still work; you can also import a weights file.",
    ]
    if was_wrong:
        sentences.insert(
            1, "A file that lies in their place on this machine is damaged or another one and was not used."
        )
    return " ".join(sentences)
