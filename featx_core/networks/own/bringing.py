"""Models of the user in a workspace: brought in, examined once, and found again by their digest."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from featx_core.base.files.file_names import clean_name, shown_text
from featx_core.base.other_process import NoAnswerError, OtherProcess
from featx_core.networks.own.container import MAX_FILE_BYTES, open_container, weights_of
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.facts import ModelFacts
from featx_core.networks.own.weights_header import check_weights

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

ENDING = ".keras"
LOAD_SECONDS = 60.0  # of the processor
FACTS_VERSION = 1
_MAX_NAME = 60


def add_model(workspace: Workspace, source: Path | str | bytes, name: str = "") -> ModelFacts:
    """Bring a `.keras` file into a workspace, after it was inspected and loaded in a process of its own.

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
    name = clean_name(name or (f"model{ENDING}" if isinstance(source, bytes) else Path(source).name))
    content = source if isinstance(source, bytes) else _read(Path(source), name)
    check_file(content, name)
    facts = _examined(content, name, "file:")
    digest = workspace.put_artefact(name, content)
    return _keep(workspace, facts, digest)


def check_file(content: bytes, name: str) -> None:
    """Inspect a file as far as that needs no Keras and no weights: its kind, its size, what its configuration names.

    Raises:
        ModelFileError: If it is refused. The message begins with its name.
    """
    try:
        open_container(content)
    except ModelFileError as error:
        raise ModelFileError(f"`{clean_name(name)}` {error}") from None


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
        open_container(content)
        check_weights(weights_of(content))
        facts, _ = process.ask(content, {})
    except (ModelFileError, NoAnswerError) as error:
        end = "." if isinstance(error, NoAnswerError) else ""
        raise ModelFileError(f"`{shown}` {error}{end}") from None
    finally:
        process.close()
    if "fault" in facts:
        raise ModelFileError(f"`{shown}` {facts['fault']}")
    stem = shown_text(shown.removesuffix(ENDING), _MAX_NAME) or "model"
    return ModelFacts.from_json({**facts["facts"], "weights": weights, "name": stem})


def _keep(workspace: Workspace, facts: ModelFacts, digest: str) -> ModelFacts:
    found = dataclasses.replace(facts, weights=f"file:{digest}")
    workspace.put_result(facts_key(found.weights), found.to_bytes())
    return found


def facts_key(weights: str) -> str:
    """Name what is known of a model among the results of a workspace."""
    return f"model_facts:{FACTS_VERSION}:{weights.removeprefix('file:')}"


def _read(path: Path, name: str) -> bytes:
    if path.is_dir():
        raise ModelFileError(
            f"`{name}` is a folder, such as a SavedModel. Load the model where it was made and save it with "
            "`model.save('name.keras')`."
        )
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelFileError(
            f"`{name}` is too large: {path.stat().st_size / 1e6:.0f} MB; the limit is {MAX_FILE_BYTES / 1e6:.0f} MB."
        )
    return path.read_bytes()
