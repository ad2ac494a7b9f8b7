"""The parts of a `.keras` file, taken out of its zip within limits."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from featx_core.base.files.file_names import shown_text
from featx_core.base.files.zip_faults import ZIP_FAULTS
from featx_core.networks.own.allowed import MAX_SHOWN
from featx_core.networks.own.configuration import MAX_CONFIG_BYTES, read_config
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.kinds import N_HEAD_BYTES, why_not_members, why_not_model
from featx_core.networks.own.limits import MAX_FILE_BYTES
from featx_core.networks.own.versions import why_off

MAX_WEIGHTS_BYTES = 1024**3
_MAX_METADATA_BYTES = 10_000
_MEMBERS = ("config.json", "metadata.json", "model.weights.h5")
_KERAS_2 = (
    "was saved by Keras {version}, and Keras 3 cannot read such a file. In Keras {major}, write its weights with "
    "`model.save_weights('name.weights.h5')`; in Keras 3, build the same network, `load_weights` that file, and save it with "
    "`model.save('name.keras')`."
)


@dataclass(frozen=True)
class Container:
    """The parts of a `.keras` file.

    Attributes:
        config: The configuration, walked by `read_config`.
        keras_version: What saved it, such as "3.15.1".
        n_weights_bytes: Of the file of weights in it.
    """

    config: dict[str, Any]
    keras_version: str
    n_weights_bytes: int


def open_container(content: bytes) -> Container:
    """Read what a `.keras` file says of itself. The weights stay where they are.

    Raises:
        ModelFileError: If it is something else, too large, or names what is not allowed. The message can follow the name of
            the file.
    """
    if len(content) > MAX_FILE_BYTES:
        raise ModelFileError(f"is too large: {len(content) / 1e6:.0f} MB; the limit is {MAX_FILE_BYTES / 1e6:.0f} MB.")
    words = why_off() or why_not_model(content[:N_HEAD_BYTES])
    if words:
        raise ModelFileError(words)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive)
            version = _version(_member(archive, "metadata.json", _MAX_METADATA_BYTES))
            config = read_config(_member(archive, "config.json", MAX_CONFIG_BYTES))
            return Container(config, version, archive.getinfo("model.weights.h5").file_size)
    except ModelFileError:
        raise
    except ZIP_FAULTS:
        raise ModelFileError("is damaged: its parts cannot be read. Save the model again.") from None


def weights_of(content: bytes) -> bytes:
    """Take the file of weights out of a `.keras` file that `open_container` has read.

    Raises:
        ModelFileError: If it is damaged, or larger than it says.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _member(archive, "model.weights.h5", MAX_WEIGHTS_BYTES)
    except ModelFileError:
        raise
    except ZIP_FAULTS:
        raise ModelFileError("is damaged: its weights cannot be read. Save the model again.") from None


def _check_members(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    words = why_not_members(names)
    if words:
        raise ModelFileError(words)
    more = [name for name in names if name not in _MEMBERS and not name.endswith("/")]
    if more:
        raise ModelFileError(
            f"holds `{shown_text(more[0], MAX_SHOWN)}` besides the model, such as a vocabulary. featx reads images only."
        )
    if len(names) != len(set(names)):
        raise ModelFileError("is damaged: it holds a part twice.")
    n_bytes = archive.getinfo("model.weights.h5").file_size
    if n_bytes > MAX_WEIGHTS_BYTES:
        raise ModelFileError(f"holds {n_bytes / 1e9:.1f} GB of weights; the limit is {MAX_WEIGHTS_BYTES / 1e9:.1f} GB.")


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Read a part through a bound, whatever size it says it has."""
    with archive.open(name) as member:
        content = member.read(limit + 1)
    if len(content) > limit:
        raise ModelFileError(f"has a `{name}` of more than {limit / 1e6:.3g} MB, which is the limit.")
    return content


def _version(metadata: bytes) -> str:
    try:
        version = json.loads(metadata)["keras_version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        version = None
    if not isinstance(version, str):
        raise ModelFileError("is damaged: it does not say which Keras saved it.")
    shown, major = shown_text(version, 20), version.split(".")[0]
    if major in ("1", "2"):
        raise ModelFileError(_KERAS_2.format(version=shown, major=major))
    if major != "3":
        raise ModelFileError(f"was saved by Keras {shown}, which this featx does not know. Save it with Keras 3.")
    return shown
