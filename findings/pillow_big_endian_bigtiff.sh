#!/bin/sh
# Pillow does not identify BigTIFF files in big-endian byte order, although it reads little-endian BigTIFF and big-endian TIFF.
# Seen with Pillow 13.0.0 and tifffile 2026.3.3 on 2026-11-27: three of the four combinations open, the fourth raises
# UnidentifiedImageError. tifffile reads all four.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "pillow==13.0.0" "tifffile==2026.3.3"
cd "$folder"
venv/bin/python - <<'PY'
import numpy as np, tifffile
from PIL import Image, UnidentifiedImageError, __version__

values = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)
seen = {}
for big in (False, True):
    for order in "<>":
        tifffile.imwrite("a.tif", values, bigtiff=big, byteorder=order, photometric="minisblack")
        assert (tifffile.imread("a.tif") == values).all()
        try:
            with Image.open("a.tif") as image:
                seen[big, order] = bool((np.asarray(image) == values).all())
        except UnidentifiedImageError as error:
            seen[big, order] = type(error).__name__
print("Pillow", __version__, "tifffile", tifffile.__version__, seen)
assert seen == {(False, "<"): True, (False, ">"): True, (True, "<"): True, (True, ">"): "UnidentifiedImageError"}
PY
