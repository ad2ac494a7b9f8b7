"""Features as files: what goes out is what was computed, and no name becomes a formula."""

import io

import numpy as np
import pandas as pd
import pytest

from featx_core.base.wording import spreadsheet_safe
from featx_core.extraction import export
from featx_core.extraction.features import Features
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json


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


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_defused(start):
    assert spreadsheet_safe(f"{start}x") == f"'{start}x"
