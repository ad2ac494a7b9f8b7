"""Files of one model in ONNX, put together: the model, weights beside it, or a zip of both."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from featx_core.base.files.zip_faults import ZIP_FAULTS
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.kinds import N_HEAD_BYTES, is_onnx
from featx_core.networks.own.limits import MAX_FILE_BYTES
from featx_core.networks.own.onnx.reading import Beside, read_onnx
from featx_core.networks.own.onnx.writing import tidied, write_onnx

ONNX_ENDING = ".onnx"
MAX_FILES = 2_000
"""Of weights beside a model: some exporters write one a layer."""

_DAMAGED = "is damaged: its files cannot be read. Export the model again."


def put_together(content: bytes, beside: Beside = lambda name: None) -> bytes:
    """Write a model in ONNX anew, with its weights inside and nothing that its exporter noted besides.

    Args:
        content: The model, or a zip of it and its weights.
        beside: Gives the files with weights beside it.

    Returns:
        One file in ONNX. Given again, it comes back the same.

    Raises:
        ModelFileError: If it is refused. The message can follow the name of the file.
    """
    if is_onnx(content[:N_HEAD_BYTES]):
        return _written(content, beside)
    files = _unpacked(content)
    models = [name for name in files if name.lower().endswith(ONNX_ENDING)]
    if len(models) != 1:
        raise ModelFileError(f"is a zip with {len(models)} models in ONNX. Bring in one at a time.")
    return _written(files[models[0]], files.get)


def holds_onnx(content: bytes) -> bool:
    """Whether a file is a model in ONNX, or a zip with one."""
    if is_onnx(content[:N_HEAD_BYTES]):
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.lower().endswith(ONNX_ENDING) for name in archive.namelist())
    except ZIP_FAULTS:
        return False


def _written(content: bytes, beside: Beside) -> bytes:
    return write_onnx(tidied(read_onnx(content, beside)))


def _unpacked(content: bytes) -> Mapping[str, bytes]:
    """Read the files of a zip through a bound, whatever size they say they have, by their names without folders."""
    files: dict[str, bytes] = {}
    left = MAX_FILE_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and not _is_system(info.filename)]
            if len(members) > MAX_FILES:
                raise ModelFileError(f"holds more than {MAX_FILES} files.")
            for info in members:
                with archive.open(info) as member:
                    found = member.read(left + 1)
                left -= len(found)
                name = info.filename.rpartition("/")[2]
                if left < 0:
                    raise ModelFileError(f"unpacks to more than {MAX_FILE_BYTES / 1e6:.0f} MB, which is the limit.")
                if name in files:
                    raise ModelFileError("holds two files of one name. Put one model and its weights into a zip.")
                files[name] = found
    except ModelFileError:
        raise
    except ZIP_FAULTS:
        raise ModelFileError(_DAMAGED) from None
    return files


def _is_system(path: str) -> bool:
    return path.startswith("__MACOSX/") or path.rpartition("/")[2].startswith(".")
