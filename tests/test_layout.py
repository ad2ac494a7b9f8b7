"""The layout of the house: size of files and folders, and a test for each module."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES, MAX_PAGE_LINES, MAX_FILES = 300, 120, 20
FOLDERS = ("featx_core", "pages", "research", "tests")


def sources(folder):
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "__pycache__" not in path.parts]


@pytest.mark.parametrize("folder", ["featx_core", "pages", "research"])
def test_files_are_short(folder):
    long = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in sources(folder)}
    assert {path: n_lines for path, n_lines in long.items() if n_lines > MAX_LINES} == {}
    pages = {path: n_lines for path, n_lines in long.items() if Path(path).parent == Path("pages")}
    assert {path: n_lines for path, n_lines in pages.items() if n_lines > MAX_PAGE_LINES} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_hold_few_files(folder):
    counts = {}
    for path in sources(folder):
        if path.name != "__init__.py":
            counts[str(path.parent.relative_to(ROOT))] = counts.get(str(path.parent.relative_to(ROOT)), 0) + 1
    assert {name: n_files for name, n_files in counts.items() if n_files > MAX_FILES} == {}


def test_nothing_lies_flat_in_the_core():
    assert sorted(path.name for path in (ROOT / "featx_core").glob("*.py")) == ["__init__.py", "__main__.py"]


def test_every_module_has_its_test():
    table = dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", (ROOT / "tests" / "README.md").read_text("utf-8"), re.M))
    tests = ROOT / "tests" / "featx_core"
    modules = {str(path.relative_to(ROOT / "featx_core")) for path in sources("featx_core")}
    modules = {name for name in modules if not name.endswith("__init__.py")}
    own = {name for name in modules if (tests / name).with_name(f"test_{Path(name).name}").is_file()}
    assert set(table) == modules - own
    assert [test for test in table.values() if not (tests / test).is_file()] == []


def test_tests_in_a_browser_are_in_their_folder():
    marked = [path for path in sources("tests") if re.search(r"pytest\.mark\.browser\b", path.read_text("utf-8"))]
    assert marked
    assert [path for path in marked if path.relative_to(ROOT / "tests").parts[0] != "browser"] == []
