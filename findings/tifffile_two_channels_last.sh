#!/bin/sh
# An array (height, width, 3) is written by tifffile as one RGB image. The same with two channels in place of three, (height, width,
# 2), is written as `height` pages of 2 x `width` pixels, one for each row: only sizes 3 and 4 are taken for channels. Readers of
# images then see a sliver; tifffile itself reads the array back whole, so that nobody notices. `planarconfig="contig"` together
# with `photometric="minisblack"` writes one image of two channels. Four slices of a stack, (4, height, width), become one RGB
# image with a fourth plane.
# Seen with tifffile 2026.3.3 and Pillow 13.0.0 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "tifffile==2026.3.3" "pillow==13.0.0" "numpy==2.4.*"
cd "$folder"
venv/bin/python - <<'PY'
import io, warnings
import numpy as np, PIL, tifffile
from PIL import Image
warnings.filterwarnings("ignore")

def written(shape, **options):
    values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    out = io.BytesIO()
    tifffile.imwrite(out, values, **options)
    with tifffile.TiffFile(io.BytesIO(out.getvalue())) as file:
        page = file.pages[0]
        assert np.array_equal(file.asarray(), values)
        return len(file.pages), page.photometric.name, page.samplesperpixel, (page.imagewidth, page.imagelength), out.getvalue()

print(f"tifffile {tifffile.__version__}, Pillow {PIL.__version__}; pages, meaning, channels, width and height:")
found = {}
for shape, options in [((40, 50, 3), {}), ((40, 50, 2), {}), ((4, 40, 50), {}),
                       ((40, 50, 2), {"photometric": "minisblack", "planarconfig": "contig"})]:
    *facts, content = written(shape, **options)
    found[shape, bool(options)] = facts
    print(f"  {shape!s:12s} {options or ''}: {facts}")
    if shape == (40, 50, 2) and not options:
        print("  Pillow sees", Image.open(io.BytesIO(content)).size)
assert found[(40, 50, 3), False] == [1, "RGB", 3, (50, 40)]
assert found[(40, 50, 2), False] == [40, "MINISBLACK", 1, (2, 50)], "two channels are written otherwise now"
assert found[(40, 50, 2), True] == [1, "MINISBLACK", 2, (50, 40)]
assert found[(4, 40, 50), False][:3] == [1, "RGB", 4], "four slices are written otherwise now"
print("Two channels become a page a row: as seen.")
PY
