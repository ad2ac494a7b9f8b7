"""Recipes are run before they are offered: in a process of their own, on their reference files."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from featx_core.base.wording import counted
from featx_core.recipes.recipe import REFERENCE, SCRIPT, CheckedRecipe, Recipe
from featx_core.recipes.writing import VECTORS

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageRecord
    from featx_core.specs.spec import Spec

RUNNING = Path(__file__).with_name("running.py")
SECONDS = 600.0  # of the processor, for networks that take long to build
MAX_MEMORY_SHARE = 0.8
POLL_SECONDS = 0.2
BOUND = 1e-4
"""How far the features may differ, as a share of the largest: as far as engines may differ among each other."""

USUAL = 1e-5
"""How far they differ at most where script and run used the same engine, unless the network magnifies rounding: the bound is
said then."""


@dataclass(frozen=True)
class Steps:
    """What featx computed for the reference images, step by step, to find the step that differs.

    Attributes:
        read: uint8 `(n_images, height, width, 3)`; None for tables.
        preprocess: float32 `(n_images, height, width, n_channels)`; None for tables.
    """

    read: np.ndarray | None = None
    preprocess: np.ndarray | None = None

    @classmethod
    def of(cls, spec: Spec, images: Sequence[ImageRecord]) -> Steps:
        """Compute them for the reference images of a run."""
        picture = spec.picture_input
        if picture is None or not images:
            return cls()
        fitted = np.stack([image.fitted(picture.image_size, picture.fit) for image in images])
        return cls(fitted, picture.preprocessing(fitted))


def check_recipe(
    recipe: Recipe, engine: str, steps: Steps, *, on_progress: ProgressCallback | None = None
) -> CheckedRecipe:
    """Run a recipe in a process of its own and compare its features with those of the run.

    Args:
        recipe: As `write_recipe` gives it.
        engine: What computed the run, as its details say it.
        steps: To find the step that differs.
        on_progress: Called while the process runs; may raise `Cancelled`, which ends it.

    Raises:
        RecipeError: If its files are too large.
    """
    archive = recipe.archive()
    names = [name for name in recipe.files if name.startswith(f"{REFERENCE}/") or name == VECTORS]
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            file.extractall(folder)
        _run(Path(folder), names, on_progress)
        is_reproduced, words = _compared(Path(folder), recipe, engine, steps)
    return CheckedRecipe(
        recipe.script,
        recipe.notebook,
        archive,
        recipe.has_weights,
        is_reproduced,
        " ".join([words, f"Run in a process of its own on {counted(len(names), 'reference file')}.", *recipe.notes]),
    )


def _run(folder: Path, names: list[str], on_progress: ProgressCallback | None) -> None:
    """Run the script; end it when it takes too long or too much memory, or when it is cancelled."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    process = subprocess.Popen(
        [sys.executable, "-I", str(RUNNING), str(folder), *names],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**environment, "TF_CPP_MIN_LOG_LEVEL": "3"},
        start_new_session=os.name == "posix",
    )
    limit = MAX_MEMORY_SHARE * psutil.virtual_memory().total
    try:
        while process.poll() is None:
            if on_progress is not None:
                on_progress(0, 1)
            seconds, n_bytes = _taken(process)
            if seconds > SECONDS or n_bytes > limit:
                words = "takes too long" if seconds > SECONDS else "needs too much memory"
                (folder / "failed.json").write_text(json.dumps({"line": None, "error": f"it {words}"}), "utf-8")
                return
            time.sleep(POLL_SECONDS)
    finally:
        process.kill()
        process.wait()


def _taken(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    try:
        seen = psutil.Process(process.pid)
        return sum(seen.cpu_times()[:2]), seen.memory_info().rss
    except psutil.Error:
        return 0.0, 0


def _compared(folder: Path, recipe: Recipe, engine: str, steps: Steps) -> tuple[bool, str]:
    found = _found(folder)
    if isinstance(found, str):
        return False, f"Not reproduced: {found}."
    expected = recipe.expected
    difference = _difference(found["extract"][: len(expected)], expected)
    if difference <= BOUND:
        return True, " ".join([f"Reproduced: {_how_far(difference)}.", *_why_that_far(difference, engine, recipe)])
    for name, ours in (("read", steps.read), ("preprocess", steps.preprocess)):
        if ours is not None and _difference(found[name], ours) > BOUND:
            return False, f"Not reproduced: {_place(recipe.script, name)} gives other values than featx."
    how_far = (
        "another shape" if np.isinf(difference) else f"features that differ by {difference:.1g} of the largest value"
    )
    return False, f"Not reproduced: {_place(recipe.script, 'extract')} gives {how_far}; the bound is {BOUND:g}."


def _how_far(difference: float) -> str:
    return f"largest difference {difference:.1g} of the largest value"


def _why_that_far(difference: float, engine: str, recipe: Recipe) -> list[str]:
    """Say what computed the run where that was not what the script uses, and the bound where it was needed."""
    words = []
    if recipe.computed is not None:
        own = _difference(recipe.computed.reshape(recipe.expected.shape), recipe.expected)
        words.append(
            f"That is against featx in float32, as the script computes. The run computed in bfloat16: {_how_far(own)}."
        )
    elif "OpenVINO" in engine and "import keras" in recipe.script:
        words.append("The run was computed by OpenVINO, the script uses TensorFlow.")
    if difference > USUAL:
        words.append(f"This network magnifies rounding; the bound is {BOUND:g}.")
    return words


def _found(folder: Path) -> dict[str, np.ndarray] | str:
    """Return what the steps of the script gave, or why there is nothing."""
    try:
        with np.load(folder / "found.npz", allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile):
        pass
    try:
        failed: dict[str, Any] = json.loads((folder / "failed.json").read_text("utf-8"))
    except (OSError, ValueError):
        return "the process that ran it ended early"
    place = f"line {failed['line']} of {SCRIPT}: " if failed["line"] else ""
    return f"{place}{failed['error']}".rstrip(".")


def _difference(values: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference as a share of the largest value; infinite for other shapes, or NaN in other places."""
    if values.shape != expected.shape or not np.array_equal(np.isfinite(values), np.isfinite(expected)):
        return np.inf
    is_finite = np.isfinite(expected)
    if not is_finite.any():
        return 0.0
    ours = expected[is_finite].astype(np.float64)
    return float(np.abs(values[is_finite] - ours).max() / max(float(np.abs(ours).max()), 1e-12))


def _place(script: str, name: str) -> str:
    """Name a function of the script by its lines."""
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return f"`{name}` (lines {node.lineno} to {node.end_lineno} of {SCRIPT})"
    return f"`{name}`"
