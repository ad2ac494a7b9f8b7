"""The wheel: it holds the core, the app and one command, and the command works where there is no checkout."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.toys.app.serving import ROOT
from tests.toys.app.wheel import unpack

pytestmark = pytest.mark.slow
LOOK = """
import sys, featx_core
from pathlib import Path
from featx_core.command.app import folder_of_app
print(Path(featx_core.__file__).relative_to(sys.argv[1]), folder_of_app().relative_to(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    return unpack(tmp_path_factory.mktemp("wheel"))


def run(unpacked, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=unpacked.parent,
        env=os.environ | {"PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_what_is_installed_is_the_core_the_app_and_one_command(unpacked):
    names = {path.name for path in unpacked.iterdir() if path.suffix != ".dist-info"}
    assert names == {"featx_app", "featx_core"}
    entry_points = next(unpacked.glob("*.dist-info/entry_points.txt")).read_text(encoding="utf-8")
    assert entry_points.split() == ["[console_scripts]", "featx", "=", "featx_core.command.main:main"]
    for ours, theirs in (
        (ROOT / "featx_core", unpacked / "featx_core"),
        (ROOT / "pages", unpacked / "featx_app/pages"),
    ):
        assert files_in(theirs) == files_in(ours)


def files_in(folder: Path):
    """All but what tools leave behind."""
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {str(path) for path in found if not any(part.startswith(("__pycache__", ".")) for part in path.parts)}


def test_it_asks_for_what_the_checkout_asks_for(unpacked):
    metadata = next(unpacked.glob("*.dist-info/METADATA")).read_text(encoding="utf-8")
    needed = re.findall(r"^Requires-Dist: ([\w-]+)(?!.*extra)", metadata, re.MULTILINE)
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {name.lower() for name in needed} == {
        re.split(r"[=<>]", line)[0].lower() for line in lines if line[:1].isalpha()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"Version: {project['version']}" in metadata


def test_core_and_command_work_without_the_checkout(unpacked):
    assert run(unpacked, "-m", "featx_core", "--help").startswith("usage: featx")
    assert run(unpacked, "-c", LOOK, str(unpacked)).split() == ["featx_core/__init__.py", "featx_app"]
