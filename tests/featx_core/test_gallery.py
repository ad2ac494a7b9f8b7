"""The gallery: every program runs and makes the figure that lies beside it."""

import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "docs" / "gallery"
PROGRAMS = sorted(path.stem for path in GALLERY.glob("*.py"))
MIN_LIKENESS = 0.95  # another processor moves a point by a pixel


def test_every_program_is_in_the_list_with_its_figure():
    text = (GALLERY / "README.md").read_text("utf-8")
    assert len(PROGRAMS) >= 5
    assert [name for name in PROGRAMS if f"]({name}.py)" not in text or f"]({name}.webp)" not in text] == []
    assert [path.name for path in GALLERY.glob("*.webp") if path.stat().st_size > 300_000] == []
    assert sorted(path.stem for path in GALLERY.glob("*.webp")) == PROGRAMS


def likeness(first, second):
    """Correlation of two figures at the size of a stamp: what is where, not which pixel."""
    small = [
        np.asarray(each.convert("L").resize((48, 32), Image.Resampling.BOX), np.float64) for each in (first, second)
    ]
    return np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1]


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_makes_its_figure(name, tmp_path):
    program = shutil.copy(GALLERY / f"{name}.py", tmp_path)
    runpy.run_path(program, run_name="__main__")
    found, kept = (Image.open(folder / f"{name}.webp") for folder in (tmp_path, GALLERY))
    assert found.size == kept.size
    assert likeness(found, kept) > MIN_LIKENESS
    assert likeness(ImageOps.flip(found), kept) < MIN_LIKENESS  # another figure is found out
