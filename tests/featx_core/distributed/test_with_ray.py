"""Real Ray, two machines of one core each on this one: every image once, whatever dies. Run by `pytest -m thorough`."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest

import featx_core as fx
from featx_core.distributed import extraction, ray_here
from featx_core.distributed.ray_here import ClusterError
from tests.conftest import png

ray = pytest.importorskip("ray", reason='needs Ray: pip install "ray[data]==2.60.*"')
pytestmark = pytest.mark.thorough
N_IMAGES, N_A_CHUNK = 60, 6
SPEC = fx.Pretrained("embedded_v1")
COMPUTES = "_Compute"


@pytest.fixture(scope="module")
def address():
    from ray.cluster_utils import Cluster

    ray_here.make_findable()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    node = {"num_cpus": 1, "object_store_memory": 200 * 1024**2}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    cluster.add_node(**node)
    cluster.wait_for_nodes()
    yield cluster.address
    cluster.shutdown()


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number in range(N_IMAGES):
        (folder / f"{number:03}.png").write_bytes(png(number, width=70, height=60))
    return folder


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(extraction, "images_per_chunk", lambda size: N_A_CHUNK)


class Following:
    """Does something once, as soon as the first chunk is done."""

    def __init__(self, then=lambda: None):
        self._then = then

    def stage(self, name, *, limit_seconds=None):
        pass

    def __call__(self, done, total):
        then, self._then = self._then, lambda: None
        then()


def run(photos, folder, address, then=lambda: None, spec=SPEC, **options):
    return fx.extract_images([str(photos)], spec, folder, address=address, on_progress=Following(then), **options)


def rows_of(folder):
    """All rows of a folder: path to vector; no path twice."""
    tables = [pq.read_table(part) for part in Path(folder).glob("part-*.parquet")]
    paths = [path for table in tables for path in table["path"].to_pylist()]
    assert len(paths) == len(set(paths))
    return dict(zip(paths, (row for table in tables for row in table["features"].to_pylist()), strict=True))


def computing():
    """The processes of actors that hold the network."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any("ray::" in part and COMPUTES in part for part in process.info["cmdline"] or ()):
            found.append(process)
    return found


def test_features_are_those_of_the_plain_command_and_open_in_the_app(photos, address, tmp_path):
    found = run(photos, tmp_path / "parts", address, n_actors=2)
    assert (found.n_images, found.n_computed, dict(found.left_out)) == (N_IMAGES, N_IMAGES, {})
    workspace = fx.Workspace.open(":memory:")
    workspace.add([photos])
    features = fx.extract(workspace.images(), fx.build(SPEC))
    expected = {str(photos / name): row for name, row in zip(features.names, features.vectors, strict=True)}
    rows = rows_of(tmp_path / "parts")
    assert rows.keys() == expected.keys()
    largest = np.abs(features.vectors).max()
    for path, row in rows.items():
        np.testing.assert_allclose(row, expected[path], rtol=0, atol=1e-5 * largest)
    opened = fx.load_features(workspace, fx.add_vectors(workspace, fx.read_vectors(tmp_path / "parts")).digest)
    assert set(opened.digests) == set(features.digests)
    again = run(photos, tmp_path / "parts", address)
    assert (again.n_images, again.n_computed) == (N_IMAGES, 0)


def test_actors_that_are_killed_lose_nothing(photos, address, tmp_path):
    def kill():
        for process in computing():
            process.kill()

    found = run(photos, tmp_path / "parts", address, kill, n_actors=2)
    assert found.n_images == len(rows_of(tmp_path / "parts")) == N_IMAGES


def test_a_command_that_is_killed_is_gone_on_with(photos, address, tmp_path):
    spec = tmp_path / "spec.json"
    spec.write_text(SPEC.to_json(), encoding="utf-8")
    folder = tmp_path / "parts"
    script = (
        "import sys; from featx_core.distributed import extraction; extraction.images_per_chunk = lambda size: "
        f"{N_A_CHUNK}; from featx_core.command.main import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = [
        "extract",
        "--ray",
        address,
        "--spec",
        str(spec),
        "--images",
        str(photos),
        "-o",
        str(folder),
        "--actors",
        "1",
    ]
    driver = subprocess.Popen([sys.executable, "-c", script, *arguments])
    end = time.monotonic() + 300
    while not list(folder.glob("part-*.parquet")) and time.monotonic() < end:
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    before = {part: part.stat().st_mtime_ns for part in folder.glob("part-*.parquet")}
    assert before
    found = run(photos, folder, address)
    assert found.n_images == len(rows_of(folder)) == N_IMAGES
    assert {part: part.stat().st_mtime_ns for part in before} == before
    assert not list(folder.glob("*.part"))


def test_damaged_and_vanished_images_are_named_and_nothing_else_is_lost(photos, address, tmp_path, make_png):
    for image in photos.glob("*.png"):
        (tmp_path / "photos").mkdir(exist_ok=True)
        (tmp_path / "photos" / image.name).write_bytes(image.read_bytes())
    (tmp_path / "photos" / "003.png").write_bytes(make_png(3)[:300])
    listed = extraction.list_images

    def vanishing(given):
        images = listed(given)
        (tmp_path / "photos" / "007.png").unlink()
        return images

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extraction, "list_images", vanishing)
        found = run(tmp_path / "photos", tmp_path / "parts", address)
    assert {Path(path).name: reason for path, reason in found.left_out.items()} == {
        "003.png": "the file ends early",
        "007.png": "does not exist",
    }
    table = pq.read_table(tmp_path / "parts" / "skipped.parquet").to_pydict()
    assert dict(zip(table["path"], table["reason"], strict=True)) == found.left_out
    assert len(rows_of(tmp_path / "parts")) == N_IMAGES - 2
    (tmp_path / "photos" / "003.png").write_bytes(make_png(3))
    mended = run(tmp_path / "photos", tmp_path / "parts", address)
    assert (mended.n_computed, len(rows_of(tmp_path / "parts"))) == (1, N_IMAGES - 1)


def test_a_disk_that_fills_is_said_and_gone_on_with(photos, address, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        with pytest.raises(ClusterError, match=r"cannot be written into .*: no space left on device\. \d+ images"):
            run(photos, folder, address, n_actors=1)
        kept = {part: part.stat().st_mtime_ns for part in folder.glob("part-*.parquet")}
        assert kept
        subprocess.run(["mount", "-o", "remount,size=4m", str(folder)], check=True)
        assert run(photos, folder, address, n_actors=1).n_images == len(rows_of(folder)) == N_IMAGES
        assert {part: part.stat().st_mtime_ns for part in kept} == kept
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_network_that_does_not_fit_is_one_sentence(photos, address, tmp_path):
    """The process ends as the system ends one that takes too much memory: killed while it builds the network."""
    with pytest.raises(ClusterError, match="does not fit into the memory of a machine"), _killed_at_birth():
        run(photos, tmp_path / "parts", address, n_actors=1)
    assert not list((tmp_path / "parts").glob("part-*"))


@contextlib.contextmanager
def _killed_at_birth():
    import threading

    over = threading.Event()

    def hunt():
        while not over.wait(0.02):
            for process in computing():
                with contextlib.suppress(psutil.Error):
                    process.kill()

    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        yield
    finally:
        over.set()
        hunter.join()


def test_a_dataset_of_ones_own_keeps_its_rows_and_columns(photos, address, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with ray_here.connected(address):
        images = ray.data.read_binary_files([str(photos), str(tmp_path / "bad.png")], include_paths=True)
        rows = fx.extract_dataset(images, SPEC, n_actors=1).take_all()
        pixels = ray.data.read_images(str(photos / "000.png"), include_paths=True)
        (row,) = fx.extract_dataset(pixels, SPEC, column="image", n_actors=1).take_all()
    by_name = {Path(row["path"]).name: row for row in rows}
    assert len(by_name) == len(rows) == N_IMAGES + 1
    assert by_name["bad.png"]["features"] is None
    assert by_name["bad.png"]["reason"]
    assert by_name["000.png"]["reason"] is None
    np.testing.assert_allclose(row["features"], by_name["000.png"]["features"], rtol=1e-4, atol=1e-5)
    assert row["sha256"] is None
