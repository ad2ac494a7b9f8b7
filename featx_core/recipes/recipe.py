"""A recipe: blocks of code with words, as a script, as a notebook, and with its files as a zip archive."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from featx_core.base.files.sealing import seal, unseal
from featx_core.recipes.inert import in_code, in_markdown

SCRIPT, NOTEBOOK, EXPECTED, REFERENCE = "features.py", "features.ipynb", "expected.npy", "reference"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""When all files of an archive were made, so that equal recipes give equal bytes."""

MAX_BYTES = 400 * 1024**2


class RecipeError(ValueError):
    """A run that cannot be written as code, and why, in plain words."""


@dataclass(frozen=True)
class Block:
    """A few lines of code that belong together.

    Attributes:
        words: What they do, as a notebook says it.
        code: The lines. A file beside them is written `beside("name")`.
        in_script: Whether they stand in the script.
        in_notebook: Whether they stand in the notebook.
    """

    words: str
    code: str
    in_script: bool = True
    in_notebook: bool = True


@dataclass(frozen=True)
class Recipe:
    """A run as code.

    Attributes:
        title: What the run is, as a text of the user.
        badge: Where its weights come from.
        install: What `pip` installs.
        usage: How the script is called.
        blocks: The code.
        files: What lies beside the script, by name: weights, and reference images.
        expected: The features of the reference images, float32 `(n_rows, *feature_shape)`, of the same network in float32.
        digests: Of the reference images; none for tables.
        notes: What users should know, plain sentences.
        computed: The same as the run computed them, where that was in bfloat16.
    """

    title: str
    badge: str
    install: str
    usage: str
    blocks: tuple[Block, ...]
    files: Mapping[str, bytes]
    expected: np.ndarray = field(repr=False)
    digests: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    computed: np.ndarray | None = field(default=None, repr=False)

    @property
    def script(self) -> str:
        """The code as a Python script."""
        head = f'"""{in_code(self.title)} ({in_code(self.badge)}).\n\n    {self.install}\n    {self.usage}\n"""'
        code = [_BESIDE.sub(r"Path(__file__).with_name(\1)", block.code) for block in self.blocks if block.in_script]
        return f"{head}\n" + "".join(f"{part.strip(chr(10))}\n\n\n" for part in code[:-1]) + code[-1].strip("\n") + "\n"

    @property
    def notebook(self) -> str:
        """The same as a Jupyter notebook (nbformat 4.5)."""
        head = f"# {in_markdown(self.title)}\n\n{in_markdown(self.badge)}\n\n`{self.install}`"
        cells: list[dict[str, Any]] = [_cell("markdown", head, 0)]
        for block in self.blocks:
            if block.in_notebook:
                cells += [
                    _cell("markdown", block.words, len(cells)),
                    _cell("code", _BESIDE.sub(r"\1", block.code), len(cells) + 1),
                ]
        return json.dumps({"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"

    @property
    def has_weights(self) -> bool:
        """Whether the script needs a file beside it."""
        return any("/" not in name for name in self.files)

    def archive(self) -> bytes:
        """Return all files as a zip archive.

        Raises:
            RecipeError: If they are too large.
        """
        expected = io.BytesIO()
        np.save(expected, self.expected, allow_pickle=False)
        texts = {SCRIPT: self.script.encode(), NOTEBOOK: self.notebook.encode(), EXPECTED: expected.getvalue()}
        n_bytes = sum(map(len, self.files.values()))
        if n_bytes > MAX_BYTES:
            raise RecipeError(
                f"The weights take {n_bytes / 1e6:.0f} MB, and at most {MAX_BYTES / 1e6:.0f} MB are written beside a script."
            )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            for name, content in (texts | dict(self.files)).items():
                kind = zipfile.ZIP_DEFLATED if name in texts else zipfile.ZIP_STORED
                file.writestr(zipfile.ZipInfo(name, EPOCH), content, kind)
        return out.getvalue()


@dataclass(frozen=True)
class CheckedRecipe:
    """A recipe that was run in a process of its own.

    Attributes:
        script: The script.
        notebook: The notebook.
        archive: Both with all files, zipped.
        has_weights: Whether the script needs a file beside it, and so the archive.
        is_reproduced: Whether the script gave the features of the run.
        words: What came out, in plain sentences.
    """

    script: str
    notebook: str
    archive: bytes
    has_weights: bool
    is_reproduced: bool
    words: str

    def to_bytes(self) -> bytes:
        """Write it, with the seal of this machine: users run it."""
        told = {name: getattr(self, name) for name in _TOLD}
        text = json.dumps(told).encode()
        return seal(len(text).to_bytes(8, "big") + text + self.archive)

    @classmethod
    def from_bytes(cls, content: bytes) -> CheckedRecipe:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else, or was written on another machine.
        """
        content = unseal(content)
        n_bytes = int.from_bytes(content[:8], "big")
        told = json.loads(content[8 : 8 + n_bytes])
        archive = content[8 + n_bytes :]
        if set(told) != set(_TOLD) or not zipfile.is_zipfile(io.BytesIO(archive)):
            raise ValueError("These bytes are not a recipe, or it is damaged. Write it again.")
        return cls(archive=archive, **told)


_BESIDE = re.compile(r'beside\(("[\w.]+")\)')
"""How code names a file beside it; a script finds itself, a notebook is where it is."""

_TOLD = ("script", "notebook", "has_weights", "is_reproduced", "words")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def _cell(kind: str, text: str, number: int) -> dict[str, Any]:
    lines = text.strip("\n").splitlines(keepends=True)
    cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": lines}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
