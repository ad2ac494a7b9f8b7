"""The map as one HTML file that needs neither a server nor a network: it pans, zooms and shows pictures."""

import base64
import hashlib
import html
import io
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from featx_core.images.image_set import ImageRecord
from featx_core.maps.projection import Projection
from featx_core.maps.trust import draw_rows
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace
from pages._ui.map import drawn

MAX_PICTURES = 5_000
SIDES = ((1_000, 128), (2_500, 96), (MAX_PICTURES, 64))  # pictures at most, and the longest side of each in pixels
_MAX_PICTURE = 4_000  # bytes, before base64: all pictures together take at most 27 MB
_QUALITIES = (80, 50, 20)
_MAX_SIDE = 1_024  # pixels, of what is taken for a thumbnail
_HERE = Path(__file__).parent
_PARTS = (
    "pack",
    "camera",
    "painter",
    "pictures",
    "overlay",
    "gestures",
    "legend",
    "canvas",
    "saving",
    "actions",
    "offline",
)


@dataclass(frozen=True)
class Sheet:
    """What a map in a file shows.

    Attributes:
        title: What it is a map of, plain text.
        caption: How far it can be trusted, plain text.
        projection: The map.
        keys: What each point is.
        records: The image of each point, or None.
        packs: Of the map on the page: names, color, trails, and columns by their key.
        columns: The titles of the columns, by their keys in `packs`.
    """

    title: str
    caption: str
    projection: Projection
    keys: Sequence[str]
    records: Sequence[ImageRecord | None]
    packs: Mapping[str, bytes]
    columns: Mapping[str, str]


def page(sheet: Sheet, workspace: Workspace) -> bytes:
    """Write the file. It asks nothing of any server, and runs no script but its own."""
    pictures = _pictures(sheet.records, workspace)
    shown = [record if point in pictures else None for point, record in enumerate(sheet.records)]
    packs = {"places": drawn.places_pack(sheet.projection, sheet.keys, shown)}
    packs |= {name: content for name, content in sheet.packs.items() if name not in ("places", "records")}
    told = {
        "packs": {name: base64.b64encode(content).decode() for name, content in packs.items()},
        "pictures": [pictures.get(point) for point in range(len(shown))],
        "data": {
            "name": sheet.title,
            **dict.fromkeys(("data", "sheet", "picture"), ""),
            "places": "places",
            "names": "names",
            "records": "records" if pictures else None,
            "trails": "trails" if "trails" in packs else None,
            "columns": list(sheet.columns),
            "color": next(iter(sheet.columns)),
            "chosen": {"by": "file", "bits": "", "after": ""},
            "near": None,
        },
    }
    return _written(sheet, json.dumps(told), _words(sheet, len(pictures))).encode()


def _written(sheet: Sheet, told: str, words: str) -> str:
    script = "\n".join((_HERE / "script" / f"{name}.js").read_text("utf-8") for name in _PARTS)
    trusted = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    style = "\n".join((_HERE / f"{name}.css").read_text("utf-8") for name in ("canvas", "offline"))
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{trusted}'"
    options = "".join(
        f'<option value="{html.escape(key)}">{html.escape(title)}</option>' for key, title in sheet.columns.items()
    )
    safe = told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{html.escape(sheet.title)}</title>
<style>{style}</style>
</head>
<body>
<h1>{html.escape(sheet.title)}</h1>
<p>{html.escape(words)}</p>
<label>Colour <select id="color">{options}</select></label>
<div id="root"></div>
<script type="application/json" id="told">{safe}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def _words(sheet: Sheet, n_pictures: int) -> str:
    n_images = sum(record is not None for record in sheet.records)
    left_out = f" {n_pictures} of {n_images} images are shown as pictures." if n_pictures < n_images else ""
    return f"{sheet.caption}{left_out} Drag to move, scroll to zoom. Made with featx."


def _pictures(records: Sequence[ImageRecord | None], workspace: Workspace) -> dict[int, str]:
    """Draw the thumbnails of images, a seeded sample where there are very many; WebP in base64 by point."""
    points = np.flatnonzero([record is not None for record in records])
    points = points[draw_rows(len(points), MAX_PICTURES, 0)]
    side = next((side for most, side in SIDES if len(points) <= most), SIDES[-1][1])

    def draw(point: int) -> bytes | None:
        record = records[point]
        try:
            return None if record is None else _shrunk(workspace.thumbnail(record.digest), side)
        except (KeyError, WorkspaceError):  # the image has just gone
            return None

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(points.tolist(), pool.map(draw, points.tolist()), strict=True))
    return {point: base64.b64encode(content).decode() for point, content in found.items() if content is not None}


def _shrunk(content: bytes, side: int) -> bytes | None:
    """Make a thumbnail smaller; None for what somebody else has put in its place."""
    try:
        with Image.open(io.BytesIO(content), formats=("WEBP",)) as opened:
            if max(opened.size) > _MAX_SIDE:
                return None
            small = opened.convert("RGB")
            small.thumbnail((side, side))
    except Exception:
        return None
    for quality in _QUALITIES:
        out = io.BytesIO()
        small.save(out, "WEBP", quality=quality, method=2)
        if len(out.getvalue()) <= _MAX_PICTURE:
            return out.getvalue()
    return None
