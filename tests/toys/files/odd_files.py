"""Files as people and attackers make them: every format, cut short, lying, deep, turned."""

import base64
import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERA"
    "AAEAAQAAAAABoQABAAAAAAAAAFwAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAA"
    "AHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq"
    "5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAA"
    "MAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAGRtZGF0AAAAWCgBrxOA+BDhp//6LqP/"
    "4rs8PyLApif/2NxEfzwAv/zAYju723/hvoYvWtayf7iRS9sIdibG6H8f2/goERcE5mYOkIMx0YXEQRsWpJJ/EuO6s8uqtneuH7g="
)
"""64 x 48 pixels, left half red, right half blue; made with pillow-heif, because the decoder featx uses writes no HEIC."""

TWO_PICTURES = zlib.decompress(
    base64.b85decode(
        r"c-muNV9-b_sVvAy%}izhg51nBLl8SRGcgUB&A`CKots*c$N&L~87VnMP&PwBW^xGw8sIC)EXf747=hR%GbbNxyo&<^6Ig_S$r?fffg?~1BvOMU!oXmWn"
        r"VFXc=7D5Ift*w(sCgM>$%YIlf=qBh#+1y0q5>f8kXewN4-}{XN;oqz7r>on^MT>d-yc6182FhLfTl?}F!C_|{|{2Y%rF5&0FliuCI>~Jq_z_yBbv+tE)"
        r"Je)(JNJ!?c5<CV4wgJ0~3l$K=te{j0cN0Bsl=B5y>nrNQKzQ2;!drVu6CpicF9QGY1F9Aa|QgW<f42x`A=V+{o0-z{K3b+6Lrz<)$QpqTE)4aXq(3w8D"
        r"j7#|~cq|2M|!-ZQ}m?=I^E2Fab|P;|9fk$==tOY&(7&txtq4+bWucBn%^NJap|fFGu-3oGT17;iZ(64JiOi6hV-zX1Rl7K$k"
    )
)
"""Two flat images of 320 x 200 pixels in one HEIC; made with heif-enc."""

WRITTEN = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "WebP": "WEBP",
    "AVIF": "AVIF",
    "GIF": "GIF",
    "BMP": "BMP",
    "TIFF": "TIFF",
}
"""Formats that Pillow writes: what featx calls them, and what Pillow does."""


def picture(width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
    """Make a smooth image with detail, different for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (3 + height // 64, 3 + width // 64, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


def png_chunk(kind: bytes, body: bytes, *, checksum: int | None = None) -> bytes:
    total = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", total)


def png_header_only(width: int, height: int) -> bytes:
    """Make a PNG that says how large it is and holds no pixel."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b"")


def png_with(content: bytes, chunk: bytes) -> bytes:
    """Put a chunk behind a PNG's header."""
    return content[:33] + chunk + content[33:]


def png_16_bit(rows: np.ndarray) -> bytes:
    """Write a 16-bit colour PNG, which Pillow cannot: uint16 (height, width, 3)."""
    height, width, _ = rows.shape
    raw = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in rows)
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(raw)) + png_chunk(b"IEND", b"")


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_flag(archive: bytes, flag: int, names: tuple[bytes, ...] | None = None) -> bytes:
    """Set a flag of the members of a zip (or of those named), in their own headers and in the table of contents."""
    changed = bytearray(archive)
    for magic, flag_at, name_at, length_at in ((b"PK\x03\x04", 6, 30, 26), (b"PK\x01\x02", 8, 46, 28)):
        at = archive.find(magic)
        while at >= 0:
            length = struct.unpack_from("<H", archive, at + length_at)[0]
            if names is None or archive[at + name_at : at + name_at + length] in names:
                struct.pack_into("<H", changed, at + flag_at, struct.unpack_from("<H", archive, at + flag_at)[0] | flag)
            at = archive.find(magic, at + 4)
    return bytes(changed)


def tiff_with_tags(tags: dict[int, tuple[int, int]]) -> bytes:
    """Make the head of a little-endian TIFF whose directory holds `{tag: (type, value)}`."""
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, (kind, value) in sorted(tags.items()))
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(tags)) + entries + b"\x00" * 64
