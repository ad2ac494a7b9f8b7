"""Models of the user in a workspace: brought in, examined once, and found again by their digest."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from featx_core.base.files.file_names import clean_name, shown_text
from featx_core.base.other_process import NoAnswerError, OtherProcess
from featx_core.networks.own.container import open_container, weights_of
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.facts import ModelFacts
from featx_core.networks.own.kinds import N_HEAD_BYTES, is_onnx
from featx_core.networks.own.limits import MAX_FILE_BYTES
from featx_core.networks.own.onnx.files import ONNX_ENDING, holds_onnx, put_together
from featx_core.networks.own.onnx.reading import read_onnx
from featx_core.networks.own.weights_header import check_weights

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

KERAS_ENDING = ".keras"
ENDINGS = (KERAS_ENDING, ONNX_ENDING)
LOAD_SECONDS = 60.0  # of the processor
FACTS_VERSION = 2
_MAX_NAME = 60


def add_model(workspace: Workspace, source: Path | str | bytes, name: str = "") -> ModelFacts:
    """Bring a `.keras` or `.onnx` file into a workspace, after it was inspected and loaded in a process of its own.

    Weights beside an `.onnx` file, such as its `.onnx.data`, are found by its path, or in a zip of both. The workspace keeps
    such a model with its weights inside, and without what its exporter noted besides, such as paths of your machine.

    Args:
        workspace: Takes the file, so that runs can be reopened on another machine.
        source: The file, or its bytes.
        name: What to call it; by default as the file is called.

    Returns:
        What is known of it; its `weights` name it in an `OwnModel`.

    Raises:
        ModelFileError: If it cannot be used. The message says why, and what to do.
        DiskFullError: If the workspace cannot grow.
    """
    name = clean_name(name or ("model" if isinstance(source, bytes) else Path(source).name))
    files = {name: source} if isinstance(source, bytes) else _read(Path(source), name)
    name, content = check_files(files)
    facts = _examined(content, name, "file:")
    digest = workspace.put_artefact(name, content)
    return _keep(workspace, facts, digest)


def check_files(files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Inspect a model as far as that needs no Keras and no OpenVINO: its kind, its size, what it says of itself.

    Args:
        files: One file, or a model in ONNX and the files with its weights, by their names.

    Returns:
        The name under which a workspace keeps it, and the file that it keeps: a model in ONNX is written anew.

    Raises:
        ModelFileError: If it is refused. The message begins with its name.
    """
    name = _model_among(files)
    shown = clean_name(name)
    try:
        content = files[name]
        if not holds_onnx(content):
            open_container(content)
            return _ended(shown, KERAS_ENDING), content
        return _ended(shown, ONNX_ENDING), put_together(content, files.get)
    except ModelFileError as error:
        raise ModelFileError(f"`{shown}` {error}") from None


def model_facts(workspace: Workspace | None, weights: str) -> ModelFacts:
    """Return what is known of a model in a workspace; one that was never examined is examined now, in half a minute.

    Args:
        workspace: Holds the file.
        weights: "file:" and its SHA-256.

    Raises:
        ModelFileError: If it is not there, or cannot be used.
    """
    content, name = model_file(workspace, weights)
    kept = workspace.result(facts_key(weights)) if workspace is not None else None
    if kept is not None:
        with contextlib.suppress(ValueError):  # of an edited file: examined again
            return ModelFacts.from_bytes(kept)
    facts = _examined(content, name, weights)
    return facts if workspace is None else _keep(workspace, facts, weights.removeprefix("file:"))


def model_file(workspace: Workspace | None, weights: str) -> tuple[bytes, str]:
    """Take a model and its name from a workspace.

    Raises:
        ModelFileError: If it is not there.
    """
    if workspace is None:
        raise ModelFileError("This model is a file in a workspace: give the workspace that holds it.")
    digest = weights.removeprefix("file:")
    try:
        return workspace.artefact(digest), workspace.artefacts()[digest]
    except KeyError:
        raise ModelFileError(
            f"This workspace no longer holds the model (its SHA-256 begins with {digest[:8]}). Bring it in again on the "
            "Extract page."
        ) from None


def _examined(content: bytes, name: str, weights: str) -> ModelFacts:
    """Put a file through both gates, the second in a process of its own that ends after it."""
    shown = clean_name(name)
    process = OtherProcess("featx_core.networks.own.looking", seconds=LOAD_SECONDS)
    try:
        _inspect(content)
        facts, _ = process.ask(content, {})
    except (ModelFileError, NoAnswerError) as error:
        end = "." if isinstance(error, NoAnswerError) else ""
        raise ModelFileError(f"`{shown}` {error}{end}") from None
    finally:
        process.close()
    if "fault" in facts:
        raise ModelFileError(f"`{shown}` {facts['fault']}")
    stem = shown_text(_stem(shown), _MAX_NAME) or "model"
    return ModelFacts.from_json({**facts["facts"], "weights": weights, "name": stem})


def _inspect(content: bytes) -> None:
    """Put a file that a workspace holds through the first gate."""
    if is_onnx(content[:N_HEAD_BYTES]):
        read_onnx(content)
    else:
        open_container(content)
        check_weights(weights_of(content))


def _keep(workspace: Workspace, facts: ModelFacts, digest: str) -> ModelFacts:
    found = dataclasses.replace(facts, weights=f"file:{digest}")
    workspace.put_result(facts_key(found.weights), found.to_bytes())
    return found


def facts_key(weights: str) -> str:
    """Name what is known of a model among the results of a workspace."""
    return f"model_facts:{FACTS_VERSION}:{weights.removeprefix('file:')}"


def _model_among(files: Mapping[str, bytes]) -> str:
    """Return the name of the file that is the model; the others are its weights."""
    if len(files) == 1:
        return next(iter(files))
    models = [name for name, content in files.items() if is_onnx(content[:N_HEAD_BYTES])]
    if len(models) != 1:
        raise ModelFileError("Bring in one model at a time: one file, or one in ONNX with the file of its weights.")
    return models[0]


def _ended(name: str, ending: str) -> str:
    return name if name.lower().endswith(ending) else f"{_stem(name)}{ending}"


def _stem(name: str) -> str:
    end = next((end for end in (*ENDINGS, ".zip") if name.lower().endswith(end)), "")
    return name[: len(name) - len(end)]


def _read(path: Path, name: str) -> _Beside:
    """Read a file; those beside it are read where the model names them."""
    if path.is_dir():
        raise ModelFileError(
            f"`{name}` is a folder, such as a SavedModel. Load the model where it was made and save it with "
            "`model.save('name.keras')`."
        )
    if not path.is_file():
        raise ModelFileError(f"`{name}` is not there.")
    return _Beside(path, name)


def _check_size(path: Path) -> None:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelFileError(
            f"is too large: {path.stat().st_size / 1e6:.0f} MB; the limit is {MAX_FILE_BYTES / 1e6:.0f} MB."
        )


class _Beside(Mapping[str, bytes]):
    """A file, and those in its folder, read when they are asked for by a name without a folder.

    Args:
        path: Of the file.
        name: What it is called here.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._paths = {name: path}
        self._folder = path.parent

    def __getitem__(self, name: str) -> bytes:
        path = self._paths.get(name, self._folder / name)
        if not path.is_file():
            raise KeyError(name)
        _check_size(path)
        return path.read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
