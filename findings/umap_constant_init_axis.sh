#!/bin/sh
# umap-learn takes a layout to start from (`init=` an array). Where one of its axes is constant, as the second principal component
# of points on a line is, that axis is divided by its own range of zero: every coordinate of it is NaN in the result. There is no
# error; the only sign is a warning by NumPy of an invalid value in a division.
# Seen with umap-learn 0.5.12 on 2026-11-27.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "umap-learn==0.5.12" "scikit-learn==1.9.*" "numpy==2.4.*"
cd "$folder"
venv/bin/python - <<'PY'
import importlib.metadata, warnings

import numpy as np
import umap

points = np.random.default_rng(0).normal(size=(60, 5)).astype("float32")
line = points[:, :1]
starts = {"two axes": points[:, :2], "a constant second axis": np.hstack([line, np.zeros_like(line)])}
shares = {}
for name, start in starts.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layout = umap.UMAP(init=start, n_neighbors=10, random_state=0).fit_transform(points)
    shares[name] = [float(share) for share in np.isfinite(layout).mean(axis=0)]
    print(name, "-> finite share of each axis", shares[name], sorted({str(w.message)[:60] for w in caught}))
print("umap-learn", importlib.metadata.version("umap-learn"))
assert shares["two axes"] == [1.0, 1.0]
assert shares["a constant second axis"][1] == 0.0, shares
PY
