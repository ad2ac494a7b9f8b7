"""Features as files: what goes out is what was computed, and no name becomes a formula."""

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest

from featx_core.base.wording import spreadsheet_safe
from featx_core.extraction import export
from featx_core.extraction.features import Features, load_features
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.tables.reading import read_vectors
from featx_core.workspace.workspace import Workspace


@pytest.fixture
def features() -> Features:
    values = np.random.default_rng(0).normal(size=(3, 2, 2)).astype(np.float32)
    spec = Pretrained(backbone="vgg16", pooling=None)
    return Features(values, ("=cmd()", "b.png", "c.png"), ("cat", None, "+1"), ("1", "2", "3"), spec)


def test_npz_holds_values_names_labels_and_the_spec(features):
    with np.load(io.BytesIO(export.to_npz(features)), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["values"], features.values)
        assert arrays["names"].tolist() == list(features.names)
        assert arrays["labels"].tolist() == ["cat", "", "+1"]
        assert spec_from_json(str(arrays["spec"])) == features.spec


def test_csv_gives_the_float32_values_back_and_defuses_formulas(features):
    table = pd.read_csv(io.BytesIO(export.to_csv(features)))
    np.testing.assert_array_equal(table.filter(like="f").to_numpy(np.float32), features.vectors)
    assert table["name"].tolist() == ["'=cmd()", "b.png", "c.png"]
    assert table["label"].tolist()[2] == "'+1"


def test_parquet_is_exact(features):
    table = pd.read_parquet(io.BytesIO(export.to_parquet(features)))
    np.testing.assert_array_equal(table.filter(like="f").to_numpy(), features.vectors)
    assert table["name"].tolist() == list(features.names)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_every_start_of_a_formula_is_defused(start):
    assert spreadsheet_safe(f"{start}x") == f"'{start}x"


def test_the_folders_of_images_go_along_where_they_say_more_than_the_name():
    values = np.eye(3, dtype=np.float32)
    names, paths = ("a.png", "dogs/1.png", "c.png"), {"dogs/1.png": "pets/dogs/1.png", "c.png": "=x/c.png"}
    features = Features(values, names, (None, "dogs", None), ("1", "2", "3"), Pretrained(), paths=paths)
    expected = ["a.png", "pets/dogs/1.png", "=x/c.png"]
    with np.load(io.BytesIO(export.to_npz(features)), allow_pickle=False) as arrays:
        assert arrays["paths"].tolist() == expected
    assert pd.read_parquet(io.BytesIO(export.to_parquet(features)))["path"].tolist() == expected
    table = pd.read_csv(io.BytesIO(export.to_csv(features)))
    assert table["path"].tolist() == ["a.png", "pets/dogs/1.png", "'=x/c.png"]
    assert list(table.columns[:3]) == ["name", "label", "path"]
    assert "path" not in export.to_table(dataclasses.replace(features, paths={}))


@pytest.mark.parametrize(
    ("kind", "write"), [("npz", export.to_npz), ("csv", export.to_csv), ("parquet", export.to_parquet)]
)
def test_a_file_with_folders_is_read_back_by_its_names(kind, write):
    values = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    names, paths = ("a.png", "dogs/1.png", "c.png"), {"dogs/1.png": "pets/dogs/1.png"}
    features = Features(values, names, ("x", "dogs", None), ("1", "2", "3"), Pretrained(), paths=paths)
    read = read_vectors((f"features.{kind}", write(features)))
    np.testing.assert_array_equal(read.values, features.vectors)
    assert (read.names, read.labels) == (names, ("x", "dogs", None))


def test_features_of_a_workspace_carry_the_folders_of_its_images(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("pets/cats/1.png", make_png(1)), ("pets/dogs/1.png", make_png(2))])
    spec = Pretrained(weights="random")
    workspace.vectors.save(spec.digest, {digest: np.ones(2, np.float32) for digest in workspace.images().digests})
    workspace.ledger.save(spec, {})
    features = load_features(workspace, spec.digest)
    assert features.names == ("cats/1.png", "dogs/1.png")
    assert export.to_table(features)["path"].tolist() == ["pets/cats/1.png", "pets/dogs/1.png"]
