"""Workspaces: what comes in, what is kept, what survives a kill."""

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.workspace import Workspace, image_set_key

ROOT = Path(__file__).resolve().parents[3]


def test_images_keep_order_names_and_labels(workspace):
    images = workspace.images()
    assert len(images) == 6
    assert images.labels == ["dog", "cat"] * 3
    assert [record.width for record in images] == [40] * 6
    assert images[0].pixels().shape == (30, 40, 3)


def test_pixels_are_those_of_the_file(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(3))])
    expected = np.random.default_rng(3).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(workspace.images()[0].pixels(), expected)


def test_equal_content_is_kept_once_and_marked(make_png):
    workspace = Workspace.open(":memory:")
    report = workspace.add([("a.png", make_png(1)), ("b.png", make_png(1))])
    first, second = workspace.images()
    assert first.digest == second.digest
    assert second.notes == ("same as a.png",)
    assert report.duplicates == [("b.png", "a.png")]
    assert workspace.size()[1] == len(make_png(1))


def test_equal_names_are_kept_apart(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1))])
    workspace.add([("a.png", make_png(2))])
    assert len(set(workspace.images().names)) == 2


def test_adding_the_same_again_adds_nothing(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1))])
    report = workspace.add([("a.png", make_png(1))])
    assert report.added == 0
    assert report.skipped == [("a.png", "is already in this workspace")]
    assert len(workspace.images()) == 1


def test_upload_limits_refuse_further_files_and_keep_earlier_ones(make_png):
    workspace = Workspace.open(":memory:")
    report = workspace.add([(f"{i}.png", make_png(i)) for i in range(4)], max_images=2)
    assert report.added == 2
    assert "this workspace is full" in report.skipped[0][1]
    size = len(make_png(7)) + 10
    report = Workspace.open(":memory:").add([("7.png", make_png(7)), ("8.png", make_png(8))], max_bytes=size)
    assert report.added == 1
    assert "remove some, or open a local folder" in report.skipped[0][1]


def test_intake_that_is_cancelled_keeps_what_came_before(make_png):
    workspace = Workspace.open(":memory:")

    def stop(done: int, total: int) -> None:
        if done >= 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        workspace.add([(f"{i}.png", make_png(i)) for i in range(6)], on_progress=stop)
    assert 1 <= len(workspace.images()) <= 3


def test_the_last_report_is_kept(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1)), ("notes.txt", b"hello")])
    report = workspace.last_intake()
    assert report is not None
    assert report.added == 1
    assert report.skipped[0][0] == "notes.txt"


def test_labels_and_removal(workspace):
    first, second = workspace.images().names[:2]
    workspace.set_labels({first: "fox", second: None, "unknown": "x"})
    assert workspace.images().labels[:2] == ["fox", None]
    workspace.remove([first])
    assert first not in workspace.images().names
    assert workspace.size()[0] == 5


def test_images_are_listed_anew_after_any_change_and_only_then(tmp_path, make_png):
    mine, other = (Workspace.open(tmp_path / "shared.featx") for _ in range(2))
    mine.add([("a.png", make_png(1))])
    assert mine.images() is mine.images()
    other.add([("b.png", make_png(2))])
    assert mine.images().names == ["a.png", "b.png"]
    other.set_labels({"a.png": "owl"})
    assert mine.images().labels == ["owl", None]
    mine.remove(["b.png"])
    assert mine.images().names == other.images().names == ["a.png"]


def test_removal_drops_vectors_but_not_those_of_an_equal_file(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1)), ("b.png", make_png(1)), ("c.png", make_png(2))])
    digests = workspace.images().digests
    workspace.vectors.save("x", {digest: np.ones(3) for digest in digests})
    workspace.remove(["a.png", "c.png"])
    assert workspace.vectors.stored("x") == {digests[0]}
    with pytest.raises(KeyError, match="no image"):
        workspace.content(digests[2])


def test_vectors_come_back_as_they_were(workspace):
    digests = workspace.images().digests
    values = {
        digest: np.random.default_rng(i).normal(size=(2, 3)).astype(np.float32) for i, digest in enumerate(digests)
    }
    workspace.vectors.save("x", values)
    found = workspace.vectors.load("x", digests)
    for digest in digests:
        np.testing.assert_array_equal(found[digest], values[digest])
    assert workspace.vectors.load("other", digests) == {}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE vectors SET value = substr(value, 1, 5)",
        "UPDATE vectors SET value = zeroblob(length(value))",
        "UPDATE vectors SET shape = '[7, 7]'",
        "UPDATE vectors SET checksum = checksum + 1",
    ],
)
def test_a_damaged_vector_counts_as_missing(workspace, damage):
    digest = workspace.images().digests[0]
    workspace.vectors.save("x", {digest: np.arange(1, 7, dtype=np.float32)})
    assert digest in workspace.vectors.load("x", [digest])
    with workspace._store.transaction() as connection:
        connection.execute(damage)
    assert workspace.vectors.load("x", [digest]) == {}


def test_a_damaged_result_counts_as_missing(workspace):
    workspace.put_result("map", b"1234")
    assert workspace.result("map") == b"1234"
    with workspace._store.transaction() as connection:
        connection.execute("UPDATE results SET bytes = x'00'")
    assert workspace.result("map") is None
    assert workspace.result("other") is None


def test_artefacts_are_kept_once_under_their_digest(workspace):
    digest = workspace.put_artefact("w.h5", b"weights")
    assert workspace.put_artefact("again.h5", b"weights") == digest
    assert workspace.artefact(digest) == b"weights"
    assert workspace.artefacts() == {digest: "w.h5"}
    with pytest.raises(KeyError, match="no file"):
        workspace.artefact("0" * 64)


def test_runs_newest_first_and_the_same_spec_once(workspace):
    one, two = Pretrained(backbone="vgg16"), Pretrained(backbone="resnet50")
    workspace.ledger.save(one, {"seconds": 1.0})
    workspace.ledger.save(two, {"seconds": 2.0})
    workspace.ledger.save(two, {"seconds": 3.0})
    runs = workspace.ledger.runs()
    assert [run.spec for run in runs] == [two, one]
    assert runs[0].details["seconds"] == 3.0
    assert [run.number for run in runs] == [2, 1]
    workspace.ledger.remove(two.digest)
    assert workspace.ledger.find(two.digest) is None


def test_a_run_of_an_unknown_method_is_passed_over(workspace):
    workspace.ledger.save(Pretrained(), {})
    with workspace._store.transaction() as connection:
        connection.execute("INSERT INTO runs (digest, spec, created, details) VALUES ('d', '{}', 'now', '{}')")
    assert len(workspace.ledger.runs()) == 1


def test_the_key_of_a_set_depends_on_images_and_order_only(workspace):
    images = workspace.images()
    key = image_set_key(images)
    workspace.set_labels({images.names[0]: "other"})
    assert image_set_key(workspace.images()) == key
    assert image_set_key(images[::-1]) != key


def test_a_copy_opens_elsewhere_with_everything(workspace, tmp_path):
    workspace.title = "Trip"
    workspace.copy_to(tmp_path / "copy.featx")
    copy = Workspace.open(tmp_path / "copy.featx")
    assert copy.title == "Trip"
    assert copy.images().names == workspace.images().names
    assert copy.images()[0].read() == workspace.images()[0].read()


def test_thumbnails_are_small_webp(workspace):
    content = workspace.images()[0].thumbnail()
    assert content[8:12] == b"WEBP"


def test_kill_minus_nine_while_writing_leaves_a_whole_file(tmp_path, make_png):
    """Row 46: a killed process leaves every vector whole or absent."""
    path = tmp_path / "killed.featx"
    Workspace.open(path).add([(f"{i}.png", make_png(i)) for i in range(4)])
    script = textwrap.dedent(
        f"""
        import numpy as np
        from featx_core import Workspace
        workspace = Workspace.open({str(path)!r})
        digests = workspace.images().digests
        for number in range(10**6):
            workspace.vectors.save(f"x{{number}}", {{d: np.full(4000, number) for d in digests}})
            print(number, flush=True)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ.copy())
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
    time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    workspace = Workspace.open(path)
    digests = workspace.images().digests
    for number in range(5):
        found = workspace.vectors.load(f"x{number}", digests)
        assert len(found) == 4
        assert all((array == number).all() for array in found.values())
    assert io.BytesIO(workspace.content(digests[0])).read(4) == b"\x89PNG"
