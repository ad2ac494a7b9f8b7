"""Two builds of featx side by side: this checkout, and another one."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.toys.app.serving import ROOT, Server

_SHELVE = """
import sys, pathlib, featx_core as fx
folder, token, files = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
folder.mkdir(parents=True, exist_ok=True)
workspace = fx.Workspace.open(folder / f"{token}.featx")
workspace.add((path.name, path.read_bytes() + sys.argv[4].encode()) for path in sorted(files.iterdir()))
workspace.close()
"""


@dataclass(frozen=True)
class Build:
    """A checkout.

    Attributes:
        name: What the table calls it.
        root: Its folder.
    """

    name: str
    root: Path

    @property
    def done(self) -> str:
        """What stands on the run card, in its words."""
        words = (self.root / "pages").rglob("results.py")
        is_new = any("Images per second" in path.read_text(encoding="utf-8") for path in words)
        return "Images per second" if is_new else "Images a second"

    def serve(self, home: Path) -> Server:
        """Return a server of it that is not started."""
        return Server(home, root=self.root)

    def shelve(self, home: Path, files: Path, *, are_own: bool = False) -> str:
        """Put a workspace with the files of a folder on the shelf; give its token. `are_own`: no other holds the same bytes."""
        token = secrets.token_urlsafe(16)
        command = [sys.executable, "-c", _SHELVE, str(home / "workspaces"), token, str(files), token if are_own else ""]
        subprocess.run(command, cwd=self.root, env=os.environ | {"PYTHONPATH": str(self.root)}, check=True)
        return token


def both(other: Path) -> tuple[Build, Build]:
    """Return this checkout and another one."""
    return Build("this build", ROOT), Build(other.name, other.resolve())


def write_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    """Write files into a new folder."""
    folder.mkdir()
    for name, content in files:
        (folder / Path(name).name).write_bytes(content)
    return folder
