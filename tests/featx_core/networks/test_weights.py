import hashlib
import os
import subprocess
import sys
import time
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from featx_core.backbones.registry import BACKBONES
from featx_core.backbones.weights_files import BackboneFiles, WeightsFile
from featx_core.backbones.weights_table import WEIGHTS_FILES
from featx_core.base.progress import Cancelled
from featx_core.networks import checked_files, downloads, weights
from featx_core.networks.origins import build_network
from featx_core.networks.weights_loading import WeightsError, count_values
from tests.toys.files.legacy_weights import legacy_file
from tests.toys.weights_server import PIECE, serving

ROW = BACKBONES["vgg16"]
CONTENT = bytes(range(256)) * 1024  # 256 KiB
HASH = hashlib.sha256(CONTENT).hexdigest()
FILE = WeightsFile("folder/", "small.h5", HASH)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Keras's cache folder, and a table in which VGG16 has a small file."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "*")
    for name, value in {"READ_SECONDS": 0.4, "PAUSE_SECONDS": 0.01, "CHUNK_BYTES": PIECE}.items():
        monkeypatch.setattr(downloads, name, value)
    use(monkeypatch, FILE)
    return tmp_path / "models"


def use(monkeypatch, file):
    table = {**WEIGHTS_FILES, ROW.title: BackboneFiles(file, file)}
    monkeypatch.setattr("featx_core.backbones.registry.WEIGHTS_FILES", table)


@pytest.fixture
def server(monkeypatch):
    with serving(CONTENT) as running:
        monkeypatch.setenv("FEATX_WEIGHTS_MIRROR", running.url)
        yield running


def starts(server):
    return [start for _, start in server.requests]


def test_a_good_download_is_whole_and_reports_bytes(server, folder):
    seen = []
    path = weights.fetch(ROW, on_progress=lambda done, total: seen.append((done, total)))
    assert path == folder / "small.h5"
    assert path.read_bytes() == CONTENT
    assert server.requests == [("/folder/small.h5", 0)]
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)
    assert weights.find(ROW) == path
    assert not (folder / "small.h5.part").exists()


def test_what_is_there_is_used_without_asking_anybody(server, folder):
    folder.mkdir()
    (folder / "small.h5").write_bytes(CONTENT)
    assert weights.fetch(ROW) == folder / "small.h5"
    assert server.requests == []


def test_a_file_is_hashed_once_and_again_when_it_changed(server):
    path = weights.fetch(ROW)
    with mock.patch.object(checked_files, "_hash", side_effect=AssertionError("hashed again")):
        assert weights.find(ROW) == path
    path.write_bytes(CONTENT[:-1] + b"x")
    os.utime(path, ns=(1, 1))
    assert weights.find(ROW) is None
    assert weights.has_wrong_file(ROW)


def test_a_truncated_download_is_continued(server, folder):
    server.modes = ["truncated", "good"]
    assert weights.fetch(ROW).read_bytes() == CONTENT
    assert starts(server) == [0, len(CONTENT) // 2]


def test_a_server_without_ranges_sends_it_all_again(server):
    server.modes = ["truncated", "no ranges"]
    assert weights.fetch(ROW).read_bytes() == CONTENT


def test_a_leftover_that_is_too_long_is_dropped(server, folder):
    folder.mkdir()
    (folder / "small.h5.part").write_bytes(CONTENT + b"more")
    server.modes = ["wrong", "good"]
    assert weights.fetch(ROW).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("mode", "n_requests", "reason"),
    [
        ("truncated", 3, "the connection was interrupted"),
        ("stalled", 3, "the connection was interrupted"),
        ("wrong", 3, "the downloaded file is not the expected one"),
        ("missing", 1, r"the server does not have it \(code 404\)"),
        ("failing", 3, r"the server has a problem \(code 503\)"),
    ],
)
def test_a_bad_server_never_leaves_a_wrong_file(server, folder, mode, n_requests, reason):
    server.modes = [mode]
    with pytest.raises(WeightsError, match=rf"VGG16 \(about 59 MB\) could not be downloaded: {reason}.*still work"):
        weights.fetch(ROW)
    assert len(server.requests) == n_requests
    assert weights.find(ROW) is None
    assert not (folder / "small.h5").exists()
    server.modes = ["good"]
    assert weights.fetch(ROW).read_bytes() == CONTENT


def test_no_connection_is_said_in_words(monkeypatch):
    monkeypatch.setenv("FEATX_WEIGHTS_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(WeightsError, match=r"could not be downloaded: there is no connection. Other backbones"):
        weights.fetch(ROW)


def test_a_wrong_file_is_told_and_kept_aside(server, folder):
    folder.mkdir()
    (folder / "small.h5").write_bytes(b"something else")
    assert weights.find(ROW) is None
    server.modes = ["missing"]
    with pytest.raises(
        WeightsError, match="The file in their place on this machine is damaged or not the expected one"
    ):
        weights.fetch(ROW)
    assert (folder / "small.h5").read_bytes() == b"something else"
    server.modes = ["good"]
    assert weights.fetch(ROW).read_bytes() == CONTENT
    assert (folder / "small.h5.wrong").read_bytes() == b"something else"


def test_an_endless_file_is_refused(server, monkeypatch):
    monkeypatch.setattr(downloads, "SLACK_BYTES", 0)
    monkeypatch.setattr(downloads, "MAX_TIMES_EXPECTED", 0)
    with pytest.raises(WeightsError, match="far larger than the expected file"):
        weights.fetch(ROW)


def test_a_cancelled_download_is_continued_later(server, folder):
    def stop_half_way(done, total):
        if done >= len(CONTENT) // 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        weights.fetch(ROW, on_progress=stop_half_way)
    assert not (folder / "small.h5").exists()
    kept = (folder / "small.h5.part").stat().st_size
    assert kept >= len(CONTENT) // 2
    assert weights.fetch(ROW).read_bytes() == CONTENT
    assert starts(server) == [0, kept]


def test_a_full_disk_is_said_in_words(server, monkeypatch):
    monkeypatch.setattr(downloads.os, "fsync", mock.Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(WeightsError, match="the disk is full"):
        weights.fetch(ROW)


FETCH = """
import sys
from featx_core.backbones import registry
from featx_core.networks import checked_files, downloads, weights
from featx_core.backbones.weights_files import BackboneFiles, WeightsFile
file = WeightsFile("folder/", "small.h5", sys.argv[1])
downloads.CHUNK_BYTES = 4096
registry.WEIGHTS_FILES = {"VGG16": BackboneFiles(file, file)}
print(weights.fetch(registry.BACKBONES["vgg16"]).stat().st_size)
"""


def start_fetching():
    return subprocess.Popen([sys.executable, "-c", FETCH, HASH], stdout=subprocess.PIPE, text=True)


def test_a_killed_download_is_continued(server, folder):
    server.seconds_a_piece = 0.05
    process = start_fetching()
    partial = folder / "small.h5.part"
    deadline = time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    kept = partial.stat().st_size
    assert 0 < kept < len(CONTENT)
    assert not (folder / "small.h5").exists()
    server.seconds_a_piece = 0.0
    assert weights.fetch(ROW).read_bytes() == CONTENT
    assert starts(server) == [0, kept]


@pytest.mark.slow
def test_four_processes_download_it_once(server, folder):
    server.seconds_a_piece = 0.01
    processes = [start_fetching() for _ in range(4)]
    assert [process.communicate(timeout=120)[0].strip() for process in processes] == [str(len(CONTENT))] * 4
    assert starts(server) == [0]
    assert (folder / "small.h5").read_bytes() == CONTENT


def test_waiting_ends_when_the_other_makes_no_headway(server, folder, monkeypatch):
    import filelock

    monkeypatch.setattr(downloads, "LOCK_SECONDS", 0.2)
    monkeypatch.setattr(downloads, "LOCK_POLL_SECONDS", 0.05)
    folder.mkdir()
    with (
        filelock.FileLock(str(folder / "small.h5.lock"), is_singleton=False),
        pytest.raises(WeightsError, match="downloading it without progress"),
    ):
        weights.fetch(ROW)


def test_without_a_hash_the_number_of_weights_is_checked(server, folder, monkeypatch):
    small = BACKBONES["mobilenet_v3_small"]
    row = replace(ROW, n_parameters=small.n_parameters)
    use(monkeypatch, WeightsFile("folder/", "small.h5", None))
    server.modes = ["good"]
    with pytest.raises(WeightsError, match="does not hold the weights of this network"):
        weights.fetch(row)
    server.content = legacy_file(build_network(small, (32, 32)))
    path = weights.fetch(row)
    assert count_values(path) == row.n_parameters
    assert weights.find(replace(row, n_parameters=row.n_parameters + 1)) is None


def test_efficientnet_gets_the_variance_that_its_weights_lack():
    row = BACKBONES["efficientnet_b0"]
    network = build_network(row, (32, 32))
    layer = next(layer for layer in network.layers if type(layer).__name__ == "Normalization")
    weights.finish_imagenet(row, network)
    np.testing.assert_array_equal(layer.adapt_variance.numpy(), [1, 1, 1])
    layer.adapt_variance.assign([0.229, 0.224, 0.225])
    for _ in range(2):
        weights.finish_imagenet(row, network)
        np.testing.assert_allclose(layer.adapt_variance.numpy(), np.square([0.229, 0.224, 0.225]), rtol=1e-6)


def test_the_folder_is_that_of_keras(tmp_path, monkeypatch):
    assert weights.weights_folder() == tmp_path / "models"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert weights.weights_folder() == tmp_path / ".keras" / "models"


@pytest.mark.network
def test_real_weights_can_be_downloaded():
    row = BACKBONES["mobilenet_v3_small"]
    assert count_values(weights.fetch(row)) == row.n_parameters
