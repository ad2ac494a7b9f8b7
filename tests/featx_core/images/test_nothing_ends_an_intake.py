"""Nothing that a file does ends an intake: whatever is raised wherever, the other files come in, in order."""

import builtins
import contextlib
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx_core.base.progress import Cancelled
from featx_core.images import archives, decoding, intake
from featx_core.images.arriving import ahead
from featx_core.images.intake import read_sources
from featx_core.images.intake_report import IntakeReport
from featx_core.workspace import arrivals
from featx_core.workspace.workspace import Workspace
from tests.toys.files.odd_files import encoded, picture, zipped

pytestmark = pytest.mark.slow

FILES = {f"{number}.png": encoded(picture(20, 20, seed=number)) for number in range(5)}
EVERY_EXCEPTION = sorted(
    {
        found
        for module in (builtins, zlib, lzma, zipfile, struct)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Exception)
    },
    key=lambda found: f"{found.__module__}.{found.__qualname__}",
)


def made(kind: type[BaseException]) -> BaseException:
    """Make an exception of a kind, whatever arguments it asks for."""
    for arguments in (
        (),
        ("x",),
        ("x", [ValueError()]),
        ("utf-8", b"x", 0, 1, "x"),
        ("utf-8", "x", 0, 1, "x"),
        ("x", 0, 1, "x"),
    ):
        with contextlib.suppress(TypeError, ValueError):
            return kind(*arguments)
    raise AssertionError(kind)


def as_zip(folder: Path) -> list:
    del folder
    return [("all.zip", zipped(FILES))]


def as_uploads(folder: Path) -> list:
    del folder
    return list(FILES.items())


def as_stream(folder: Path):
    del folder
    return iter(FILES.items())


def as_folder(folder: Path) -> list:
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return [folder]


def failing_at(original: Callable, at: int, error: BaseException) -> Callable:
    n_calls = 0

    def call(*arguments, **options):
        nonlocal n_calls
        n_calls += 1
        if n_calls == at + 1:
            raise error
        return original(*arguments, **options)

    return call


CALLS = [
    (as_zip, intake, "examine"),
    (as_uploads, intake, "examine"),
    (as_zip, archives, "read_image"),
    (as_zip, archives, "described_kind"),
    (as_zip, zipfile.ZipFile, "open"),
    (as_zip, zipfile.ZipExtFile, "read"),
    (as_uploads, intake, "read_image"),
    (as_uploads, intake, "is_zip"),
    (as_stream, intake, "is_zip"),
    (as_folder, intake, "open_file"),
    (as_folder, Path, "is_symlink"),
    (as_uploads, ahead, "extension_note"),
    (as_uploads, decoding, "to_rgb"),
    (as_uploads, arrivals.json, "dumps"),
]


@pytest.mark.parametrize(
    ("given_as", "owner", "name"), CALLS, ids=[f"{made.__name__}-{name}" for made, _, name in CALLS]
)
@settings(deadline=None, max_examples=60)
@given(kind=st.sampled_from(EVERY_EXCEPTION), at=st.integers(0, 4))
def test_whatever_is_raised_at_whichever_call_the_other_files_come_in(
    tmp_path_factory: pytest.TempPathFactory, given_as: Callable, owner: object, name: str, kind: type, at: int
) -> None:
    workspace = Workspace.open(":memory:")
    sources = given_as(tmp_path_factory.mktemp("given"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, failing_at(getattr(owner, name), at, made(kind)))
        report = workspace.add(sources)
    assert_all_but_one(workspace, report)


def assert_all_but_one(workspace: Workspace, report: IntakeReport) -> None:
    names = workspace.images().names
    missing = [name for name in FILES if name not in names]
    assert names == [name for name in FILES if name in names]
    assert len(missing) <= 1
    assert [name for name, _ in report.skipped] == missing
    assert report.added == len(names)
    assert workspace.last_intake() == report


SOURCE_CALLS = [
    (as_folder, intake, "labels_of"),
    (as_folder, intake, "files_in"),
    (as_folder, intake, "tails_of"),
    (as_folder, intake, "clean_path"),
    (as_folder, Path, "resolve"),
    (as_folder, os, "walk"),
    (as_zip, archives, "labels_of"),
    (as_zip, archives, "tails_of"),
    (as_zip, archives, "clean_path"),
    (as_zip, archives, "is_system_file"),
    (as_zip, zipfile.ZipFile, "infolist"),
]


@pytest.mark.parametrize(
    ("given_as", "owner", "name"), SOURCE_CALLS, ids=[f"{made.__name__}-{name}" for made, _, name in SOURCE_CALLS]
)
@settings(deadline=None, max_examples=30)
@given(kind=st.sampled_from(EVERY_EXCEPTION), at=st.integers(0, 4))
def test_a_folder_or_archive_that_fails_midway_is_named_and_the_other_sources_come_in(
    tmp_path_factory: pytest.TempPathFactory, given_as: Callable, owner: object, name: str, kind: type, at: int
) -> None:
    workspace = Workspace.open(":memory:")
    folder = tmp_path_factory.mktemp("given")
    other = folder.with_name(f"{folder.name}.png")
    other.write_bytes(encoded(picture(20, 20, seed=99)))
    sources = [*given_as(folder), other]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, failing_at(getattr(owner, name), at, made(kind)))
        report = workspace.add(sources)
    names = workspace.images().names
    assert names[-1] == other.name
    assert report.added == len(names)
    assert len(names) == len(FILES) + 1 or len(report.skipped) >= 1
    assert names[:-1] == [each for each in FILES if each in names]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_a_library_raises_beside_all_exceptions_names_the_file_as_well(kind: type[BaseException]) -> None:
    """As a panic of a library in Rust does, which is no Exception."""
    workspace = Workspace.open(":memory:")
    report = workspace.add(FILES.items(), look=failing_at(decoding.examine, 2, kind()))
    assert_all_but_one(workspace, report)
    assert len(report.skipped) == 1


def test_what_the_taker_raises_still_ends_it() -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Cancelled

    workspace = Workspace.open(":memory:")
    with pytest.raises(Cancelled):
        workspace.add(list(FILES.items()), on_progress=stop)
    assert workspace.images().names == list(FILES)[:2]
    report = workspace.last_intake()
    assert report is not None
    assert report.added == 2


def test_what_nobody_expected_is_in_the_log_with_the_reference_that_the_page_shows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report = IntakeReport()
    list(read_sources([("a.png", FILES["0.png"])], report, look=failing_at(decoding.examine, 0, KeyError("secret"))))
    ((name, reason),) = report.skipped
    assert name == "a.png"
    assert "secret" not in reason
    assert reason.removeprefix("cannot be read (").removesuffix(")") in caplog.text
    assert "KeyError" in caplog.text


def lzma_zip_with_a_damaged_member(at: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    content = bytearray(out.getvalue())
    info = zipfile.ZipFile(io.BytesIO(bytes(content))).infolist()[at]
    start = info.header_offset + 30 + len(info.filename)
    content[start + 60 : start + 90] = b"\xff" * 30
    return bytes(content)


@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_damaged_member_of_a_zip_packed_by_lzma_leaves_the_others(at: int) -> None:
    workspace = Workspace.open(":memory:")
    report = workspace.add([("a.zip", lzma_zip_with_a_damaged_member(at))])
    assert workspace.images().names == [name for name in FILES if name != f"{at}.png"]
    assert report.skipped == [(f"{at}.png", "is damaged inside the archive")]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@settings(deadline=None, max_examples=60)
@given(st.data())
def test_bytes_that_are_changed_anywhere_in_a_zip_never_raise(method: int, data: st.DataObject) -> None:
    archive = bytearray(zipped(FILES, method))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(4, len(archive) - 1))] = data.draw(st.integers(0, 255))
    report = IntakeReport()
    found = list(read_sources([("a.zip", bytes(archive))], report))
    assert len(found) + len(report.skipped) + report.ignored >= 1


def test_a_folder_that_may_not_be_read_is_named_and_the_others_come_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def guarded(path: Path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return original(path)

    (tmp_path / "closed").mkdir()
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    original = os.scandir
    monkeypatch.setattr(os, "scandir", guarded)
    report = IntakeReport()
    assert [incoming.name for incoming in read_sources([tmp_path], report)] == list(FILES)
    assert report.skipped == [("closed", "may not be read by this app")]


def test_a_path_that_cannot_even_be_asked_about_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", closed)
    report = IntakeReport()
    found = list(read_sources(["closed/a.png", ("0.png", FILES["0.png"])], report))
    assert [incoming.name for incoming in found] == ["0.png"]
    assert report.skipped == [("a.png", "may not be read by this app")]
