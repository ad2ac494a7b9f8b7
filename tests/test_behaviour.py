"""Each row of `docs/behaviour.md` is held by a test that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = re.findall(r"`([\w./]+)::(test_\w+)` \|$", (ROOT / "docs" / "behaviour.md").read_text("utf-8"), re.M)


def test_there_are_many():
    assert len(ROWS) == len(set(ROWS)) >= 40


@pytest.mark.parametrize(("file", "name"), ROWS, ids=[name for _, name in ROWS])
def test_the_test_of_a_row_exists(file, name):
    assert f"def {name}(" in (ROOT / "tests" / "featx_core" / file).read_text("utf-8")


def test_the_findings_that_it_names_exist():
    named = re.findall(r"findings/\w+\.sh", (ROOT / "docs" / "behaviour.md").read_text("utf-8"))
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []
