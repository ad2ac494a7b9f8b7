#!/bin/sh
# UMAP's `transform` of exactly the rows that it was fitted on returns the map as it is: it knows them by a hash of the whole
# array. Leave out one row, or change their order, and all the others are placed anew, as if they had never been seen: by some
# percent of the map's width from where they are. Whoever asks for "the places of my training rows" in batches gets another map.
# Seen with umap-learn 0.5.12 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "umap-learn==0.5.12" "scikit-learn==1.9.*" "numpy==2.4.*"
cd "$folder"
venv/bin/python - <<'PY'
import importlib.metadata, warnings
import numpy as np
warnings.filterwarnings("ignore")
import umap

rng = np.random.default_rng(0)
centres = 4 * rng.normal(size=(6, 20))
rows = (centres[np.arange(300) % 6] + rng.normal(size=(300, 20))).astype(np.float32)
model = umap.UMAP(random_state=0, n_epochs=200).fit(rows)
width = np.ptp(model.embedding_)

def moved(found, places):
    return np.linalg.norm(found - places, axis=1) / width

whole = moved(model.transform(rows), model.embedding_)
fewer = moved(model.transform(rows[:-1]), model.embedding_[:-1])
turned = moved(model.transform(rows[::-1]), model.embedding_[::-1])
print(f"umap-learn {importlib.metadata.version('umap-learn')}, NumPy {np.__version__}")
for name, found in (("all rows", whole), ("all but the last", fewer), ("all, in reverse", turned)):
    print(f"{name:18s} moved by a median of {100 * np.median(found):.2f} % of the map's width, at most {100 * found.max():.2f} %")
assert whole.max() == 0, "all rows are no longer known again"
assert np.median(fewer) > 0.002 and np.median(turned) > 0.002, "rows are known one by one now"
print("Known as a whole, placed anew in part: as seen.")
PY
