#!/bin/sh
# Where pandas is installed, the first `pyarrow.array`, even of two plain integers with their type given, imports the whole of pandas: a
# process that writes one small column waits for it. Reading a CSV file into Arrow does not. What looks like the cost of a conversion in a
# cold process is that import, which neither `import pyarrow` nor `import pyarrow.csv` pays.
# Seen with pyarrow 26.0.1 and pandas 3.1.1 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "pyarrow==26.0.1" "pandas==3.1.1"
cd "$folder"
venv/bin/python - <<'PY'
import io, sys, time

import pyarrow, pyarrow.csv

loaded = {"import": "pandas" in sys.modules}
pyarrow.csv.read_csv(io.BytesIO(b"a,b\n1,2\n"))
loaded["read_csv"] = "pandas" in sys.modules
begun = time.perf_counter()
pyarrow.array([1, 2], pyarrow.int64())
first = time.perf_counter() - begun
loaded["array"] = "pandas" in sys.modules
begun = time.perf_counter()
pyarrow.array([1, 2], pyarrow.int64())
print("pyarrow", pyarrow.__version__, "pandas loaded after:", loaded)
print(f"first array {first * 1000:.1f} ms, second {(time.perf_counter() - begun) * 1000:.3f} ms")
assert loaded == {"import": False, "read_csv": False, "array": True}, loaded
print("as seen")
PY
