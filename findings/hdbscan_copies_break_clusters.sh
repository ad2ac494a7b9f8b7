#!/bin/sh
# HDBSCAN, in scikit-learn and in the hdbscan package alike: add a dozen copies each of five points to 400 points in five clean
# clusters, and many more of the *other* points become noise. Copies have a distance of 0, so that they count as infinitely dense;
# beside them, what holds a cluster together looks like a fall of density. Nothing warns. Sets of photographs hold such copies.
# Seen with scikit-learn 1.9.1 and hdbscan 0.8.44 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "scikit-learn==1.9.1" "hdbscan==0.8.44" "numpy==2.4.*"
cd "$folder"
venv/bin/python - <<'PY'
import importlib.metadata, warnings
import numpy as np
warnings.filterwarnings("ignore")
import hdbscan
from sklearn.cluster import HDBSCAN

rng = np.random.default_rng(0)
centres = 3 * rng.normal(size=(5, 10))
points = centres[np.arange(400) % 5] + rng.normal(size=(400, 10))
copied = np.concatenate([points, np.repeat(points[:5], 12, axis=0)])
ways = {
    "scikit-learn": lambda rows: HDBSCAN(min_cluster_size=10, min_samples=6, copy=True).fit_predict(rows),
    "hdbscan": lambda rows: hdbscan.HDBSCAN(min_cluster_size=10, min_samples=5).fit_predict(rows),
}
for name, cluster in ways.items():
    before, after = cluster(points), cluster(copied)[:400]
    noise = int((before == -1).sum()), int((after == -1).sum())
    print(f"{name} {importlib.metadata.version(name)}: {before.max() + 1} clusters and {noise[0]} of 400 points in none; "
          f"with copies of five of them {after.max() + 1} clusters and {noise[1]} of the same 400 in none")
    assert before.max() + 1 == 5 and noise[0] < 10, "the clusters are no longer clean to begin with"
    assert noise[1] > 100, "copies no longer break clusters"
print("Copies of five points break the clusters of the others: as seen.")
PY
