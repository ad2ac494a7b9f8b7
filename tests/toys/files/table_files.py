"""Tables of numbers as bytes, the way other programs write them."""

import io

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz(**arrays):
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def parquet(table):
    """A data frame as pandas writes it, or an Arrow table as pyarrow does."""
    out = io.BytesIO()
    if isinstance(table, pa.Table):
        pq.write_table(table, out)
    else:
        table.to_parquet(out)
    return out.getvalue()


def csv(table, **options):
    """A data frame as pandas writes it."""
    return table.to_csv(**options).encode()


def declared(shape, dtype="<f8"):
    """The header of an array, without the array."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": dtype, "fortran_order": False, "shape": shape})
    return out.getvalue()
