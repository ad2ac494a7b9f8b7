"""Presets of KerasHub as files: a folder, or a zip of one. They are untrusted and checked before Keras sees anything."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx_core.base.files.zip_faults import ZIP_FAULTS
from featx_core.networks.weights_loading import WeightsError

CONFIG, WEIGHTS, CONVERTER, METADATA = "config.json", "model.weights.h5", "image_converter.json", "metadata.json"
MEMBERS = (CONFIG, METADATA, CONVERTER, WEIGHTS)
"""What is read of a preset. Tokenizers and task heads stay where they are."""

MAX_PRESET_BYTES = 950_000_000
"""What a workspace can hold as one file."""

MAX_JSON_BYTES = 1_000_000
HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class PresetFiles:
    """What a preset says, and its weights as they are.

    Attributes:
        config: The class of its network and what that was told, as KerasHub writes it. Nothing of it is run.
        converter: How its images are scaled; None where it does not say.
        weights: An HDF5 file.
    """

    config: dict[str, Any]
    converter: dict[str, Any] | None
    weights: bytes


def pack_preset(folder: str | Path) -> bytes:
    """Put a preset that lies in a folder into one file, so that a workspace can keep it.

    Args:
        folder: Where `save_to_preset` of KerasHub wrote it.

    Returns:
        A zip of `config.json`, `metadata.json`, `image_converter.json` (where there is one) and `model.weights.h5`. Equal files
        give equal bytes.

    Raises:
        WeightsError: If a file is missing, too large or something else. The message says which.
    """
    folder = Path(folder)
    found = [name for name in MEMBERS if (folder / name).is_file()]
    if missing := {CONFIG, WEIGHTS} - set(found):
        raise WeightsError(f"`{folder.name}` is no preset of KerasHub: {' and '.join(sorted(missing))} are not in it.")
    if sum((folder / name).stat().st_size for name in found) > MAX_PRESET_BYTES:
        raise WeightsError(f"`{folder.name}` is too large: the limit is {MAX_PRESET_BYTES / 1e6:.0f} MB.")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in found:
            archive.writestr(zipfile.ZipInfo(name), (folder / name).read_bytes())
    content = out.getvalue()
    read_preset(content, folder.name)
    return content


def read_preset(content: bytes, name: str) -> PresetFiles:
    """Take a zip of a preset apart. Nothing is run, and nothing is written.

    Args:
        content: The zip. The files may lie in one folder within it.
        name: What to call it in an error.

    Raises:
        WeightsError: If it is none, or holds more than it may.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _members(archive, name)
            converter = members.get(CONVERTER)
            return PresetFiles(
                _read_json(archive, members[CONFIG], name),
                None if converter is None else _read_json(archive, converter, name),
                _read_weights(archive, members[WEIGHTS], name),
            )
    except WeightsError:
        raise
    except ZIP_FAULTS as error:
        raise WeightsError(f"`{name}` is damaged, encrypted, or not a zip of a preset.") from error


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        *folders, file = info.filename.split("/")
        if len(folders) <= 1 and file in MEMBERS:
            if file in found:
                raise WeightsError(f"`{name}` holds {file} twice. Make a zip of one preset alone.")
            found[file] = info
    if missing := {CONFIG, WEIGHTS} - set(found):
        raise WeightsError(
            f"`{name}` is no zip of a preset of KerasHub: {' and '.join(sorted(missing))} are not in it."
        )
    if sum(info.file_size for info in found.values()) > MAX_PRESET_BYTES:
        raise WeightsError(f"`{name}` unpacks to too much: the limit is {MAX_PRESET_BYTES / 1e6:.0f} MB.")
    return found


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        content = file.read(info.file_size + 1)
    if len(content) > info.file_size:
        raise zipfile.BadZipFile("a member is longer than it says")
    return content


def _read_json(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> dict[str, Any]:
    if info.file_size > MAX_JSON_BYTES:
        raise WeightsError(f"{info.filename} of `{name}` is too large: the limit is {MAX_JSON_BYTES // 1000} kB.")
    try:
        found = json.loads(_read(archive, info))
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{info.filename} of `{name}` is not JSON.") from error
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        raise WeightsError(f"{info.filename} of `{name}` is not what KerasHub writes.")
    return found


def _read_weights(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    content = _read(archive, info)
    if not content.startswith(HDF5):
        raise WeightsError(f"{info.filename} of `{name}` is not an HDF5 file.")
    return content
