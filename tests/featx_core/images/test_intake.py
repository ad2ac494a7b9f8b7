import csv
import hashlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from PIL import Image

from featx_core.base.progress import Cancelled
from featx_core.images.intake import Incoming, Source, read_sources
from featx_core.images.intake_report import IntakeReport
from tests.toys.files.odd_files import HEIC, WRITTEN, encoded, picture, zipped


def taken(*sources: Source) -> tuple[list[Incoming], IntakeReport]:
    report = IntakeReport()
    found = list(read_sources(list(sources), report))
    report.added = len(found)
    return found, report


def pngs(count: int) -> dict[str, bytes]:
    return {f"{index:03d}.png": encoded(picture(20, 20, seed=index)) for index in range(count)}


@pytest.mark.parametrize(
    "bad", [pytest.param(0, marks=pytest.mark.slow), 500, pytest.param(999, marks=pytest.mark.slow)]
)
def test_one_corrupt_image_among_a_thousand_is_named_and_the_rest_unchanged(bad: int) -> None:
    few = list(pngs(10).values())
    members = {f"{index:04d}.png": few[index % 10] for index in range(1000)}
    whole, _ = taken(("all.zip", zipped(members)))
    name = f"{bad:04d}.png"
    found, report = taken(("all.zip", zipped({**members, name: members[name][:60]})))
    assert [incoming.name for incoming in found] == [other for other in members if other != name]
    assert [incoming for incoming in whole if incoming.name != name] == found
    assert report.skipped == [(name, "the file ends early")]
    assert report.sentence() == f"999 of 1 000 images are ready. 1 was left out: {name} (the file ends early)."


def test_every_file_bad_is_said_in_one_sentence() -> None:
    found, report = taken(*[(f"{index}.jpg", b"\xff\xd8\xff\xe0") for index in range(12)])
    assert found == []
    assert report.sentence().startswith("None of the 12 files could be read as images. 12 were left out: 0.jpg (")
    assert report.sentence().endswith(" and 9 more.")


def test_nothing_given_is_said() -> None:
    assert taken()[1].sentence() == "No images were found."


def test_what_arrives_is_what_was_given() -> None:
    content = encoded(picture())
    (incoming, _), report = taken(("trip/owl.png", content), ("home/2.png", content))
    assert (incoming.name, incoming.path, incoming.label) == ("owl.png", "trip/owl.png", "trip")
    assert incoming.content == content
    assert incoming.digest == hashlib.sha256(content).hexdigest()
    assert (incoming.facts.format, incoming.facts.width, incoming.facts.height) == ("PNG", 96, 64)
    assert report.skipped == report.converted == report.warnings == []


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "avif", "gif", "bmp", "tif", "heic"])
def test_a_wrong_extension_is_accepted_with_a_note(form: str, extension: str) -> None:
    content = encoded(Image.new("RGB", (20, 20)), WRITTEN[form])
    (incoming,), report = taken((f"a.{extension}", content))
    own = {"JPEG": "jpg", "PNG": "png", "WebP": "webp", "AVIF": "avif", "GIF": "gif", "BMP": "bmp", "TIFF": "tif"}
    article = "an" if form == "AVIF" else "a"
    note = f"is {article} {form}, named .{extension}"
    assert (note in incoming.facts.notes) == (own[form] != extension)
    assert (("a." + extension, note) in report.converted) == (own[form] != extension)


def test_heic_is_taken_and_a_pdf_named_jpg_is_not() -> None:
    found, report = taken(("phone.HEIC", HEIC), ("scan.jpg", b"%PDF-1.7"))
    assert [incoming.facts.format for incoming in found] == ["HEIC"]
    assert report.skipped == [("scan.jpg", "is a PDF, not an image: export it as PNG or JPEG")]


def test_conversions_are_reported_image_by_image() -> None:
    _, report = taken(("a.tif", encoded(Image.new("CMYK", (20, 20)), "TIFF")), ("b.png", encoded(picture())))
    assert report.converted == [("a.tif", "CMYK converted")]


def test_an_image_over_25_mb_is_named_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "big.png").open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(26 * 1024**2)
    with (tmp_path / "film.mp4").open("wb") as file:
        file.write(b"\x00\x00\x00\x18ftypmp42")
        file.truncate(3 * 1024**3)
    _, report = taken(tmp_path)
    assert report.skipped[0] == ("big.png", "26 MB; the limit is 25 MB")
    assert report.skipped[1][0] == "film.mp4"
    assert "is a video" in report.skipped[1][1]


def test_a_folder_is_walked_by_name_with_labels_and_without_system_files(tmp_path: Path) -> None:
    for name in ("owl/2.png", "owl/1.png", "eagle/1.png", ".DS_Store", "owl/Thumbs.db", ".git/x.png", "owl/._1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(encoded(picture()))
    (tmp_path / "notes.txt").write_text("hello")
    found, report = taken(tmp_path)
    assert [(incoming.label, incoming.name) for incoming in found] == [
        ("eagle", "eagle/1.png"),
        ("owl", "owl/1.png"),
        ("owl", "2.png"),
    ]
    assert [incoming.path for incoming in found] == ["eagle/1.png", "owl/1.png", "owl/2.png"]
    assert report.ignored == 4
    assert report.skipped == [("notes.txt", "is text, not an image")]
    assert report.sentence().endswith("4 system files ignored.")


def test_one_stray_picture_has_no_label_and_takes_none_away(tmp_path: Path) -> None:
    for name in ("owl/1.png", "jay/1.png", "2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(encoded(picture()))
    pairs = [("jay/1.png", encoded(picture())), ("owl/1.png", encoded(picture())), ("2.png", encoded(picture()))]
    for source in ([tmp_path], pairs, [("a.zip", zipped(dict(pairs)))]):
        labels = {incoming.path: incoming.label for incoming in taken(*source)[0]}
        assert labels == {"owl/1.png": "owl", "jay/1.png": "jay", "2.png": None}


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
def test_no_link_leads_out_of_a_folder_and_no_pipe_is_waited_for(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "own.png").write_bytes(encoded(picture()))
    (outside / "secret.png").write_bytes(encoded(picture(seed=1)))
    (inside / "near.png").symlink_to("own.png")
    (inside / "far.png").symlink_to(outside / "secret.png")
    (inside / "round.png").symlink_to("round.png")
    (inside / "gone.png").symlink_to("nowhere.png")
    (inside / "door").symlink_to(outside)
    os.mkfifo(inside / "pipe.png")
    found, report = taken(inside)
    assert [incoming.name for incoming in found] == ["near.png", "own.png"]
    assert dict(report.skipped) == {
        "door": "is a link to a folder: add that folder itself",
        "far.png": "is a link to a place outside the folder",
        "gone.png": "does not exist",
        "pipe.png": "is not a file",
        "round.png": "is a link to a place outside the folder",
    }


def test_a_path_that_is_not_there_or_closed_is_named(tmp_path: Path) -> None:
    closed = io.BytesIO(encoded(picture()))
    closed.close()
    _, report = taken(tmp_path / "gone.png", "a\x00b.png", ("shut.png", closed))
    assert report.skipped == [
        ("gone.png", "does not exist"),
        ("ab.png", "cannot be opened"),
        ("shut.png", "cannot be opened"),
    ]


def test_paths_pairs_and_open_files_mix(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(picture(seed=0)))
    (tmp_path / "b.zip").write_bytes(zipped({"c.png": encoded(picture(seed=1))}))
    opened = io.BytesIO(encoded(picture(seed=2)))
    opened.seek(7)
    found, _ = taken(str(tmp_path / "a.png"), tmp_path / "b.zip", ("d.png", opened))
    assert [incoming.name for incoming in found] == ["a.png", "c.png", "d.png"]


def test_sources_are_read_only_a_few_ahead() -> None:
    given: list[str] = []

    def sources():
        for name, content in pngs(20).items():
            given.append(name)
            yield f"few/{name}", content

    reading = read_sources(sources(), IntakeReport())
    assert next(reading).label == "few"
    assert 1 <= len(given) <= 6


@pytest.mark.parametrize("given", [list, iter])
def test_progress_counts_every_file_once_and_ends_full(
    given: Callable[[list[Source]], Iterable[Source]], tmp_path: Path
) -> None:
    members = {**pngs(3), "notes.txt": b"hello", ".DS_Store": b"x"}
    for name, content in members.items():
        (tmp_path / name).write_bytes(content)
    calls: list[tuple[int, int]] = []
    sources: list[Source] = [tmp_path, ("z.zip", zipped(members)), ("bad.png", b"\x00" * 9)]
    list(read_sources(given(sources), IntakeReport(), on_progress=lambda *call: calls.append(call)))
    assert calls[0][1] >= 4  # the whole folder is known before its first file is done
    assert [done for done, _ in calls] == list(range(len(calls)))
    assert calls[-1] == (10, 10)
    assert all(done <= total for done, total in calls)


def test_cancelling_keeps_what_came_before() -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Cancelled

    found: list[str] = []
    reading = read_sources([("z.zip", zipped(pngs(5)))], IntakeReport(), on_progress=stop)
    with pytest.raises(Cancelled):
        found.extend(incoming.name for incoming in reading)
    assert found == ["000.png", "001.png"]


NAMES = {
    "[x](javascript:alert(1)).png": "[x](javascript:alert(1)).png",
    "<img src=x onerror=alert(1)>.png": "<img src=x onerror=alert(1)>.png",
    "$$\\alpha$$.png": "alpha$$.png",
    "a\nb\tc\x07.png": "a b c.png",
    "photo\u202egnp.exe.png": "photognp.exe.png",
    "zero\u200bwidth\ufeff.png": "zerowidth.png",
    "e\u0301t\u00e9.png": "\u00e9t\u00e9.png",
    "caf\udce9.png": "caf\u00e9.png",
    "": "unnamed",
    "..": "unnamed",
    "owl/": "unnamed",
    "\x00": "unnamed",
    "C:\\Users\\me\\cat.png": "cat.png",
    "../../etc/passwd.png": "passwd.png",
    "/abs/olute.png": "olute.png",
}


@pytest.mark.parametrize(("raw", "shown"), NAMES.items())
def test_names_are_reduced_to_plain_labels(raw: str, shown: str) -> None:
    (incoming,), _ = taken((raw, encoded(picture())))
    assert incoming.name == shown
    assert len(incoming.name) <= 120
    assert incoming.name.isprintable()
    assert not any(separator in incoming.name for separator in "/\\")


def test_a_long_name_is_cut_to_120_characters_with_its_extension() -> None:
    (incoming,), _ = taken(("x" * 300 + ".png", encoded(picture())))
    assert incoming.name == "x" * 115 + "….png"


def test_the_table_shows_formulas_as_text() -> None:
    _, report = taken(("=cmd|' /C calc'!A0.png", b"hello"), ("+1.png", b""), ("ok.txt", b"hello"))
    report.converted.append(("@x.png", "rotated upright"))
    rows = list(csv.reader(io.StringIO(report.to_csv().decode("utf-8-sig"))))
    assert rows[0] == ["file", "what", "why"]
    assert all(row[0][0] not in "=+-@" for row in rows)
    assert rows[3] == ["ok.txt", "left out", "is text, not an image"]
    assert rows[4][1:] == ["converted", "rotated upright"]


def test_a_report_survives_json() -> None:
    _, report = taken(("a.txt", b"hello"), ("b.gif", encoded(picture(), "GIF")), (".DS_Store", b""))
    assert IntakeReport.from_json(report.to_json()) == report


def test_equal_images_are_counted_in_the_sentence() -> None:
    report = IntakeReport(added=3, duplicates=[("b.png", "a.png")])
    assert report.sentence() == "3 images are ready. 1 image equals another one."
