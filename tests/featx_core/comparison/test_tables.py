"""The tables of a comparison."""

import numpy as np

import featx_core as fx
from featx_core.robustness.stability import Stability


def test_stability_stands_in_the_table_of_a_comparison():
    rng = np.random.default_rng(0)
    found = fx.compare({"a": rng.normal(size=(20, 4)), "b": rng.normal(size=(20, 4))})
    table = found.with_stability({"b": Stability(0.8, 0.7, 0.9, 20, 7)}).table.set_index("extractor")
    assert table.loc["b", ["stability", "stability_low", "stability_high"]].tolist() == [0.8, 0.7, 0.9]
    assert np.isnan(table.loc["a", "stability"])
    assert "stability" not in found.table
