#!/bin/sh
# A grey AVIF (4:0:0) of limited range stores black as 16 and white as 235. libavif widens that to 0 and 255. libheif, behind
# pyvips, hands 16 and 235 out as they are, though it widens the same picture when it is coded with colour: the same file has
# other features, depending on who decodes it. Seen on 2026-11-28 with the versions below.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "pillow==13.0.0" "pyvips==3.2.0" "pyvips-binary==8.18.7" "numpy==2.4.6"
cd "$folder"
venv/bin/python - <<'PY'
import io
import numpy as np
import PIL
import pyvips
from PIL import Image, features

half = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 32, axis=1).repeat(64, axis=0))
seen = {}
for subsampling in ("4:0:0", "4:2:0"):
    out = io.BytesIO()
    half.convert("RGB").save(out, "AVIF", quality=100, subsampling=subsampling, range="limited")
    by_libavif = np.asarray(Image.open(io.BytesIO(out.getvalue())).convert("L"))
    by_libheif = pyvips.Image.new_from_buffer(out.getvalue(), "").colourspace("b-w").numpy()
    seen[subsampling] = tuple((int(found.min()), int(found.max())) for found in (by_libavif, by_libheif))
print("Pillow", PIL.__version__, "libavif", features.version("avif"), "pyvips", pyvips.__version__, "darkest and lightest:", seen)
near = lambda found, wanted: all(abs(a - b) <= 2 for a, b in zip(found, wanted))
assert near(seen["4:0:0"][0], (0, 255)) and near(seen["4:2:0"][0], (0, 255)) and near(seen["4:2:0"][1], (0, 255)), seen
assert near(seen["4:0:0"][1], (16, 235)), seen
PY
