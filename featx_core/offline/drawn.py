"""What the script of a map fetches: places, names, colours, as packs of bytes."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.labels import label_texts
from featx_core.base.palette import NO_LABEL_COLOR, SYMBOLS, label_styles
from featx_core.base.wording import shortened
from featx_core.images.image_set import ImageRecord, Matched
from featx_core.maps.projection import Projection

VIRIDIS = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")
"""Evenly spaced stops of the scale that plotly's figures have."""

_KINDS = {"float32": "f4", "float64": "f8", "uint8": "u1", "uint16": "u2", "uint32": "u4"}
_NAME_CHARACTERS = 120
_NO_DIGEST = "0" * 64
_HEXADECIMAL = re.compile("[0-9a-f]*")
_ODD_NUMBERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)
"""Each mixes one quarter of a digest; odd ones lose nothing."""


@dataclass(frozen=True)
class Column:
    """One fact of each row of the features.

    Attributes:
        title: Its name with unit, to show.
        values: Numbers as an array, NaN where there is none; else texts, None where there is none.
    """

    title: str
    values: np.ndarray | Sequence[str | None]


def pack(header: Mapping[str, Any], **arrays: np.ndarray) -> bytes:
    """Put arrays behind a header: its length as uint32, itself as JSON, and each array at a place divisible by 8.

    The header names kind, place and length of each array under "arrays".
    """
    flat = {name: np.ascontiguousarray(array).reshape(-1) for name, array in arrays.items()}
    sizes = {name: -(-array.nbytes // 8) * 8 for name, array in flat.items()}
    room = len(json.dumps(header)) + 96 * (len(flat) + 1)  # for the header, once it names the arrays
    places: dict[str, tuple[str, int, int]] = {}
    at = 8 * -(-(4 + room) // 8)
    for name, array in flat.items():
        places[name] = (_KINDS[array.dtype.name], at, len(array))
        at += sizes[name]
    head = json.dumps({**header, "arrays": places}).encode()
    out = bytearray(at)
    out[:4] = len(head).to_bytes(4, "little")
    out[4 : 4 + len(head)] = head
    for name, array in flat.items():
        begin = places[name][1]
        out[begin : begin + array.nbytes] = array.tobytes()
    return bytes(out)


def places_pack(projection: Projection, keys: Sequence[str], records: Sequence[ImageRecord | None]) -> bytes:
    """Pack the places of a map, each axis in the same unit and in the middle of the map.

    Args:
        projection: The map.
        keys: What tells one point from another, for each point.
        records: The image of each point, or None.
    """
    points, middle, unit = _centred(projection.coordinates)
    n_points, dims = projection.coordinates.shape
    flat = np.zeros((n_points, 3), np.float32)
    flat[:, :dims] = points
    extent = np.maximum(np.abs(points).max(axis=0, initial=0), 0.02)
    header = {
        "dims": dims,
        "middle": middle.tolist(),
        "unit": unit,
        "extent": [float(extent[0]), float(extent[1])],
        "titles": list(projection.axis_titles),
    }
    placed = projection.details.get("is_placed", np.zeros(n_points, np.uint8))
    return pack(header, places=flat, ids=_ids(keys), aspects=_aspects(records), placed=placed.astype(np.uint8))


def _centred(coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return places between -1 and 1, where their middle was, and how long 1 was."""
    exact = coordinates.astype(np.float64)
    low, high = exact.min(axis=0), exact.max(axis=0)
    middle = low / 2 + high / 2
    unit = float(np.max(high / 2 - low / 2)) or 1.0
    return ((exact - middle) / unit).astype(np.float32), middle, unit


def _ids(keys: Sequence[str]) -> np.ndarray:
    """Return a whole number below 2**52 for each key, the same on every map."""
    joined = "".join(keys)
    if set(map(len, keys)) == {len(_NO_DIGEST)} and _HEXADECIMAL.fullmatch(joined):  # digests, as of images
        quarters = np.frombuffer(bytes.fromhex(joined), np.uint64).reshape(-1, 4)
        words = np.bitwise_xor.reduce(quarters * _ODD_NUMBERS, axis=1)
    else:
        words = np.frombuffer(
            b"".join(hashlib.blake2b(key.encode(), digest_size=8).digest() for key in keys), np.uint64
        )
    return np.asarray(words >> np.uint64(12), np.float64)


def _aspects(records: Sequence[ImageRecord | None]) -> np.ndarray:
    """Return width / height of each image in steps of 2 to the 1/32, 128 for a square; 0 where there is no image."""
    if isinstance(records, Matched):
        ratios = records.numbers("width") / records.numbers("height")
    else:
        ratios = np.array([np.nan if record is None else record.width / record.height for record in records])
    steps = np.clip(np.round(128 + 32 * np.log2(ratios)), 1, 255)
    return np.where(np.isnan(steps), 0, steps).astype(np.uint8)


def column_pack(column: Column, rows: np.ndarray) -> bytes:
    """Pack what points are coloured by: a class or a number each.

    Args:
        column: For all rows of the features, so that colours are those of other pages.
        rows: Which of them are on the map.
    """
    if isinstance(column.values, np.ndarray):
        return _numbers_pack(column.title, column.values[rows].astype(np.float32))
    texts = label_texts(column.values)
    styles = label_styles(texts)
    on_map = list(map(texts.__getitem__, rows.tolist()))
    present = set(on_map)
    order = {text: code for code, text in enumerate(text for text in styles if text in present)}
    codes = np.fromiter(map(order.__getitem__, on_map), np.uint32, len(on_map))
    counts = np.bincount(codes, minlength=len(order))
    classes = [
        {
            "name": shortened(text or _absent(column.title), _NAME_CHARACTERS),
            "color": styles[text].color,
            "shape": SYMBOLS.index(styles[text].symbol),
            "count": int(counts[code]),
        }
        for text, code in order.items()
    ]
    return pack({"kind": "classes", "title": column.title, "classes": classes, "grey": NO_LABEL_COLOR}, codes=codes)


def _absent(title: str) -> str:
    return f"no {title[:1].lower()}{title[1:]}"


def _numbers_pack(title: str, values: np.ndarray) -> bytes:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    stops = [[int(color[place : place + 2], 16) for place in (1, 3, 5)] for color in VIRIDIS]
    about = {"kind": "numbers", "title": title, "low": low, "high": high, "stops": stops, "grey": NO_LABEL_COLOR}
    return pack({**about, "missing": len(values) - len(known)}, values=values)


def names_pack(names: Sequence[str]) -> bytes:
    """Pack what points are called."""
    return pack(
        {"names": [name if len(name) <= _NAME_CHARACTERS else shortened(name, _NAME_CHARACTERS) for name in names]}
    )


def trails_pack(corners: np.ndarray, projection: Projection) -> bytes:
    """Pack lines on a map.

    Args:
        corners: As `trail_points` gives them: begin, end, NaN by turns.
        projection: The map that they are on.
    """
    _, middle, unit = _centred(projection.coordinates)
    ends = (corners.reshape(-1, 3, corners.shape[1])[:, :2].reshape(-1, corners.shape[1]) - middle) / unit
    flat = np.zeros((len(ends), 3), np.float32)
    flat[:, : ends.shape[1]] = ends
    return pack({}, corners=flat)


def records_bytes(records: Sequence[ImageRecord | None]) -> bytes:
    """Return the digests of all images, 32 bytes each, 0 where a point has no image."""
    if isinstance(records, Matched):
        digests = records.texts("digest")
    else:
        digests = [None if record is None else record.digest for record in records]
    return bytes.fromhex("".join([digest or _NO_DIGEST for digest in digests]))
