"""Presets as folders and zips, good ones and others. Needs no KerasHub."""

import io
import json
import zipfile

import h5py
import pytest

from featx_core.networks.hub import preset_files
from featx_core.networks.hub.preset_files import pack_preset, read_preset
from featx_core.networks.weights_loading import WeightsError

CONFIG = json.dumps({"class_name": "A", "config": {"patch_size": 8}})


def weights():
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file["layers/a/vars/0"] = [1.0, 2.0]
    return out.getvalue()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    for name, content in {"config.json": CONFIG, "metadata.json": "{}", "tokenizer.json": "{}"}.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "model.weights.h5").write_bytes(weights())
    return tmp_path


def test_a_folder_becomes_a_zip_that_is_read(folder):
    content = pack_preset(folder)
    assert content == pack_preset(str(folder))
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["config.json", "metadata.json", "model.weights.h5"]
    found = read_preset(content, "mine")
    assert (found.config, found.converter) == (json.loads(CONFIG), None)
    assert found.weights == (folder / "model.weights.h5").read_bytes()


def test_a_zip_of_the_folder_itself_is_read_too():
    content = zipped({"mine/config.json": CONFIG, "mine/model.weights.h5": weights(), "mine/assets/x.txt": "x"})
    assert read_preset(content, "mine").config["class_name"] == "A"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"config.json": CONFIG}, r"model\.weights\.h5 are not in it"),
        ({"config.json": "{", "model.weights.h5": weights()}, r"config\.json of `mine` is not JSON"),
        ({"config.json": "[" * 100_000, "model.weights.h5": weights()}, "is not JSON"),
        ({"config.json": "[1]", "model.weights.h5": weights()}, "not what KerasHub writes"),
        ({"config.json": CONFIG, "model.weights.h5": b"PK"}, r"model\.weights\.h5 of `mine` is not an HDF5 file"),
        ({"config.json": " " * 1_000_001, "model.weights.h5": weights()}, "too large: the limit is 1000 kB"),
        ({"a/config.json": CONFIG, "b/config.json": CONFIG, "model.weights.h5": weights()}, r"config\.json twice"),
    ],
)
def test_what_is_no_preset_is_refused(members, words):
    with pytest.raises(WeightsError, match=words):
        read_preset(zipped(members), "mine")


@pytest.mark.parametrize("cut", [10, -40])
def test_half_a_zip_is_refused(cut):
    with pytest.raises(WeightsError, match="damaged, encrypted, or not a zip"):
        read_preset(zipped({"config.json": CONFIG, "model.weights.h5": weights()})[:cut], "mine")


def test_what_unpacks_to_too_much_is_refused_by_what_it_declares(monkeypatch, folder):
    monkeypatch.setattr(preset_files, "MAX_PRESET_BYTES", 5000)
    content = zipped({"config.json": CONFIG, "model.weights.h5": weights() + bytes(5000)})
    assert len(content) < 2000
    with pytest.raises(WeightsError, match="unpacks to too much"):
        read_preset(content, "mine")
    (folder / "model.weights.h5").write_bytes(bytes(5001))
    with pytest.raises(WeightsError, match="is too large"):
        pack_preset(folder)


def test_a_folder_without_a_preset_is_refused(tmp_path):
    with pytest.raises(
        WeightsError, match=r"is no preset of KerasHub: config\.json and model\.weights\.h5 are not in it"
    ):
        pack_preset(tmp_path)
