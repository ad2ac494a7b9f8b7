"""ImageNet weights on this machine: found, downloaded and verified."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from featx_core.backbones.weights_files import WeightsFile
from featx_core.base.wording import counted
from featx_core.images.preprocessing import IMAGENET_DEVIATION_RGB
from featx_core.networks.checked_files import problem_of
from featx_core.networks.downloads import DownloadError, download
from featx_core.networks.saved.likeness import other_features_words
from featx_core.networks.weights_loading import LoadedWeights, WeightsError

if TYPE_CHECKING:
    import keras

    from featx_core.backbones.registry import Backbone
    from featx_core.base.progress import ProgressCallback
    from featx_core.workspace.workspace import Workspace

N_NAMED = 5  # layers that are named


def weights_folder() -> Path:
    """Return the folder in which Keras keeps downloaded weights, so that what is there is used and shared.

    Reference:
        `keras.utils.get_file`: `KERAS_HOME` or ".keras" in the home folder; ".keras" in the folder for temporary files
        where that cannot be written to.
    """
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(existing, os.W_OK) and not (home / "models").is_dir():
        home = Path(tempfile.gettempdir()) / ".keras"
    return home / "models"


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
    return path if path.is_file() and problem_of(path, file.hash, n_values) is None else None


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
            check=lambda path: problem_of(path, file.hash, n_values),
            expected_bytes=n_bytes,
            on_progress=on_progress,
        )
    except DownloadError as error:
        raise WeightsError(_fetch_words(backbone, n_bytes, str(error), was_wrong=was_wrong)) from error
    return target


class BroughtFile(NamedTuple):
    """A weights file that the user brought.

    Attributes:
        name: What it was called.
        content: Its bytes.
    """

    name: str
    content: bytes


def from_workspace(workspace: Workspace | None, weights: str) -> BroughtFile:
    """Take the weights file of the user from the workspace.

    Args:
        workspace: Where it is kept.
        weights: "file:" and its SHA-256.

    Raises:
        WeightsError: If it is not there.
    """
    if workspace is None:
        raise WeightsError("These weights are a file in a workspace: give the workspace that holds it.")
    digest = weights.removeprefix("file:")
    try:
        return BroughtFile(workspace.artefacts()[digest], workspace.artefact(digest))
    except KeyError:
        raise WeightsError(
            f"This workspace no longer holds the weights file (its SHA-256 begins with {digest[:8]}). "
            "Import it again on the Extract page."
        ) from None


def notes_of_file(name: str, loaded: LoadedWeights) -> tuple[str, ...]:
    """Say which layers of a weights file a network does not have, and what may be wrong with the others: plain sentences.

    >>> from featx_core.networks.saved.likeness import Likeness
    >>> from featx_core.networks.weights_loading import LoadedWeights
    >>> notes_of_file("a.weights.h5", LoadedWeights(("dense", "dense_1"), Likeness(), False))
    ('2 layers of a.weights.h5 are not part of this network and were left out: dense, dense_1.',)
    >>> notes_of_file("a.weights.h5", LoadedWeights((), Likeness(swapped=(("b", "a"), ("a", "b"))), False))
    ('The layers of a.weights.h5 stand in another order than those of this network. Matched by place: b to a, a to b.',)
    """
    found = loaded.likeness
    notes = []
    if loaded.left_out:
        verbs = (
            "is not part of this network and was"
            if len(loaded.left_out) == 1
            else "are not part of this network and were"
        )
        layers = counted(len(loaded.left_out), "layer")
        notes.append(f"{layers} of {name} {verbs} left out: {_listed(loaded.left_out)}.")
    other_order = f"The layers of {name} stand in another order than those of this network. "
    if found.is_reordered:
        notes.append(f"{other_order}Each was matched by its name.")
    if found.swapped:
        notes.append(
            f"{other_order}Matched by place: {_listed([f'{there} to {here}' for there, here in found.swapped])}."
        )
    if found.renamed:
        pairs = _listed([f"{there} to {here}" for there, here in found.renamed])
        notes.append(f"Layers of {name} have other names than those of this network. Matched by place: {pairs}.")
    if loaded.is_other:
        notes.append(other_features_words(name))
    return tuple(notes)


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - N_NAMED
    return ", ".join(names[:N_NAMED]) + (f" and {rest} more" if rest > 0 else "")


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


def _facts(backbone: Backbone, top: bool) -> tuple[WeightsFile, int, int]:
    if backbone.files is None:
        place = f"the package `{file.package}`" if (file := backbone.installed_file) else "featx"
        raise ValueError(f"There are no weights of {backbone.title} to download: they come with {place}.")
    if top:
        return backbone.files.with_top, backbone.n_parameters_with_top, backbone.download_bytes_with_top
    return backbone.files.without_top, backbone.n_parameters, backbone.download_bytes


def _fetch_words(backbone: Backbone, n_bytes: int, reason: str, *, was_wrong: bool) -> str:
    sentences = [
        f"The weights of {backbone.title} (about {max(1, round(n_bytes / 1e6))} MB) could not be downloaded: {reason}.",
        "Other backbones whose weights are on this machine still work; you can also import a weights file.",
    ]
    if was_wrong:
        sentences.insert(
            1, "The file in their place on this machine is damaged or not the expected one, and was not used."
        )
    return " ".join(sentences)
