"""ICC profiles written by hand: their primaries and curves are known."""

import struct

P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
"""Red, green and blue in XYZ, adapted to D50."""
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def profile(name: str, primaries: tuple = SRGB, *, gamma: float | None = None, is_grey: bool = False) -> bytes:
    """Write a profile.

    Args:
        name: What it calls itself.
        primaries: Red, green and blue in XYZ.
        gamma: The power from stored values to light; None for sRGB's curve.
        is_grey: Whether it has one curve and no primaries.
    """
    words = name.encode() + b"\0"
    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(*_SRGB_CURVE)
    if gamma is not None:
        curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    tags = [
        (
            b"desc",
            b"desc\0\0\0\0" + struct.pack(">I", len(words)) + words + struct.pack(">IIHB", 0, 0, 0, 0) + bytes(67),
        ),
        (b"wtpt", b"XYZ \0\0\0\0" + _fixed(0.9642, 1, 0.8249)),
        (b"cprt", b"text\0\0\0\0none\0"),
    ]
    if is_grey:
        tags.append((b"kTRC", curve))
    else:
        tags += [
            (tag, b"XYZ \0\0\0\0" + _fixed(*xyz))
            for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)
        ]
        tags += [(tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")]
    table, body = b"", b""
    for tag, content in tags:
        padded = content + bytes(-len(content) % 4)
        table += tag + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(padded))
        body += padded
    size = 132 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x04200000, b"mntr", b"GRAY" if is_grey else b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(0.9642, 1, 0.8249) + bytes(48)
    return head[:128] + struct.pack(">I", len(tags)) + table + body
