"""Files that are no `.keras` of Keras 3 are refused by their kind, with the way to one that works."""

import io
import zipfile

import numpy as np
import pytest

from featx_core.networks.own import container
from featx_core.networks.own.container import open_container, weights_of
from featx_core.networks.own.errors import ModelFileError
from tests.toys.files.model_files import functional, packed, small_model, small_parts, weights
from tests.toys.memory import forget_peak, peak_megabytes


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            weights({"a": np.zeros(2)}),
            r"is an HDF5 file \(\.h5\).* save it as one file with `model\.save\('name\.keras'\)`",
        ),
        (zipped("model/saved_model.pb", "model/variables/x"), "is a SavedModel of TensorFlow, which is a program"),
        (zipped("archive/data.pkl", "archive/version"), r"is a file of PyTorch.*`torch\.onnx\.export"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + b"x" * 99, "is a file of PyTorch"),
        (b"\x20\0\0\0TFL3" + b"x" * 99, "is a model of TensorFlow Lite"),
        (zipped("pictures/1.png"), "is a zip, but no model of Keras"),
        (b"nonsense", "is no model of Keras or ONNX, or is damaged"),
        (b"", "is no model of Keras or ONNX, or is damaged"),
        (small_model()[:-80], "is damaged: its parts cannot be read"),
        (
            packed(functional(*small_parts()), version="2.15.0"),
            r"was saved by Keras 2\.15\.0, .*`model\.save_weights\(",
        ),
        (packed(functional(*small_parts()), version="99.0"), r"was saved by Keras 99\.0, .* Save it with Keras 3\.$"),
        (
            packed(functional(*small_parts()), more=[("assets/vocabulary.txt", "a")]),
            "holds `assets/vocabulary.txt` besides",
        ),
        (packed(functional(*small_parts()), more=[("metadata.json", "{}")]), "does not say which Keras saved it"),
    ],
)
def test_other_files_are_refused_by_kind(content, words):
    with pytest.raises(ModelFileError, match=words):
        open_container(content)


def test_a_file_of_keras_tells_what_is_in_it():
    found = open_container(small_model())
    assert found.keras_version == "3.15.1"
    assert [layer["name"] for layer in found.config["config"]["layers"]] == ["image", "look", "pooled"]
    assert len(weights_of(small_model())) == found.n_weights_bytes


def test_sizes_are_limits_whatever_the_zip_says(monkeypatch):
    monkeypatch.setattr(container, "MAX_WEIGHTS_BYTES", 1_000)
    with pytest.raises(ModelFileError, match=r"GB of weights; the limit is"):
        open_container(small_model())
    lying = small_model().replace(len(weights_of_plain()).to_bytes(4, "little"), (500).to_bytes(4, "little"))
    with pytest.raises(ModelFileError, match=r"is damaged|more than 0\.001 MB"):
        weights_of(lying)
    monkeypatch.setattr(container, "MAX_FILE_BYTES", 100)
    with pytest.raises(ModelFileError, match=r"is too large: .* MB; the limit is 0 MB\."):
        open_container(small_model())


def weights_of_plain():
    with zipfile.ZipFile(io.BytesIO(small_model())) as archive:
        return archive.read("model.weights.h5")


def test_a_bomb_is_refused_by_what_it_declares_and_takes_no_memory():
    """The server looks at files before any other process does. 300 MB of blanks in 0.3 MB; fault 27."""
    out, blanks = io.BytesIO(), b" " * 2**20
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("model.weights.h5", b"")
        with archive.open("config.json", "w") as member:
            for _ in range(300):
                member.write(blanks)
    forget_peak()
    before = peak_megabytes()
    with pytest.raises(ModelFileError, match=r"too large|limit"):
        open_container(out.getvalue())
    assert peak_megabytes() - before < 50
