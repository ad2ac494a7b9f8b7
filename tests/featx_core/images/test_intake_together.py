"""Intakes as a workspace does them: several files at once, several intakes at once, the same files again."""

import io
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from featx_core.base.progress import Cancelled
from featx_core.images import decoding, intake
from featx_core.images.arriving import ahead
from featx_core.images.decoding import ImageError, decode, examine, inspect, thumbnail
from featx_core.images.intake import read_sources
from featx_core.images.intake_report import IntakeReport
from featx_core.workspace.workspace import Workspace
from tests.toys.files.odd_files import encoded, picture, zipped

ROOT = Path(__file__).resolve().parents[3]


def pngs(count: int) -> list[tuple[str, bytes]]:
    return [(f"{index:03d}.png", encoded(picture(24, 20, seed=index))) for index in range(count)]


def test_examining_gives_what_three_looks_would() -> None:
    content = encoded(picture(1600, 1200), "JPEG")
    facts, small, lightness = examine(content)
    assert facts == inspect(content)
    assert small == thumbnail(content)
    assert lightness == pytest.approx(
        Image.fromarray(decode(content)).convert("L").resize((1, 1)).getpixel((0, 0)) / 2.55, abs=1
    )


@pytest.mark.parametrize(("colour", "lightness"), [("black", 0), ("white", 100), ((0, 255, 0), 58.7)])
def test_brightness_is_mean_luma(colour: str | tuple[int, int, int], lightness: float) -> None:
    assert examine(encoded(Image.new("RGB", (40, 30), colour)))[2] == pytest.approx(lightness, abs=0.3)


def test_a_workspace_keeps_the_thumbnail_and_the_brightness_of_the_examination(workspace: Workspace) -> None:
    for record in workspace.images():
        _, small, lightness = examine(record.read())
        assert record.thumbnail() == small
        assert record.brightness == lightness


def test_slow_files_do_not_change_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow_at_first(content: bytes):
        time.sleep(0.05 if content == files[0][1] else 0)
        return examine(content)

    files = pngs(12)
    monkeypatch.setattr(intake, "examine", slow_at_first)
    report = IntakeReport()
    assert [incoming.name for incoming in read_sources(files, report)] == [name for name, _ in files]


def test_a_bad_file_among_many_leaves_the_other_rows_equal() -> None:
    files = pngs(9)
    whole, holed = Workspace.open(":memory:"), Workspace.open(":memory:")
    whole.add(files)
    report = holed.add([*files[:4], ("torn.png", files[4][1][:200]), *files[4:]])
    assert report.skipped == [("torn.png", "the file ends early")]
    assert report.sentence() == "9 of 10 images are ready. 1 was left out: torn.png (the file ends early)."
    for one, other in zip(whole.images(), holed.images(), strict=True):
        assert one == other
        assert one.read() == other.read()
        assert one.thumbnail() == other.thumbnail()


def test_the_lines_of_a_report_come_in_the_order_of_the_files() -> None:
    files = [(f"{index}.png", content if index % 2 else content[:99]) for index, (_, content) in enumerate(pngs(10))]
    report = IntakeReport()
    list(read_sources(files, report))
    assert [name for name, _ in report.skipped] == ["0.png", "2.png", "4.png", "6.png", "8.png"]


def test_only_a_few_files_are_read_ahead() -> None:
    given = []

    def sources():
        for name, content in pngs(40):
            given.append(name)
            yield name, content

    reading = read_sources(sources(), IntakeReport())
    next(reading)
    assert len(given) <= ahead._N_EXAMINERS + 1
    reading.close()


def test_an_intake_that_stops_leaves_the_others_alone() -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Cancelled

    results: list[list[str]] = [[] for _ in range(4)]

    def bring_in(number: int) -> None:
        workspace = Workspace.open(":memory:")
        try:
            workspace.add(pngs(25), on_progress=stop if number % 2 else None)
        except Cancelled:
            results[number].append("stopped")
        results[number].extend(workspace.images().names)

    threads = [threading.Thread(target=bring_in, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    names = [name for name, _ in pngs(25)]
    assert results == [names, ["stopped", *names[:3]]] * 2


def test_the_same_folder_again_adds_nothing_and_says_so(tmp_path: Path) -> None:
    for number, label in enumerate(("owl", "eagle", "jay")):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.png").write_bytes(encoded(picture(seed=number)))
    workspace = Workspace.open(":memory:")
    assert workspace.add([tmp_path]).added == 3
    assert workspace.images().names == ["eagle/1.png", "jay/1.png", "owl/1.png"]
    report = workspace.add([tmp_path])
    assert report.added == 0
    assert report.sentence() == "3 images were in this workspace already."
    (tmp_path / "owl" / "2.png").write_bytes(encoded(picture(seed=9)))
    (tmp_path / "owl" / "img (1)").write_bytes(encoded(picture(seed=10)))
    assert workspace.add([tmp_path]).added == 2
    assert workspace.add([tmp_path]).added == 0
    (tmp_path / "owl" / "3.png").write_bytes(encoded(picture(seed=11)))
    sentence = workspace.add([tmp_path]).sentence()
    assert sentence.startswith("1 image is ready. 5 images were in this workspace already.")


def test_equal_files_of_one_intake_are_kept_apart_and_marked() -> None:
    """Row 20: the same image in two folders is two images, computed once."""
    content = encoded(picture())
    workspace = Workspace.open(":memory:")
    report = workspace.add([("owl/1.png", content), ("eagle/1.png", content)])
    assert workspace.images().labels == ["owl", "eagle"]
    assert workspace.images()[1].notes == ("same as owl/1.png",)
    assert report.sentence().startswith("2 images are ready. 1 image equals another one. Labels come")


def test_a_thousand_equal_names_are_counted_up() -> None:
    content = pngs(3)
    workspace = Workspace.open(":memory:")
    asked: list[str] = []
    workspace._store._connection.set_trace_callback(lambda query: asked.append(query))
    workspace.add([("a.png", content[index % 3][1]) for index in range(300)])
    assert workspace.images().names[-1] == "a.png (300)"
    assert sum("WHERE name" in query for query in asked) < 400


def test_one_file_that_is_no_image_is_said_of_that_file() -> None:
    workspace = Workspace.open(":memory:")
    assert (
        workspace.add([("a.zip", zipped({}))]).sentence() == "The file could not be used: a.zip (is an empty archive)."
    )


def test_a_full_workspace_does_not_say_that_files_cannot_be_read() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add(pngs(1))
    sentence = workspace.add(pngs(4)[1:], max_images=1).sentence()
    assert sentence.startswith(
        "None of the 3 files came in. 3 were left out: 001.png (this workspace is full: it holds 1 image,"
    )


def test_damaged_members_count_towards_what_an_archive_may_unpack(monkeypatch: pytest.MonkeyPatch) -> None:
    from featx_core.images import archives

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(30):
            archive.writestr(f"{index}.bin", b"\x89PNG\r\n\x1a\n" + bytes(10**6))
    content = bytearray(out.getvalue())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 16 : at + 20] = b"\x00\x00\x00\x00"  # the checksum
        at = content.find(b"PK\x01\x02", at + 4)
    monkeypatch.setattr(archives, "MAX_INFLATED_BYTES", 5 * 10**6)
    report = IntakeReport()
    assert list(read_sources([("a.zip", bytes(content))], report)) == []
    assert {reason for _, reason in report.skipped} == {"is damaged inside the archive"}
    assert len(report.skipped) == 5
    assert report.warnings


def test_large_pictures_are_converted_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:

    inside, most = [], []

    def watched(image: Image.Image):
        inside.append(image)
        most.append(len(inside))
        time.sleep(0.02)
        inside.remove(image)
        return image.convert("RGB"), ()

    monkeypatch.setattr(decoding, "to_rgb", watched)
    monkeypatch.setattr(decoding, "_LARGE_PIXELS", 100)
    list(read_sources(pngs(6), IntakeReport()))
    assert max(most) == 1


@pytest.mark.slow
def test_headers_that_lie_cost_no_memory_and_nothing_is_printed() -> None:
    """Row 4: every format's bomb is refused before a pixel is decoded, and the log stays quiet."""
    script = textwrap.dedent(
        """
        import struct, sys
        from tests.toys.memory import forget_peak, peak_megabytes
        sys.path.insert(0, "tests/featx_core")
        from tests.toys.files.odd_files import encoded, picture, png_header_only
        from featx_core.images.decoding import ImageError, inspect

        def declaring(form, width, height):
            content = bytearray(encoded(picture(120, 90), form))
            at, packed = {
                "JPEG": (content.find(bytes([0xFF, 0xC0])) + 5, struct.pack(">HH", height, width)),
                "BMP": (18, struct.pack("<ii", width, height)),
                "AVIF": (content.find(b"ispe") + 8, struct.pack(">II", width, height)),
                "GIF": (6, struct.pack("<HH", width, height)),
                "PNG": (0, b""),
                "TIFF": (struct.unpack_from("<I", content, 4)[0] + 2,
                         struct.pack("<HHIIHHII", 256, 4, 1, width, 257, 4, 1, height)),
            }[form]
            content[at : at + len(packed)] = packed
            return png_header_only(width, height) if form == "PNG" else bytes(content)

        forms = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "AVIF")
        for form in forms:
            inspect(encoded(picture(), form))
        forget_peak()
        before = peak_megabytes()
        for size in ((12_000, 9_000), (20_000, 9_400)):  # Pillow itself warns of the first and refuses the second
            for form in forms:
                try:
                    inspect(declaring(form, *size))
                except ImageError as error:
                    print(form, error)
        print(peak_megabytes() - before, "MB")
        """
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    *lines, growth = done.stdout.splitlines()
    forms = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "AVIF")
    assert lines == [f"{form} {shown} megapixels; the limit is 100" for shown in (108, 188) for form in forms]
    assert int(growth.split()[0]) < 20
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory as Linux reports it")
def test_a_float_picture_of_99_megapixels_takes_less_than_a_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / "deep.tif"
    Image.new("F", (10_000, 9_900), 0.5).save(path, compression="tiff_adobe_deflate")
    script = textwrap.dedent(
        f"""
        from featx_core.images.decoding import inspect
        from tests.toys.memory import peak_megabytes
        print(inspect(open({str(path)!r}, "rb").read()).notes, peak_megabytes())
        """
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "float scaled to 8 bits" in done.stdout
    assert int(done.stdout.split()[-1]) < 1024
    assert done.stderr == ""


def test_an_unreadable_picture_has_no_thumbnail() -> None:
    with pytest.raises(ImageError, match="is text, not an image"):
        examine(b"hello")
