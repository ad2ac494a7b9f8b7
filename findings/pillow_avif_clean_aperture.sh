#!/usr/bin/env bash
# Pillow (libavif) passes over the clean aperture of an AVIF ("clap"), a part of the image that the file says is all that
# is meant to be seen. libheif crops to it, and so do browsers. Whoever compares pictures across libraries gets other sizes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 pyvips==3.2.0 pyvips-binary==8.18.7
"$folder/venv/bin/python" - <<'PYTHON'
import io
import struct
import sys

import PIL
import pyvips
from PIL import Image, features


def boxes(content, start, end):
    at = start
    while at + 8 <= end:
        size = struct.unpack_from(">I", content, at)[0]
        yield content[at + 4 : at + 8], at + 8, at + size
        at += size


def box(kind, body):
    return struct.pack(">I", 8 + len(body)) + kind + body


def with_property(content, start, end, extra):
    """Write boxes once more, with one more property of the only item."""
    parts, number = [], 0
    for kind, first, last in boxes(content, start, end):
        body = content[first:last]
        if kind == b"iprp":
            body = with_property(content, first, last, extra)
        elif kind == b"ipco":
            number = sum(1 for _ in boxes(content, first, last)) + 1
            body += extra
        elif kind == b"ipma":
            body = body[:10] + bytes([body[10] + 1]) + body[11:] + bytes([0x80 | number])
        parts.append(box(kind, body))
    return b"".join(parts)


out = io.BytesIO()
Image.new("RGB", (96, 64), "red").save(out, "AVIF")
whole = out.getvalue()
start, end = next((first, last) for kind, first, last in boxes(whole, 0, len(whole)) if kind == b"meta")
aperture = box(b"clap", struct.pack(">8i", 40, 1, 30, 1, 0, 1, 0, 1))  # 40 x 30 around the middle
meta = whole[start : start + 4] + with_property(whole, start + 4, end, aperture)
content = whole[: start - 4] + b"free" + whole[start:] + box(b"meta", meta)

by_pillow = Image.open(io.BytesIO(content)).size
image = pyvips.Image.new_from_buffer(content, "")
by_libheif = (image.width, image.height)
print(f"Pillow {PIL.__version__} with libavif {features.version('avif')}: {by_pillow}")
print(f"pyvips {pyvips.__version__} with libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}: {by_libheif}")
if (by_pillow, by_libheif) != ((96, 64), (40, 30)):
    sys.exit("The behaviour has changed.")
PYTHON
