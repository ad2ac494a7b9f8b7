"""Export of features: NumPy, CSV and Parquet files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.wording import spreadsheet_safe

if TYPE_CHECKING:
    import pandas as pd

    from featx_core.extraction.features import Features


def to_npz(features: Features) -> bytes:
    """Write features as a compressed NumPy archive.

    It holds `values` (float32 `(n_rows, *feature_shape)`, one row per image or one a copy), `names`, `labels` ("" for none),
    `digests` and the `spec` as JSON; where images lay in folders also `paths`; for copies also `copies`, the number of each
    row's copy from 0. Read it with `numpy.load(file, allow_pickle=False)`.
    """
    out = io.BytesIO()
    arrays: dict[str, Any] = {
        "values": features.values,
        "names": np.array(features.names),
        "labels": np.array([label or "" for label in features.labels]),
        "digests": np.array(features.digests),
        "spec": np.array(features.spec.to_json()),
    }
    if features.paths:
        arrays["paths"] = np.array(_paths(features))
    if features.copies is not None:
        arrays["copies"] = np.array(features.copies, np.int64)
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def to_table(features: Features) -> pd.DataFrame:
    """Return features as a table: name, label, then one column per feature (`f0`, `f1`, ...), one row per image.

    Where images lay in folders, the column `path` holds them. Where each image has several copies, one row a copy, and its
    number from 0 in the column `copy`.
    """
    import pandas as pd

    vectors = features.vectors
    columns = pd.DataFrame(vectors, columns=[f"f{index}" for index in range(vectors.shape[1])])
    if features.copies is not None:
        columns.insert(0, "copy", pd.Series(features.copies, dtype="int64"))
    if features.paths:
        columns.insert(0, "path", pd.Series(_paths(features), dtype=object))
    columns.insert(0, "label", pd.Series(features.labels, dtype=object))
    columns.insert(0, "name", pd.Series(features.names, dtype=object))
    return columns


def _paths(features: Features) -> list[str]:
    return [features.paths.get(name, name) for name in features.names]


def to_csv(features: Features) -> bytes:
    """Write the table of features as CSV (UTF-8), with names that no spreadsheet takes for a formula."""
    table = to_table(features)
    for column in [column for column in ("name", "label", "path") if column in table]:
        table[column] = [spreadsheet_safe(text) for text in table[column]]
    return table.to_csv(index=False, float_format="%.9g").encode("utf-8")


def to_parquet(features: Features) -> bytes:
    """Write the table of features as Parquet, float32 exactly as computed."""
    out = io.BytesIO()
    to_table(features).to_parquet(out, index=False)
    return out.getvalue()
