import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featx_core.images import archives
from featx_core.images.intake import Incoming, read_sources
from featx_core.images.intake_report import IntakeReport
from tests.toys.files.odd_files import encoded, picture, with_flag, zipped

PNG = encoded(picture(20, 20))


def taken(archive: bytes, name: str = "a.zip") -> tuple[list[Incoming], IntakeReport]:
    report = IntakeReport()
    found = list(read_sources([(name, archive)], report))
    report.added = len(found)
    return found, report


def test_members_come_in_order_with_labels() -> None:
    found, report = taken(zipped({"trip/owl/1.png": PNG, "trip/eagle/2.png": PNG, "trip/read me.txt": b"hello"}))
    assert [(incoming.name, incoming.label) for incoming in found] == [("1.png", "owl"), ("2.png", "eagle")]
    assert report.skipped == [("read me.txt", "is text, not an image")]


def test_an_archive_with_loose_images_has_no_labels() -> None:
    found, _ = taken(zipped({"owl/1.png": PNG, "2.png": PNG}))
    assert [incoming.label for incoming in found] == [None, None]


def test_system_files_are_counted_in_one_line() -> None:
    members = {"__MACOSX/._a.png": b"x", ".DS_Store": b"x", "a/Thumbs.db": b"x", "a/desktop.ini": b"x", "a/1.png": PNG}
    found, report = taken(zipped(members))
    assert len(found) == 1
    assert (report.ignored, report.skipped) == (4, [])
    assert "4 system files ignored." in report.sentence()


@pytest.mark.parametrize(
    "name",
    ["../../evil.png", "/etc/evil.png", "C:\\evil.png", "a/../../evil.png", "..\\..\\evil.png", "//host/x/evil.png"],
)
def test_nothing_is_ever_written_to_the_disk(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "in" / "deep")
    monkeypatch.setattr(zipfile.ZipFile, "extract", lambda *_, **__: pytest.fail("extracted"))
    found, _ = taken(zipped({name: PNG}))
    assert [incoming.name for incoming in found] == ["evil.png"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "in"]


def test_a_bomb_stops_at_the_bound_and_keeps_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = encoded(Image.new("RGB", (1000, 1000)), "BMP")
    archive = zipped({f"{index}.bmp": blank for index in range(40)}, zipfile.ZIP_DEFLATED)
    assert len(blank) * 40 / len(archive) > 800
    monkeypatch.setattr(archives, "MAX_INFLATED_BYTES", 10 * len(blank))
    found, report = taken(archive)
    assert [incoming.name for incoming in found] == [f"{index}.bmp" for index in range(11)]
    assert report.warnings[0].startswith("a.zip was read up to its first 11 images")
    assert "a.zip was read" in report.sentence()


def test_members_that_are_no_images_are_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped({f"{index}.txt": b"0" * 24 * 1024**2 for index in range(5)}, zipfile.ZIP_DEFLATED)
    n_read = []
    original = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: n_read.append(n) or original(self, n))
    _, report = taken(archive)
    assert len(report.skipped) == 5
    assert max(n_read) <= 4096


def test_more_images_than_allowed_are_left_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ARCHIVE_IMAGES", 3)
    found, report = taken(zipped({f"{index}.png": PNG for index in range(5)}))
    assert len(found) == 3
    assert report.warnings == ["a.zip was read up to its first 3 images: an archive may hold 3 images and 1 GB."]
    assert taken(zipped({f"{index}.png": PNG for index in range(3)}))[1].warnings == []


def test_a_member_over_25_mb_is_named() -> None:
    archive = zipped({"big.png": PNG + b"\x00" * 26 * 1024**2, "1.png": PNG}, zipfile.ZIP_DEFLATED)
    found, report = taken(archive)
    assert [incoming.name for incoming in found] == ["1.png"]
    assert report.skipped == [("big.png", "26 MB; the limit is 25 MB")]


@pytest.mark.parametrize("declared", [10, 2**31])
def test_a_lying_size_is_named_and_the_others_come(declared: int) -> None:
    archive = bytearray(zipped({"liar.png": PNG, "true.png": PNG}, zipfile.ZIP_DEFLATED))
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", archive, archive.find(magic) + offset, declared)
    found, report = taken(bytes(archive))
    assert [incoming.name for incoming in found] == ["true.png"]
    assert [name for name, _ in report.skipped] == ["liar.png"]


def test_overlapping_members_cost_no_more_than_their_own() -> None:
    archive = bytearray(zipped({"a.png": PNG, "b.png": PNG}))
    second = archive.rfind(b"PK\x01\x02")
    struct.pack_into("<I", archive, second + 42, 0)
    found, report = taken(bytes(archive))
    assert len(found) + len(report.skipped) == 2
    assert ("b.png", "is damaged inside the archive") in report.skipped


def test_an_encrypted_member_is_named() -> None:
    found, report = taken(with_flag(zipped({"a.png": PNG, "b.png": PNG}), 1, (b"a.png",)))
    assert [incoming.name for incoming in found] == ["b.png"]
    assert report.skipped == [("a.png", "is password protected")]


def test_an_archive_that_is_encrypted_as_a_whole_is_named_once() -> None:
    _, report = taken(with_flag(zipped({"a.png": PNG, "b.png": PNG}), 1))
    assert report.skipped == [("a.zip", "is password protected: unpack it and add the folder")]


def test_an_unknown_method_is_named() -> None:
    archive = bytearray(zipped({"a.png": PNG, "b.png": PNG}))
    struct.pack_into("<H", archive, archive.find(b"PK\x03\x04") + 8, 95)
    struct.pack_into("<H", archive, archive.find(b"PK\x01\x02") + 10, 95)
    found, report = taken(bytes(archive))
    assert [incoming.name for incoming in found] == ["b.png"]
    assert report.skipped == [("a.png", "uses a compression method that featx does not read")]


@pytest.mark.parametrize(
    ("content", "kind"), [(zipped({"x.png": PNG}), "zip"), (b"Rar!\x1a\x07\x00", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z")]
)
def test_archives_in_archives_are_named_and_not_opened(content: bytes, kind: str) -> None:
    found, report = taken(zipped({"inner.bin": content, "a.png": PNG}))
    assert [incoming.name for incoming in found] == ["a.png"]
    assert report.skipped[0][0] == "inner.bin"
    assert f"is a {kind} archive" in report.skipped[0][1]


def test_an_archive_in_a_folder_is_named_and_not_opened(tmp_path: Path) -> None:
    (tmp_path / "more.zip").write_bytes(zipped({"a.png": PNG}))
    report = IntakeReport()
    assert list(read_sources([tmp_path], report)) == []
    assert report.skipped == [("more.zip", "is a zip archive inside a folder or another archive: add it on its own")]


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (zipped({}), "is an empty archive"),
        (b"", "is empty"),
        (b"hello", "is text, not an image"),
        (bytes(range(128, 256)), "is not a zip archive that can be read"),
        (zipped({"a.png": PNG})[:300], "ends early or is damaged: its table of contents cannot be read"),
        (zipped({"a.png": PNG})[:-30], "ends early or is damaged: its table of contents cannot be read"),
    ],
)
def test_what_is_no_whole_archive_is_named(archive: bytes, reason: str) -> None:
    found, report = taken(archive)
    assert found == []
    assert report.skipped == [("a.zip", reason)]


@pytest.mark.slow
def test_sixty_thousand_members_are_refused_before_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(60_000):
            archive.writestr(zipfile.ZipInfo(str(index)), b"")
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("listed"))
    assert taken(out.getvalue())[1].skipped == [("a.zip", "holds 60 000 files; the limit is 5 000")]


def test_a_count_past_65_535_is_read_from_the_zip64_record(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(65_600):
            archive.writestr(zipfile.ZipInfo(str(index)), b"")
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("listed"))
    assert taken(out.getvalue())[1].skipped == [("a.zip", "holds 65 600 files; the limit is 5 000")]


def test_a_lying_count_does_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 10)
    archive = bytearray(zipped({f"{index}.png": PNG for index in range(20)}))
    struct.pack_into("<HH", archive, archive.rfind(b"PK\x05\x06") + 8, 2, 2)
    assert taken(bytes(archive))[1].skipped == [("a.zip", "holds 20 files; the limit is 10")]
    monkeypatch.setattr(archives, "MAX_CONTENTS_BYTES", 500)
    assert "table of contents" in taken(bytes(archive))[1].skipped[0][1]


def test_an_archive_over_its_limit_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "big.zip").open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(201 * 1024**2)
    report = IntakeReport()
    assert list(read_sources([tmp_path / "big.zip"], report)) == []
    assert report.skipped == [("big.zip", "201 MB; the limit is 200 MB for an archive")]


def test_names_without_the_utf8_mark_are_tried_as_utf8_then_cp437() -> None:
    plain = zipped({"XX1.png": PNG, "XX2.png": PNG})
    utf8 = plain.replace(b"XX1.png", "é1.png".encode())
    assert taken(utf8)[0][0].name == "é1.png"
    cp437 = plain.replace(b"XX2.png", b"\x81\x9a2.png")
    assert taken(cp437)[0][1].name == "üÜ2.png"


def test_a_document_is_not_read_as_an_archive() -> None:
    assert "is a document" in taken(zipped({"word/media/1.png": PNG}), "letter.docx")[1].skipped[0][1]


def test_damaged_archives_never_raise() -> None:
    archive = zipped({"a/1.png": PNG, "b/2.png": PNG}, zipfile.ZIP_DEFLATED)
    rng = np.random.default_rng(3)
    for _ in range(150):
        damaged = bytearray(archive)
        for at in rng.integers(4, len(archive), 4):
            damaged[at] = rng.integers(0, 256)
        found, report = taken(bytes(damaged))
        assert found or report.skipped or report.ignored
