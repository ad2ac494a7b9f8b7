"""Files of one model: what is kept of them, and what is not."""

import io
import zipfile

import numpy as np
import pytest

from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.onnx import files
from featx_core.networks.own.onnx.files import holds_onnx, put_together
from tests.toys.files.model_files import small_model
from tests.toys.files.onnx_files import in_two_files, onnx, small, small_file


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def test_what_is_kept_computes_the_same_and_names_no_path_of_anyone(tmp_path):
    kept = put_together(small_file())
    assert b"someone" in small_file()
    assert b"someone" not in kept
    assert b"train.py" not in kept
    assert put_together(kept) == kept
    made = onnx.load_model_from_string(kept)
    onnx.checker.check_model(made)
    assert [each.name for each in made.graph.node] == ["features.look", "features.relu", "pooled", "flatten"]
    assert [each.name for each in made.graph.input] == ["images"]
    image = np.random.default_rng(0).normal(size=(1, 3, 32, 32)).astype(np.float32)
    expected = onnx.reference.ReferenceEvaluator(small()).run(None, {"x": image})[0]
    np.testing.assert_array_equal(onnx.reference.ReferenceEvaluator(made).run(None, {"images": image})[0], expected)


def test_two_files_and_a_zip_of_both_give_the_same_as_one(tmp_path):
    both = in_two_files(small(), tmp_path)
    expected = put_together(small_file())
    assert put_together(both["small.onnx"], both.get) == expected
    members = [("export/small.onnx", both["small.onnx"]), ("export/small.onnx.data", both["small.onnx.data"])]
    assert put_together(zipped([*members, ("__MACOSX/._x", b"x"), ("export/.hidden", b"x")])) == expected


def test_zips_that_are_no_one_model_are_refused(monkeypatch):
    two = zipped([("a.onnx", small_file()), ("b.onnx", small_file())])
    with pytest.raises(ModelFileError, match="is a zip with 2 models in ONNX"):
        put_together(two)
    with pytest.raises(ModelFileError, match="holds two files of one name"):
        put_together(zipped([("a/w", b"1"), ("b/w", b"2"), ("a.onnx", small_file())]))
    damaged = bytearray(two)
    damaged[60:200] = bytes(140)
    with pytest.raises(ModelFileError, match="is damaged"):
        put_together(bytes(damaged))
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 3_000)
    with pytest.raises(ModelFileError, match="unpacks to more than 0 MB"):
        put_together(zipped([("a.onnx", small_file()), ("w", bytes(10**6))]))


def test_a_model_in_onnx_is_told_from_other_files():
    assert holds_onnx(small_file())
    assert holds_onnx(zipped([("a.onnx", b"")]))
    assert not any(map(holds_onnx, (small_model(), b"", b"PK\x03\x04", b"\x08\x01\x12\xf0")))
