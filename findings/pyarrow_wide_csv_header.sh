#!/bin/sh
# A valid CSV file whose header is longer than the block size (1 MiB by default) is called empty: "Empty CSV file or block".
# Feature tables with 200 000 named columns have such headers. A larger `block_size` reads the same file.
# Seen with pyarrow 26.0.1 on 2026-11-27.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "pyarrow==26.0.1"
cd "$folder"
venv/bin/python - <<'PY'
import io
import pyarrow as pa
from pyarrow import csv

n_columns = 200_000
content = ",".join(map(str, range(n_columns))).encode() + b"\n" + b",".join([b"1"] * n_columns) + b"\n"
try:
    csv.read_csv(io.BytesIO(content), read_options=csv.ReadOptions(use_threads=False))
    seen = "read"
except pa.ArrowInvalid as error:
    seen = str(error)
table = csv.read_csv(io.BytesIO(content), read_options=csv.ReadOptions(use_threads=False, block_size=1 << 23))
print("pyarrow", pa.__version__, len(content), "bytes:", seen, "| with a block of 8 MiB:", table.num_columns, "columns")
assert "Empty CSV file or block" in seen and table.num_columns == n_columns
PY
