"""The gallery: every program runs and makes the figure that lies beside it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "docs" / "gallery"
PROGRAMS = sorted(path.stem for path in GALLERY.glob("*.py"))
MAX_DIFFERENCE = 6.0  # of 255, on average: another processor moves a point by a pixel


def test_every_program_is_in_the_list_with_its_figure():
    text = (GALLERY / "README.md").read_text("utf-8")
    assert len(PROGRAMS) >= 5
    assert [name for name in PROGRAMS if f"]({name}.py)" not in text or f"]({name}.webp)" not in text] == []
    assert [path.name for path in GALLERY.glob("*.webp") if path.stat().st_size > 300_000] == []
    assert sorted(path.stem for path in GALLERY.glob("*.webp")) == PROGRAMS


@pytest.mark.thorough
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_makes_its_figure(name, tmp_path):
    program = Path(shutil.copy(GALLERY / f"{name}.py", tmp_path))
    done = subprocess.run(
        [sys.executable, program], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found, kept = (
        np.asarray(Image.open(folder / f"{name}.webp").convert("RGB"), np.float64) for folder in (tmp_path, GALLERY)
    )
    assert found.shape == kept.shape
    assert np.abs(found - kept).mean() < MAX_DIFFERENCE
