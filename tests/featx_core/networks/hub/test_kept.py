"""Presets in a workspace. Needs no KerasHub."""

import pytest

import featx_core as fx
from featx_core.networks.weights_loading import WeightsError
from tests.featx_core.networks.hub.test_preset_files import CONFIG, weights


def test_a_folder_and_its_zip_are_kept_once(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text(CONFIG)
    (folder / "model.weights.h5").write_bytes(weights())
    workspace = fx.Workspace.open(":memory:")
    kept = fx.keep_preset(workspace, folder)
    assert workspace.artefacts() == {kept.removeprefix("file:"): "mine.zip"}
    (tmp_path / "other.zip").write_bytes(workspace.artefact(kept.removeprefix("file:")))
    assert fx.keep_preset(workspace, str(tmp_path / "other.zip")) == kept
    assert fx.Pretrained("dinov2_small", weights=kept).weights_kind == "file"
    with pytest.raises(WeightsError, match="no folder and no zip at `nothing`"):
        fx.keep_preset(workspace, tmp_path / "nothing")
    with pytest.raises(WeightsError, match="damaged, encrypted, or not a zip"):
        fx.keep_preset(workspace, folder / "config.json")
