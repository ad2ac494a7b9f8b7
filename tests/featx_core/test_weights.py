import hashlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from unittest import mock

import h5py
import numpy as np
import pytest
from weights_server import PIECE, serving

from featx_core import downloads, weights
from featx_core.backbones import BACKBONES, build_network
from featx_core.progress import Cancelled
from featx_core.weights_files import BackboneFiles, WeightsFile
from featx_core.weights_loading import WeightsError, count_values
from featx_core.weights_table import WEIGHTS_FILES

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
    monkeypatch.setattr("featx_core.backbones.WEIGHTS_FILES", table)


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
    with mock.patch.object(weights, "_hash", side_effect=AssertionError("hashed again")):
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
        ("truncated", 3, "the connection broke off"),
        ("stalled", 3, "the connection broke off"),
        ("wrong", 3, "what arrived is not that file"),
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
    with pytest.raises(WeightsError, match="A file that lies in their place on this machine is damaged or another one"):
        weights.fetch(ROW)
    assert (folder / "small.h5").read_bytes() == b"something else"
    server.modes = ["good"]
    assert weights.fetch(ROW).read_bytes() == CONTENT
    assert (folder / "small.h5.wrong").read_bytes() == b"something else"


def test_an_endless_file_is_refused(server, monkeypatch):
    monkeypatch.setattr(downloads, "SLACK_BYTES", 0)
    monkeypatch.setattr(downloads, "MOST_TIMES_EXPECTED", 0)
    with pytest.raises(WeightsError, match="far larger than that file"):
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
from featx_core import backbones, downloads, weights
from featx_core.weights_files import BackboneFiles, WeightsFile
file = WeightsFile("folder/", "small.h5", sys.argv[1])
downloads.CHUNK_BYTES = 4096
backbones.WEIGHTS_FILES = {"VGG16": BackboneFiles(file, file)}
print(weights.fetch(backbones.BACKBONES["vgg16"]).stat().st_size)
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
        pytest.raises(WeightsError, match="makes no headway"),
    ):
        weights.fetch(ROW)


def legacy_file(network):
    """The form in which Keras publishes its weights."""
    from keras.src.legacy.saving import legacy_h5_format

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    return out.getvalue()


@pytest.fixture(scope="module")
def network():
    return build_network(BACKBONES["mobilenet_v3_small"], (32, 32))


@pytest.fixture(scope="module")
def legacy(network):
    return legacy_file(network)


def values(network):
    return [variable.numpy() for variable in network.weights]


def scramble(network):
    for variable in network.weights:
        if "float" in str(variable.dtype):
            variable.assign(np.full(variable.shape, 7.0))


def is_scrambled(network):
    return all((value == 7).all() for value in values(network) if value.dtype.kind == "f")


def test_without_a_hash_the_number_of_weights_is_checked(server, folder, monkeypatch, legacy):
    row = replace(ROW, n_parameters=BACKBONES["mobilenet_v3_small"].n_parameters)
    use(monkeypatch, WeightsFile("folder/", "small.h5", None))
    server.modes = ["good"]
    with pytest.raises(WeightsError, match="does not hold the weights of this network"):
        weights.fetch(row)
    server.content = legacy
    path = weights.fetch(row)
    assert count_values(path) == row.n_parameters
    assert weights.find(replace(row, n_parameters=row.n_parameters + 1)) is None


@pytest.mark.parametrize("form", ["legacy", "keras 3", "path"])
def test_both_forms_of_weights_load(form, network, legacy, tmp_path):
    expected = values(network)
    path = tmp_path / "a.weights.h5"
    network.save_weights(path)
    source = {"legacy": legacy, "keras 3": path.read_bytes(), "path": path}[form]
    scramble(network)
    weights.load_into(network, source, "mine.h5")
    for ours, theirs in zip(values(network), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_nested_layers_load_from_keras_3(tmp_path):
    network = build_network(BACKBONES["convnext_tiny"], (32, 32))
    expected = values(network)
    network.save_weights(tmp_path / "a.weights.h5")
    scramble(network)
    weights.load_into(network, tmp_path / "a.weights.h5", "mine")
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(values(network), expected, strict=True))


@pytest.mark.parametrize("form", ["legacy", "keras 3"])
def test_weights_that_do_not_fit_are_named_and_change_nothing(form, network, tmp_path):
    other = build_network(BACKBONES["mobilenet_v3_large"], (32, 32))
    other.save_weights(tmp_path / "a.weights.h5")
    source = legacy_file(other) if form == "legacy" else tmp_path / "a.weights.h5"
    scramble(network)
    with pytest.raises(WeightsError) as error:
        weights.load_into(network, source, "large.h5")
    words = str(error.value)
    assert words.startswith("`large.h5` does not fit this network: ")
    assert words.count("the network has") == 5
    assert "the network has (1, 1, 16, 8) and (8,), the file" in words or "the network has (3, 3, 16, 1)" in words
    assert "The network was not changed." in words
    assert is_scrambled(network)


def test_every_layer_is_compared(network, legacy):
    content = io.BytesIO(legacy)
    with h5py.File(content, "r+") as file:
        names = file.attrs["layer_names"][-3:]
        file.attrs["layer_names"] = file.attrs["layer_names"][:-3]
    with pytest.raises(WeightsError, match=r"2 of \d+ layers with weights differ.*the file nothing") as error:
        weights.load_into(network, content.getvalue(), "short.h5")
    assert all(f"`{name}`" in str(error.value) for name in names[:2])


def whole_model():
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file.attrs["model_config"] = "{}"
        file.create_group("model_weights")
    return out.getvalue()


def plain_hdf5():
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file["numbers"] = np.zeros(3)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (whole_model(), "is a whole model, not a file of weights. In Keras, write only its weights"),
        (b"PK\x03\x04 and so on", "is a whole model or an archive"),
        (plain_hdf5(), "is an HDF5 file, but holds no Keras weights"),
        (b"not HDF5 at all", "is damaged or something else"),
        (b"", "is damaged or something else"),
    ],
)
def test_anything_else_is_refused(content, reason, network):
    with pytest.raises(WeightsError, match=f"`my file` {reason}|`my file`.*{reason}"):
        weights.load_into(network, content, "my file")


def test_a_cut_file_is_refused(network, legacy):
    scramble(network)
    with pytest.raises(WeightsError, match="is damaged or something else"):
        weights.load_into(network, legacy[: len(legacy) // 2], "cut.h5")
    assert is_scrambled(network)


def test_values_that_are_no_numbers_are_refused(network, legacy):
    content = io.BytesIO(legacy)
    with h5py.File(content, "r+") as file:
        file["conv/conv/kernel"][0, 0, 0, 0] = np.nan
    scramble(network)
    with pytest.raises(WeightsError, match="holds values that are no numbers, in layer `conv`"):
        weights.load_into(network, content.getvalue(), "nan.h5")
    assert is_scrambled(network)


@pytest.mark.parametrize("kind", ["soft", "external", "external data", "virtual", "text"])
def test_no_link_leads_out_of_the_file(kind, network, legacy, tmp_path):
    content = io.BytesIO(legacy)
    shape = (3, 3, 3, 16)
    with h5py.File(content, "r+") as file:
        group = file["conv/conv"]
        group.move("kernel", "other")
        if kind == "soft":
            group["kernel"] = h5py.SoftLink("/conv/conv/other")
        elif kind == "external":
            group["kernel"] = h5py.ExternalLink(str(tmp_path / "x.h5"), "/secret")
        elif kind == "external data":
            group.create_dataset("kernel", shape, "f4", external=[(str(tmp_path / "raw"), 0, h5py.h5f.UNLIMITED)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout(shape, "f4")
            layout[...] = h5py.VirtualSource(str(tmp_path / "x.h5"), "secret", shape)
            group.create_virtual_dataset("kernel", layout)
        else:
            group.create_dataset("kernel", shape, h5py.string_dtype())
    with pytest.raises(WeightsError, match="is damaged or something else"):
        weights.load_into(network, content.getvalue(), "hostile.h5")


def test_a_shape_bomb_costs_nothing(network, legacy):
    content = io.BytesIO(legacy)
    with h5py.File(content, "r+") as file:
        del file["conv/conv/kernel"]
        file["conv/conv"].create_dataset("kernel", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024), compression="gzip")
    with pytest.raises(WeightsError, match=r"the file \(1048576, 1048576\)"):
        weights.load_into(network, content.getvalue(), "bomb.h5")


def test_a_file_over_the_limit_is_refused(network, monkeypatch, legacy):
    monkeypatch.setattr("featx_core.weights_loading.MAX_WEIGHTS_BYTES", 1_000_000)
    with pytest.raises(WeightsError, match=r"too large: \d MB; the limit is 1 MB"):
        weights.load_into(network, legacy, "large.h5")
    weights.load_into(network, legacy, "large.h5", is_trusted=True)


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


def test_classes_are_named_only_from_the_right_list(folder, monkeypatch):
    assert weights.class_names()[281] == "class 281"
    content = json.dumps({str(i): [f"n{i}", f"tabby_{i}"] for i in range(1000)}).encode()
    folder.mkdir()
    (folder / "imagenet_class_index.json").write_bytes(content)
    assert weights.class_names()[281] == "class 281"
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(weights, "CLASS_NAMES_FILE", replace(weights.CLASS_NAMES_FILE, hash=digest))
    assert weights.class_names()[281] == "tabby 281"
    assert len(weights.class_names()) == 1000


def test_the_folder_is_that_of_keras(tmp_path, monkeypatch):
    assert weights.weights_folder() == tmp_path / "models"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert weights.weights_folder() == tmp_path / ".keras" / "models"


@pytest.mark.network
def test_real_weights_can_be_downloaded():
    row = BACKBONES["mobilenet_v3_small"]
    assert count_values(weights.fetch(row)) == row.n_parameters
