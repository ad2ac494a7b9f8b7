"""The wheel of this checkout, unpacked as pip does."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.toys.app.serving import ROOT


def unpack(folder: Path) -> Path:
    """Build the wheel and unpack it below a folder; gives where."""
    made = folder / "made"
    options = ["--wheel", "--no-isolation", "--outdir", str(made), str(ROOT)]
    subprocess.run([sys.executable, "-m", "build", *options], check=True, capture_output=True)
    (wheel,) = made.glob("featx-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"
