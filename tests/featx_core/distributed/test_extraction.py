"""Runs on many machines without Ray: what is refused, what is gone on with, and what the command line says."""

import contextlib
import hashlib
import importlib.metadata
import os
import threading
import types

import pyarrow.parquet as pq
import pytest
from filelock import FileLock

import featx_core as fx
from featx_core.command.main import main
from featx_core.command.outcome import FAILED, LEFT_OUT
from featx_core.distributed import extraction, ray_here
from featx_core.distributed.computing import TOKEN, Outcome
from featx_core.distributed.extraction import LOCK, extract_images
from featx_core.distributed.parts import PartsError, settle
from featx_core.distributed.pipeline import explained
from featx_core.distributed.ray_here import ClusterError
from featx_core.specs.spec import SpecError
from tests.toys.part_examples import SPEC, write_parts

TO_TRAIN = fx.FineTuned(fx.Pretrained("mobilenet_v2", weights="random"))
KEPT = fx.Pretrained("resnet50", weights="file:" + "0" * 64)


def column_of(folder, name):
    return [value for part in sorted(folder.glob("part-*.parquet")) for value in pq.read_table(part)[name].to_pylist()]


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "photos").mkdir()
    for number in range(10):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(b"")
    return tmp_path / "photos"


@pytest.fixture
def stand_in(monkeypatch):
    """Let chunks be done in this process, by what is handed over; gives the paths that were asked for."""
    asked = []
    does = {"outcome": lambda chunk, folder: None}

    def outcomes(ray, chunks, order, form, actors):
        for chunk in chunks:
            asked.extend(image.path for image in chunk.images)
            yield does["outcome"](chunk, order) or _done(chunk, order)

    def _done(chunk, order):
        write_parts(extraction.Path(order.folder), [image.path for image in chunk.images])
        return Outcome(len(chunk.images))

    monkeypatch.setattr(extraction, "check_ray", lambda: None)
    monkeypatch.setattr(extraction, "connected", lambda address: contextlib.nullcontext())
    monkeypatch.setattr(extraction, "plan_actors", lambda ray, asked: (1, 1, 0))
    monkeypatch.setattr(extraction, "images_per_chunk", lambda size, n_images: 4)
    monkeypatch.setattr(extraction, "outcomes", outcomes)
    return asked, does


def test_a_second_run_does_what_is_new(photos, tmp_path, stand_in):
    asked, _ = stand_in
    found = extract_images([str(photos)], SPEC, tmp_path / "parts")
    assert (found.n_images, found.n_computed) == (10, 10)
    (photos / "new.jpg").write_bytes(b"")
    asked.clear()
    found = extract_images([str(photos)], SPEC, tmp_path / "parts")
    assert (found.n_images, found.n_computed) == (11, 1)
    assert asked == [str(photos / "new.jpg")]
    assert {path.name for path in (tmp_path / "parts").iterdir() if path.name.startswith(".")} <= {LOCK}


def test_a_file_that_changed_is_done_again_also_after_a_fault(photos, tmp_path, stand_in):
    asked, does = stand_in
    extract_images([str(photos)], SPEC, tmp_path / "parts")
    asked.clear()
    os.utime(photos / "3.jpg", ns=(0, 10**18))
    (photos / "7.jpg").write_bytes(b"another size")
    does["outcome"] = lambda chunk, order: Outcome(fault="The disk is full.")
    with pytest.raises(ClusterError, match="The disk is full"):
        extract_images([str(photos)], SPEC, tmp_path / "parts")
    does["outcome"] = lambda chunk, order: None
    asked.clear()
    found = extract_images([str(photos)], SPEC, tmp_path / "parts")
    assert (found.n_images, found.n_computed) == (10, 2)
    assert asked == [str(photos / "3.jpg"), str(photos / "7.jpg")]
    (photos / "3.jpg").write_bytes(b"other")
    again = extract_images([str(photos)], SPEC, tmp_path / "parts")
    assert (again.n_images, again.n_computed, again.n_changed) == (10, 1, 1)
    digests = dict(zip(*(column_of(tmp_path / "parts", name) for name in ("path", "sha256")), strict=True))
    assert digests[str(photos / "7.jpg")] == hashlib.sha256(b"another size").hexdigest()


def test_after_a_fault_the_rest_is_done(photos, tmp_path, stand_in):
    asked, does = stand_in
    does["outcome"] = lambda chunk, order: Outcome(fault="The disk is full.") if len(asked) > 4 else None
    with pytest.raises(ClusterError, match=r"The disk is full\. 4 images of this run are done and kept\."):
        extract_images([str(photos)], SPEC, tmp_path / "parts")
    does["outcome"] = lambda chunk, order: None
    found = extract_images([str(photos)], SPEC, tmp_path / "parts")
    assert (found.n_images, found.n_computed) == (10, 6)


def test_images_that_got_lost_are_missed(photos, tmp_path, stand_in):
    stand_in[1]["outcome"] = lambda chunk, order: Outcome(len(chunk.images) - 1)
    with pytest.raises(ClusterError, match="3 of 10 images were lost on the way"):
        extract_images([str(photos)], SPEC, tmp_path / "parts")


def test_only_the_run_that_goes_on_may_write(photos, tmp_path, stand_in):
    tokens = []
    stand_in[1]["outcome"] = lambda chunk, order: tokens.append(
        (extraction.Path(order.folder, TOKEN).read_text("ascii"), order.token)
    )
    extract_images([str(photos)], SPEC, tmp_path / "parts")
    assert all(there == given for there, given in tokens)
    assert not (tmp_path / "parts" / TOKEN).exists()


def test_two_commands_do_not_write_into_one_folder(photos, tmp_path, stand_in):
    (tmp_path / "parts").mkdir()
    held, over = threading.Event(), threading.Event()

    def hold():
        with FileLock(tmp_path / "parts" / LOCK):
            held.set()
            over.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    try:
        with pytest.raises(PartsError, match="Another command is writing into"):
            extract_images([str(photos)], SPEC, tmp_path / "parts")
    finally:
        over.set()
        other.join()


@pytest.mark.parametrize(
    ("spec", "folder", "error", "words"),
    [
        (TO_TRAIN, "parts", SpecError, "is to be trained first"),
        (KEPT, "parts", SpecError, r"has weights that a workspace keeps\. Name that file with --files-from"),
        (fx.VectorTable("file:" + "0" * 64), "parts", SpecError, "takes no images"),
        (fx.Augmented(SPEC, gives="copies"), "parts", SpecError, "rows per image; parts hold one"),
        (SPEC, "s3://bucket/parts", PartsError, "Parts go into a folder that all machines reach"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(spec, folder, error, words, photos, tmp_path, stand_in, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        extract_images([str(photos)], spec, folder)
    assert stand_in[0] == []


def test_weights_that_a_workspace_keeps_go_with_the_order(workspace):
    digest = workspace.put_artefact("own.weights.h5", b"weights")
    spec = fx.Pretrained("resnet50", weights=f"file:{digest}")
    assert extraction.weights_of(spec, workspace) == {digest: b"weights"}


@pytest.mark.parametrize(
    ("version", "words"),
    [(None, "needs Ray, which is not installed"), ("2.9.3", "needs Ray 2.60. Ray 2.9.3 is installed")],
)
def test_a_ray_that_is_missing_or_another_is_one_sentence_with_the_line_that_installs_it(
    version, words, photos, tmp_path, monkeypatch, capfd
):
    def found(name):
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(ray_here.importlib.metadata, "version", found)
    code = main(["extract", "--ray", "--images", str(photos), "-o", str(tmp_path / "parts")])
    error = capfd.readouterr().err
    assert code == FAILED
    assert words in error
    assert error.strip().endswith('pip install "ray[data]==2.60.*"')
    assert error.count("\n") == 1


def test_the_command_names_what_was_left_out(photos, tmp_path, stand_in, capfd):
    def one_bad(chunk, order):
        print("what a thread of Ray prints")  # noqa: T201
        paths = [image.path for image in chunk.images]
        write_parts(extraction.Path(order.folder), paths[1:], left_out=[(paths[0], "ends early")])
        return Outcome(len(paths) - 1, 1)

    stand_in[1]["outcome"] = one_bad
    spec = tmp_path / "spec.json"
    spec.write_text(SPEC.to_json(), encoding="utf-8")
    folder = str(tmp_path / "parts")
    arguments = ["extract", "--ray", "auto", "--spec", str(spec), "--images", str(photos), "-o", folder]
    assert main(arguments) == LEFT_OUT
    out, error = capfd.readouterr()
    assert out.strip() == folder
    assert "7 images, 7 computed now" in error
    assert f"Left out: {photos}/0.jpg (ends early)" in error
    assert settle(tmp_path / "parts", SPEC).left_out.keys() == {f"{photos}/{number}.jpg" for number in (0, 4, 8)}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--ray", "--list", "x"], "--list and --for do not go with --ray"),
        (["--ray"], "No images were named. Name them with --images"),
        (["--ray", "--images", "x", "--actors", "0"], "--actors takes a number from 1"),
        (["x", "--actors", "2"], "--actors goes with --ray"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(more, words, tmp_path, capfd):
    assert main(["extract", "-o", str(tmp_path / "a.npz"), *more]) == FAILED
    assert words in capfd.readouterr().err


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (
            "ActorDiedError",
            "error raised in its creation task: ImportError: cannot import name 'x'",
            "featx is not installed",
        ),
        ("ActorDiedError", "The actor is dead because its worker process has died.", "does not fit into the memory"),
        ("OutOfDiskError", "", "The disk of a machine is full"),
        ("RaySystemError", "", "The cluster was lost"),
    ],
)
def test_why_ray_gave_up_is_one_sentence(kind, text, words):
    names = ("OutOfMemoryError", "ActorDiedError", "WorkerCrashedError", "OutOfDiskError", "ObjectStoreFullError")
    errors = types.SimpleNamespace(**{name: type(name, (Exception,), {}) for name in (*names, "RaySystemError")})
    assert words in explained(types.SimpleNamespace(exceptions=errors), getattr(errors, kind)(text))


def test_the_command_takes_weights_from_the_workspace_of_the_run(photos, tmp_path, stand_in):
    with contextlib.closing(fx.Workspace.open(tmp_path / "run.featx")) as workspace:
        digest = workspace.put_artefact("own.weights.h5", b"weights")
    orders = []
    stand_in[1]["outcome"] = lambda chunk, order: orders.append(order)
    spec = tmp_path / "spec.json"
    spec.write_text(fx.Pretrained("resnet50", weights=f"file:{digest}").to_json(), encoding="utf-8")
    arguments = ["extract", "--ray", "--spec", str(spec), "--images", str(photos), "-o", str(tmp_path / "parts")]
    assert main(arguments) == FAILED
    main([*arguments, "--files-from", str(tmp_path / "run.featx")])
    assert orders[0].weights == {digest: b"weights"}
