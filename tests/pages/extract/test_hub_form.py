"""Networks of KerasHub in the form: listed without their package, and with presets of one's own. Needs no KerasHub."""

import io
import zipfile

import pytest

from pages._ui.networks import backbone_choices
from tests.featx_core.networks.hub.test_preset_files import CONFIG, weights
from tests.toys.app.extracting import set_up, words_of
from tests.toys.app.visiting import element


@pytest.fixture
def token(shelve, make_png):
    return shelve([(f"{i}.png", make_png(i)) for i in range(4)])


def test_without_the_package_the_row_is_there_with_the_line_that_installs_it(visit, token, monkeypatch):
    monkeypatch.setattr(backbone_choices, "has_keras_hub", lambda: False)
    visitor = set_up(visit(token).open("extract"), backbone="dinov2_small")
    assert "DINOv2-S/14, 22.2 M parameters, 224 x 224, needs a package" in element(visitor, "backbone").options
    assert [code.value for code in visitor.tab.code] == ['pip install "keras-hub==0.32.*"']
    assert "Needs an optional package" in words_of(visitor)
    assert visitor.has_no_fault


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("config.json", CONFIG)
        archive.writestr("model.weights.h5", weights())
    return out.getvalue()


def test_a_preset_is_kept_from_a_zip_or_a_folder_and_others_are_refused(visit, token, monkeypatch, tmp_path):
    monkeypatch.setattr(backbone_choices, "has_keras_hub", lambda: True)
    visitor = set_up(visit(token).open("extract"), backbone="dinov2_small")
    assert "Patches of 14 x 14 pixels. Licence of the trained weights: Apache-2.0." in words_of(visitor)
    element(visitor, "weights_DINOv2-S/14").set_value("file").run()
    upload = next(node for node in visitor.tab.main.file_uploader if node.label == "Preset")
    upload.set_value(("mine.zip", b"PK\x03\x04 and so on", "application/zip")).run()
    assert "is damaged, encrypted, or not a zip of a preset" in words_of(visitor)
    upload = next(node for node in visitor.tab.main.file_uploader if node.label == "Preset")
    upload.set_value(("mine.zip", zipped(), "application/zip")).run()
    assert list(visitor.workspace.artefacts().values()) == ["mine.zip"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text(CONFIG)
    element(visitor, "preset_folder").set_value(str(tmp_path / "other")).run()
    element(visitor, "take_preset").click().run()
    assert "model.weights.h5 are not in it" in words_of(visitor).replace("\\", "")
    (tmp_path / "other" / "model.weights.h5").write_bytes(weights())
    element(visitor, "take_preset").click().run()
    assert sorted(visitor.workspace.artefacts().values()) == ["mine.zip", "other.zip"]
