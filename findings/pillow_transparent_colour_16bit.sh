#!/bin/sh
# PNG allows one transparent colour (tRNS) in 16-bit RGB files. Pillow keeps the upper byte of each sample as the pixel, and on
# conversion to RGBA does not find the declared colour unless the two bytes of each of its samples are equal.
# Seen with Pillow 13.0.0 on 2026-11-27. The same picture with 8 bits per channel turns transparent as declared.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "pillow==13.0.0"
cd "$folder"
venv/bin/python - <<'PY'
import io, struct, zlib
from PIL import Image, __version__


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(depth):
    sample = struct.Struct(">HHH" if depth == 16 else ">BBB")
    red, blue = (0xC812 if depth == 16 else 0xC8, 0, 0), (0, 0, 0xC812 if depth == 16 else 0xC8)
    row = b"\0" + sample.pack(*red) * 8 + sample.pack(*blue) * 8
    header = struct.pack(">IIBBBBB", 16, 16, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"tRNS", struct.pack(">HHH", *red)), chunk(b"IDAT", zlib.compress(row * 16)), chunk(b"IEND", b"")]
    )


seen = {}
for depth in (8, 16):
    with Image.open(io.BytesIO(png(depth))) as image:
        alpha = image.convert("RGBA").getchannel("A")
    seen[depth] = alpha.getpixel((0, 0)), alpha.getpixel((15, 0))
print("Pillow", __version__, "alpha of the declared colour, of another:", seen)
assert seen == {8: (0, 255), 16: (255, 255)}
PY
