"""Features as files: what goes out is what was computed, and no name becomes a formula."""

import dataclasses
import io
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

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


def test_parquet_is_exact_and_packed_as_columns_of_vectors_should_be(features):
    content = export.to_parquet(features)
    file = parquet.ParquetFile(io.BytesIO(content))
    table = file.read()
    np.testing.assert_array_equal(np.stack(table["features"].to_numpy()), features.vectors)
    assert table.schema.field("features").type == pa.list_(pa.float32(), 4)
    assert table["name"].to_pylist() == list(features.names)
    assert table["label"].to_pylist() == ["cat", None, "+1"]
    assert spec_from_json(table.schema.metadata[b"featx.spec"].decode()) == features.spec
    column = file.metadata.row_group(0).column(table.column_names.index("features"))
    assert column.compression == "ZSTD"
    assert "BYTE_STREAM_SPLIT" in column.encodings
    assert not any("DICTIONARY" in each for each in column.encodings)


def test_groups_of_rows_are_of_a_size_that_is_worth_skipping():
    values = np.zeros((5000, 1024), np.float32)
    names = tuple(map(str, range(5000)))
    features = Features(values, names, (None,) * 5000, names, Pretrained())
    file = parquet.ParquetFile(io.BytesIO(export.to_parquet(features)))
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [2048, 2048, 904]


def test_numbers_have_a_decimal_point_and_come_back_exactly():
    values = np.array([[0, 1, -2, 0.1, 1e-20, 3.4e38, np.nan]], np.float32)
    text = export.to_csv(Features(values, ("a",), (None,), ("1",), Pretrained())).decode()
    cells = text.splitlines()[1].split(",")[2:]
    assert cells[:3] == ["0.0", "1.0", "-2.0"]
    np.testing.assert_array_equal([np.float32(cell or "nan") for cell in cells], values[0])


def test_orange_is_told_what_each_column_is(features):
    table = pd.read_csv(io.BytesIO(export.to_orange(features)))
    assert list(table.columns) == ["mS#name", "cD#label", "C#f0", "C#f1", "C#f2", "C#f3"]
    np.testing.assert_array_equal(table.filter(like="C#").to_numpy(np.float32), features.vectors)
    assert "cD#label" not in export.to_orange(dataclasses.replace(features, labels=(None,) * 3)).decode()


def test_the_projector_gets_tensors_without_a_header_and_a_line_a_row(features):
    hostile = dataclasses.replace(features, names=("a\tb\nc", "b.png", "c.png"))
    with zipfile.ZipFile(io.BytesIO(export.to_projector(hostile))) as file:
        tensors, words = (file.read(name).decode() for name in ("tensors.tsv", "metadata.tsv"))
    np.testing.assert_array_equal(np.loadtxt(io.StringIO(tensors), dtype=np.float32), features.vectors)
    assert words.splitlines() == ["name\tlabel", "a b c\tcat", "b.png\t", "c.png\t+1"]


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
