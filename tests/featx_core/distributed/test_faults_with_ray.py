"""Real Ray, two machines of one core each on this one: every image once, whatever dies. Run by `pytest -m thorough`."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from featx_core.command.outcome import FAILED
from featx_core.distributed import extraction, pipeline
from featx_core.distributed.ray_here import N_RETRIES, ClusterError
from tests.toys.part_examples import N_A_CHUNK, N_IMAGES, SPEC
from tests.toys.ray_runs import FROZEN, NODE, FreezingCompute, computing, meanwhile, rows_of, run

pytest.importorskip("ray", reason='needs Ray: pip install "ray[data]==2.60.*"')
pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("small_chunks")]


def test_actors_that_are_killed_lose_nothing(many, cluster, tmp_path):
    def kill():
        for process in computing():
            process.kill()

    found = run(many, tmp_path / "parts", cluster.address, kill, n_actors=2)
    assert found.n_images == len(rows_of(tmp_path / "parts")) == N_IMAGES


def test_an_actor_that_is_killed_while_it_writes_loses_nothing(many, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "_Compute", FreezingCompute)
    half_written = []

    def kill():
        pid, _, part = (
            (tmp_path / FROZEN).read_text("utf-8").partition(" ") if (tmp_path / FROZEN).exists() else " " * 3
        )
        if part.strip() and not half_written:
            half_written.append(Path(part).stat().st_size)
            psutil.Process(int(pid)).kill()

    with meanwhile(kill):
        found = run(many, tmp_path / "parts", cluster.address, n_actors=1)
    assert half_written[0] > 0
    assert found.n_images == len(rows_of(tmp_path / "parts")) == N_IMAGES
    assert not list((tmp_path / "parts").glob("*.part"))


def test_a_machine_that_is_lost_loses_nothing(many, cluster, tmp_path):
    lost = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    busy = []

    def lose():
        for raylet in lost.all_processes["raylet"]:
            busy.extend(computing(psutil.Process(raylet.process.pid).children()))
        cluster.remove_node(lost, allow_graceful=False)

    found = run(many, tmp_path / "parts", cluster.address, lose, n_actors=3)
    assert busy  # it held an actor
    assert found.n_images == len(rows_of(tmp_path / "parts")) == N_IMAGES


def test_a_command_that_is_killed_is_gone_on_with(many, cluster, tmp_path):
    spec, folder = tmp_path / "spec.json", tmp_path / "parts"
    spec.write_text(SPEC.to_json(), encoding="utf-8")
    script = (
        "import sys; from featx_core.distributed import extraction; "
        f"extraction.images_per_chunk = lambda size, n_images: {N_A_CHUNK}; "
        "from featx_core.command.main import main; sys.exit(main(sys.argv[1:]))"
    )
    what = ["--spec", str(spec), "--images", str(many), "-o", str(folder), "--actors", "1"]
    driver = subprocess.Popen([sys.executable, "-c", script, "extract", "--ray", cluster.address, *what])
    end = time.monotonic() + 300
    while not list(folder.glob("part-*.parquet")) and driver.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    before = {part: part.stat().st_mtime_ns for part in folder.glob("part-*.parquet")}
    assert before
    found = run(many, folder, cluster.address)
    assert found.n_images == len(rows_of(folder)) == N_IMAGES
    assert {part: part.stat().st_mtime_ns for part in before} == before
    assert not list(folder.glob("*.part"))


def test_damaged_and_vanished_images_are_named_and_nothing_else_is_lost(many, cluster, tmp_path, make_png):
    photos = tmp_path / "photos"
    photos.mkdir()
    for image in many.glob("*.png"):
        (photos / image.name).write_bytes(image.read_bytes())
    (photos / "003.png").write_bytes(make_png(3)[:300])
    listed = extraction.list_images

    def vanishing(given):
        images = listed(given)
        (photos / "007.png").unlink()
        return images

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extraction, "list_images", vanishing)
        found = run(photos, tmp_path / "parts", cluster.address)
    assert {Path(path).name: reason for path, reason in found.left_out.items()} == {
        "003.png": "the file ends early",
        "007.png": "does not exist",
    }
    table = pq.read_table(tmp_path / "parts" / "skipped.parquet").to_pydict()
    assert dict(zip(table["path"], table["reason"], strict=True)) == found.left_out
    assert len(rows_of(tmp_path / "parts")) == N_IMAGES - 2
    (photos / "003.png").write_bytes(make_png(3))
    mended = run(photos, tmp_path / "parts", cluster.address)
    assert (mended.n_computed, len(rows_of(tmp_path / "parts"))) == (1, N_IMAGES - 1)


def test_a_disk_that_fills_is_said_and_gone_on_with(many, cluster, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        with pytest.raises(ClusterError, match=r"cannot be written into .*: no space left on device\. \d+ images"):
            run(many, folder, cluster.address, n_actors=1)
        kept = {part: part.stat().st_mtime_ns for part in folder.glob("part-*.parquet")}
        assert kept
        subprocess.run(["mount", "-o", "remount,size=4m", str(folder)], check=True)
        assert run(many, folder, cluster.address, n_actors=1).n_images == len(rows_of(folder)) == N_IMAGES
        assert {part: part.stat().st_mtime_ns for part in kept} == kept
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_network_that_does_not_fit_is_one_sentence(many, cluster, tmp_path):
    """The process ends as the system ends one that takes too much memory: killed while it builds the network."""
    killed = set()

    def kill():
        for process in computing():
            killed.add(process.pid)
            with contextlib.suppress(psutil.Error):
                process.kill()

    with pytest.raises(ClusterError, match="does not fit into the memory of a machine"), meanwhile(kill):
        run(many, tmp_path / "parts", cluster.address, n_actors=1)
    assert 0 < len(killed) <= 2 + N_RETRIES  # one more where an actor of the test before was still there
    assert not list((tmp_path / "parts").glob("part-*"))


def test_a_machine_without_memory_is_one_sentence(many, tmp_path):
    """Ray ends what works there; by itself it would begin it again without end, and print each time on standard output."""
    arguments = ["extract", "--ray", "--backbone", SPEC.backbone, "--images", str(many), "-o", str(tmp_path / "parts")]
    done = subprocess.run(
        [sys.executable, "-m", "featx_core", *arguments, "-q"],
        env=os.environ | {"RAY_memory_usage_threshold": "0.01", "RAY_memory_monitor_refresh_ms": "250"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert re.fullmatch(r"featx: .*does not fit into the memory of a machine.*\n", done.stderr)
