"""Files that were edited or damaged: refused with a sentence and left as they are, or read without a fault."""

import contextlib
import hashlib
import itertools
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from featx_core.images.decoding import ImageError
from featx_core.images.intake_report import IntakeReport
from featx_core.learning.record import find_record
from featx_core.specs.pretrained import Pretrained
from featx_core.studies.registry import STUDIES
from featx_core.workspace.last_intake import MAX_REPORT_LINES
from featx_core.workspace.store import DamagedWorkspaceError, WorkspaceError
from featx_core.workspace.validation import MAX_TEXT
from featx_core.workspace.workspace import Workspace
from tests.toys.files.edited_workspaces import SPEC, edit, make, read_everything

JSON = ["[]", "null", "{}", "[" * 100_000, '{"history": {"epochs": [7]}, "weights": 1, "facts": {}}', "1e999", '"a"']


numbers = itertools.count()  # a file of its own for each example: one that is still open is not written over


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "whole.featx"
    make(path)
    return path


@pytest.fixture
def path(whole_file: Path, tmp_path: Path) -> Path:
    shutil.copy(whole_file, tmp_path / "copy.featx")
    return tmp_path / "copy.featx"


def test_a_whole_file_opens_and_is_read(path: Path) -> None:
    workspace = Workspace.open(path)
    assert workspace.title == "Trip"
    read_everything(workspace)


WRONG = {
    "UPDATE facts SET value = x'FFFE' WHERE name = 'title'": "the value of a note",
    "UPDATE facts SET value = CAST(x'FFFE' AS TEXT) WHERE name = 'title'": "damaged or was edited",
    "UPDATE images SET name = x'00' WHERE id = 1": "the name of an image",
    "UPDATE images SET name = '' WHERE id = 1": "the name of an image",
    "UPDATE images SET label = x'07'": "the label of an image",
    "UPDATE images SET width = 0": "the width of an image",
    "UPDATE images SET height = -5": "the height of an image",
    "UPDATE images SET width = 9223372036854775807": "the width of an image",
    "UPDATE images SET height = 'tall'": "the height of an image",
    "UPDATE images SET brightness = 9e999": "the brightness of an image",
    "UPDATE images SET brightness = 'bright'": "the brightness of an image",
    "UPDATE images SET brightness = 1000": "the brightness of an image",
    "UPDATE images SET notes = 'no list'": "the notes of an image",
    "UPDATE images SET notes = '{\"a\": 1}'": "the notes of an image",
    "UPDATE images SET notes = '[1]'": "the notes of an image",
    "UPDATE images SET path = x'00'": "the path of an image",
    "UPDATE images SET format = x'00'": "the format of an image",
    "UPDATE images SET content_id = 99": "an image has no file",
    "DELETE FROM contents WHERE id = 1": "an image has no file",
    "UPDATE contents SET digest = 'abc' WHERE id = 1": "the digest of an image file",
    "UPDATE contents SET bytes = 'text' WHERE id = 1": "the bytes of an image file",
    "UPDATE contents SET thumbnail = 'text' WHERE id = 1": "the thumbnail of an image file",
    "UPDATE runs SET spec = x'00'": "the spec of a run",
    "UPDATE runs SET created = x'00'": "the created of a run",
    "UPDATE artefacts SET name = x'00'": "the name of a kept file",
    "UPDATE artefacts SET digest = 'abc'": "the digest of a kept file",
    "UPDATE removed_images SET name = x'00'": "the name of an image",
    "UPDATE removed_images SET content_id = 99": "an image has no file",
}


@pytest.mark.parametrize(("statement", "words"), WRONG.items())
def test_a_row_that_featx_cannot_have_written_is_refused_and_nothing_is_changed(
    path: Path, statement: str, words: str
) -> None:
    edit(path, statement)
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(DamagedWorkspaceError, match=words) as raised:
        Workspace.open(path)
    assert "was not opened" in str(raised.value)
    assert hashlib.sha256(path.read_bytes()).digest() == before


LEFT_OUT = [
    "UPDATE runs SET spec = '{}'",
    "UPDATE runs SET spec = '[' || spec",
    "UPDATE runs SET details = 'no JSON'",
    "UPDATE runs SET details = '[1, 2]'",
    'UPDATE runs SET details = \'{"seconds": 1e999, "images_per_second": -1, "feature_shape": "x", "notes": {}}\'',
    'UPDATE runs SET details = \'{"skipped": [1], "batch_size": [], "dead_share": "a", "engine": 3}\'',
    "UPDATE facts SET value = 'no JSON' WHERE name = 'intake'",
    "UPDATE facts SET value = '{\"added\": \"many\"}' WHERE name = 'intake'",
    "UPDATE facts SET value = '{\"skipped\": [[1, 2]]}' WHERE name = 'intake'",
    "UPDATE facts SET value = '{\"of a later featx\": 1}' WHERE name = 'intake'",
    "UPDATE facts SET value = '-1' WHERE name = 'intake_after'",
    "UPDATE facts SET value = '99999999999999999999999' WHERE name = 'intake_after'",
    "UPDATE vectors SET shape = x'00'",
    "UPDATE vectors SET shape = '[7, 7]'",
    "UPDATE vectors SET shape = '[-1]'",
    "UPDATE vectors SET shape = '\"a\"'",
    "UPDATE vectors SET checksum = 'x'",
    "UPDATE vectors SET checksum = 1e300",
    "UPDATE vectors SET value = 'text'",
    "UPDATE vectors SET value = 7",
    "UPDATE vectors SET content_id = 99 WHERE content_id = 1",
    "UPDATE vectors SET extractor_id = 99",
    "UPDATE results SET bytes = 'text'",
    "UPDATE results SET checksum = 'x'",
    "UPDATE artefacts SET bytes = x'00'",
    "UPDATE contents SET bytes = x'00' WHERE id = 1",
    "UPDATE contents SET bytes = zeroblob(length(bytes))",
    "UPDATE contents SET thumbnail = NULL",
    "UPDATE contents SET thumbnail = x'00'",
    "UPDATE contents SET thumbnail = bytes",
    "DELETE FROM facts",
    "DELETE FROM images",
    "DELETE FROM extractors",
]


@pytest.mark.parametrize("statement", LEFT_OUT)
def test_what_can_be_left_out_or_made_again_keeps_nobody_from_the_rest(path: Path, statement: str) -> None:
    edit(path, statement)
    workspace = Workspace.open(path)
    read_everything(workspace)


@pytest.mark.parametrize("kind", [*STUDIES.values(), None])
@pytest.mark.parametrize("content", JSON)
def test_a_result_with_a_right_check_sum_and_wrong_content_is_computed_again(path: Path, kind, content: str) -> None:
    workspace = Workspace.open(path)
    if kind is None:
        workspace.put_result("training:1", content.encode())
        assert find_record(workspace, "training:1") is None
    else:
        workspace.put_result("key", content.encode())
        assert kind.find_under(SimpleNamespace(result=kind.result), "key", workspace) is None


def test_a_title_is_shown_safely_and_not_longer_than_a_line(path: Path) -> None:
    edit(path, "UPDATE facts SET value = 'a' || char(8238, 10) || printf('%.*c', 5000000, 'b') WHERE name = 'title'")
    title = Workspace.open(path).title
    assert len(title) == 80
    assert title.startswith("a bbb")


def test_bytes_that_are_not_those_that_came_in_are_never_shown_as_the_image(path: Path) -> None:
    edit(path, "UPDATE contents SET bytes = (SELECT bytes FROM contents WHERE id = 2) WHERE id = 1")
    workspace = Workspace.open(path)
    first, second = workspace.images()[:2]
    with pytest.raises(ImageError, match="its bytes have changed"):
        first.read()
    with pytest.raises(ImageError, match="its bytes have changed"):
        first.pixels()
    assert first.thumbnail()[8:12] == b"WEBP"
    assert second.read()


COLUMNS = [
    (table, column)
    for table, columns in {
        "facts": ("name", "value"),
        "contents": ("digest", "bytes", "thumbnail"),
        "images": ("content_id", "name", "label", "width", "height", "format", "brightness", "notes", "path"),
        "runs": ("digest", "spec", "created", "details"),
        "extractors": ("digest",),
        "vectors": ("extractor_id", "content_id", "shape", "checksum", "value"),
        "artefacts": ("digest", "name", "bytes"),
        "results": ("key", "checksum", "bytes"),
        "removed_images": ("name", "removal", "removed"),
    }.items()
    for column in columns
]


VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.binary(max_size=40),
    st.sampled_from(["[]", "{}", "null", "[[" * 2_000, '{"a":' * 2_000, "1e999", "-1", "\x00", "a" * 200_000]),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.sampled_from(COLUMNS), value=VALUES)
@example(where=("vectors", "content_id"), value="")
def test_any_value_in_any_cell_is_refused_or_read_without_a_fault(
    whole_file: Path, tmp_path: Path, where: tuple[str, str], value: object
) -> None:
    path = tmp_path / f"{next(numbers)}.featx"
    shutil.copy(whole_file, path)
    table, column = where
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        query = f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})"
        with contextlib.suppress(sqlite3.IntegrityError):
            connection.execute(query, (value,))
    with contextlib.suppress(DamagedWorkspaceError), contextlib.closing(Workspace.open(path)) as workspace:
        read_everything(workspace)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_changed_anywhere_are_refused_or_read_without_a_fault(
    whole_file: Path, tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / f"{next(numbers)}.featx"
    content = bytearray(whole_file.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with (
        contextlib.suppress(WorkspaceError, sqlite3.DatabaseError),
        contextlib.closing(Workspace.open(path)) as workspace,
    ):
        read_everything(workspace)


def test_the_runs_that_cannot_be_read_are_left_out_and_the_others_listed(path: Path) -> None:
    edit(
        path,
        "INSERT INTO runs (digest, spec, created, details) VALUES ('d', '{}', 'now', '{}')",
        "INSERT INTO runs (digest, spec, created, details) SELECT 'e', spec, created, details FROM runs LIMIT 1",
        'UPDATE runs SET details = \'{"seconds": -1, "engine": "a"}\' WHERE length(digest) > 1',
    )
    (run,) = Workspace.open(path).ledger.runs()
    assert run.spec == SPEC
    assert run.details == {"engine": "a"}


TOO_MUCH = {
    "label": lambda workspace: workspace.set_labels({"a.png": "x" * 200_000}),
    "half a character in a label": lambda workspace: workspace.set_labels({"a.png": "x\ud800"}),
    "name of a kept file": lambda workspace: workspace.put_artefact("n" * 30_000, b"x"),
    "half a character in a title": lambda workspace: setattr(workspace, "title", "\ud800"),
    "note": lambda workspace: workspace.set_fact("n" * 2_000, "x"),
    "details of a run": lambda workspace: workspace.ledger.save(
        Pretrained(weights="random"), {"a": "x" * 65 * 1024**2}
    ),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_featx_keeps_nothing_that_it_would_call_damaged_later(tmp_path: Path, make_png, what: str) -> None:
    path = tmp_path / "a.featx"
    workspace = Workspace.open(path)
    workspace.add([("a.png", make_png(1))])
    with pytest.raises(WorkspaceError, match=r"cannot be kept: it is too long, .*Nothing was changed\."):
        TOO_MUCH[what](workspace)
    workspace.close()
    again = Workspace.open(path)
    assert again.images().names == ["a.png"]
    assert again.images().labels == [None]


@pytest.mark.slow
def test_a_report_of_very_many_files_is_kept_in_part_and_the_workspace_opens_again(tmp_path: Path) -> None:
    path = tmp_path / "a.featx"
    workspace = Workspace.open(path)
    report = IntakeReport(added=1)
    report.skipped = [(f"{number:0120d}", "is text, not an image") for number in range(450_000)]
    assert len(report.to_json()) > MAX_TEXT
    workspace._keep_report(report)
    workspace.close()
    kept = Workspace.open(path).last_intake()
    assert kept is not None
    assert kept.skipped == report.skipped[:MAX_REPORT_LINES]
    assert kept.warnings == ["Only the first 10 000 files of each kind are listed."]
