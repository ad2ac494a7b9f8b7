"""Export of features: NumPy, CSV and Parquet files."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.wording import spreadsheet_safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import pyarrow as pa

    from featx_core.extraction.features import Features

_PROJECTOR = """embeddings {
  tensor_name: "features"
  tensor_path: "tensors.tsv"
  metadata_path: "metadata.tsv"
}
"""

ROW_GROUP_BYTES = 8 * 1024**2
"""Of features in one group of rows of a Parquet file."""


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
    """Write the table of features as CSV (UTF-8), with names that no spreadsheet takes for a formula.

    Numbers have a decimal point, see `decimal`.
    """
    return _csv(_safe(to_table(features)))


def to_parquet(features: Features) -> bytes:
    """Write features as Parquet: names, labels, digests, and the column `features`, float32 exactly as computed.

    `features` is `fixed_size_list<float32>`, packed by byte-stream split and zstd, in groups of rows that a reader can skip.
    Where images lay in folders, the column `path` holds them; where each image has several copies, `copy` their number. The
    spec stands as JSON under `featx.spec` in the metadata of the file, the shape of one image's features under
    `featx.feature_shape`.
    """
    import pyarrow as pa

    vectors = features.vectors
    columns: dict[str, Any] = {
        "name": pa.array(features.names, pa.string()),
        "label": pa.array(features.labels, pa.string()),
    }
    if features.paths:
        columns["path"] = pa.array(_paths(features), pa.string())
    if features.copies is not None:
        columns["copy"] = pa.array(features.copies, pa.int64())
    columns["sha256"] = pa.array(features.digests, pa.string())
    facts = {"featx.spec": features.spec.to_json(), "featx.feature_shape": json.dumps(list(features.feature_shape))}
    out = io.BytesIO()
    write_parquet(out, columns, vectors, facts)
    return out.getvalue()


def write_parquet(where: Any, columns: Mapping[str, pa.Array], vectors: np.ndarray, facts: Mapping[str, str]) -> None:
    """Write columns and, as the last one, `features`: float32 exactly as computed.

    Args:
        where: A path or a binary file.
        columns: As many rows as there are vectors.
        vectors: float32 `(n_rows, n_features)`.
        facts: The metadata of the file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    flat = pa.array(np.ascontiguousarray(vectors, np.float32).reshape(-1))
    features = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    parquet.write_table(
        pa.table({**columns, "features": features}).replace_schema_metadata(dict(facts)),
        where,
        compression="zstd",
        use_dictionary=["label"],
        use_byte_stream_split=["features.list.element"],
        row_group_size=max(1, ROW_GROUP_BYTES // max(4 * vectors.shape[1], 1)),
    )


def to_orange(features: Features) -> bytes:
    """Write features as a table for Orange: its header says what is a text, a class and a number."""
    table = _safe(to_table(features))
    if not any(features.labels):
        table = table.drop(columns="label")
    kinds = {"name": "mS#name", "label": "cD#label", "path": "mS#path", "copy": "mC#copy"}
    return _csv(table.rename(columns={name: kinds.get(str(name), f"C#{name}") for name in table}))


def to_projector(features: Features) -> bytes:
    """Write features for TensorBoard's projector: `tensors.tsv` without a header, `metadata.tsv` with one, and which is which.

    Unpack the zip and start `tensorboard --logdir FOLDER`, or load the two tables on projector.tensorflow.org.
    """
    rows = "".join("\t".join(map(decimal, row)) + "\n" for row in features.vectors.tolist())
    words = zip(features.row_names, features.labels, strict=True)
    lines = ["name\tlabel", *(f"{_one_line(name)}\t{_one_line(label or '')}" for name, label in words)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("tensors.tsv", rows)
        file.writestr("metadata.tsv", "\n".join(lines) + "\n")
        file.writestr("projector_config.pbtxt", _PROJECTOR)
    return out.getvalue()


def decimal(value: Any) -> str:
    """Write a float32 so that it is read back exactly, and never as a whole number.

    Readers tell the type of a column by its first rows: after a few zeros written as `0`, DuckDB rounds all later values.

    >>> decimal(0.0), decimal(-3.0), decimal(0.1), decimal(1e-20)
    ('0.0', '-3.0', '0.1', '1e-20')
    """
    text = f"{value:.9g}"
    return text if "." in text or "e" in text or "n" in text else f"{text}.0"


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, float_format=decimal).encode("utf-8")


def _safe(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with texts that no spreadsheet takes for a formula."""
    for column in [column for column in ("name", "label", "path") if column in table]:
        table[column] = [spreadsheet_safe(text) for text in table[column]]
    return table


def _one_line(text: str) -> str:
    return " ".join(text.split())
