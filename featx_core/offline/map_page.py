"""The map as one HTML file that needs neither a server nor a network: it pans, zooms and shows pictures."""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from featx_core.images.image_set import ImageRecord
from featx_core.maps.projection import Projection
from featx_core.maps.trust import draw_rows
from featx_core.offline import drawn
from featx_core.offline.thumbnails import shrunk
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace

MAX_PICTURES = 5_000
SIDES = ((1_000, 128), (2_500, 96), (MAX_PICTURES, 64))  # pictures at most, and the longest side of each in pixels
_HERE = Path(__file__).parent
PARTS = ("pack", "camera", "painter", "pictures", "overlay", "gestures", "legend", "canvas", "saving", "actions")
"""The files of the script, in their order."""


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
    told, n_pictures = told_of(sheet, workspace)
    text, alone = html.escape(_words(sheet, n_pictures)), stand_alone()
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(alone)}">
<meta name="viewport" content="width=device-width">
<title>{html.escape(sheet.title)}</title>
<style>{style()}
{theme()}
{(_HERE / "offline.css").read_text("utf-8")}</style>
</head>
<body>
<h1>{html.escape(sheet.title)}</h1>
<p>{text}</p>
{body(sheet)}
<script type="application/json" id="told">{told}</script>
<script type="module">{alone}</script>
</body>
</html>
""".encode()


def style() -> str:
    """Return the style of a map."""
    return (_HERE / "canvas.css").read_text("utf-8")


def theme() -> str:
    """Return the colours of a file, light or dark as its reader's system is."""
    return (_HERE / "theme.css").read_text("utf-8")


def script() -> str:
    """Return the script that draws a map, for the component of the page."""
    return "\n".join((_HERE / "script" / f"{name}.js").read_text("utf-8") for name in PARTS)


def stand_alone() -> str:
    """Return the script that draws the one map of a file."""
    return f"{script()}\n{(_HERE / 'script' / 'offline.js').read_text('utf-8')}"


def policy(trusted: str) -> str:
    """Return the policy of a file that asks nothing of any server, and runs one script alone."""
    digest = base64.b64encode(hashlib.sha256(trusted.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def body(sheet: Sheet) -> str:
    """Return what stands in the place of a map, with the choice of its colours."""
    options = "".join(
        f'<option value="{html.escape(key)}">{html.escape(title)}</option>' for key, title in sheet.columns.items()
    )
    return f'<label>Colour <select id="color">{options}</select></label>\n<div id="root"></div>'


def told_of(sheet: Sheet, workspace: Workspace) -> tuple[str, int]:
    """Return what the script is told, as JSON that is inert in HTML, and how many images are shown as pictures."""
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
    return inert_json(told), len(pictures)


def inert_json(value: Any) -> str:
    """Write JSON that ends no script."""
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


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
            return None if record is None else shrunk(workspace.thumbnail(record.digest), side)
        except (KeyError, WorkspaceError):  # the image has just gone
            return None

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(points.tolist(), pool.map(draw, points.tolist()), strict=True))
    return {point: base64.b64encode(content).decode() for point, content in found.items() if content is not None}
