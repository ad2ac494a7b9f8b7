"""The coordinates of a map as files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from streamlit.delta_generator import DeltaGenerator

from featx_core.base.wording import spreadsheet_safe
from featx_core.extraction.features import Features
from featx_core.maps.caption import map_caption
from featx_core.maps.projection import Projection
from featx_core.offline import map_page
from featx_core.workspace.runs import Run
from pages._ui.map import maps
from pages._ui.map.canvas import Drawn
from pages._ui.shell import formatting, session

if TYPE_CHECKING:
    import pandas as pd

_PARQUET = "application/vnd.apache.parquet"


def offer(place: DeltaGenerator, run: Run, features: Features, projection: Projection, drawn: Drawn, name: str) -> None:
    """Offer the coordinates with names, labels and digests, and the map itself as one file."""
    stem = formatting.file_stem(f"{run.title} {projection.name}")
    workspace, caption = session.workspace(), map_caption(projection)
    with place.popover("Save the map", icon=":material/download:") as menu:
        for words, kind, mime, write in (
            ("Coordinates (.csv)", "csv", "text/csv", lambda: _csv(table_of(features, projection))),
            ("Coordinates (.parquet)", "parquet", _PARQUET, lambda: _parquet(table_of(features, projection))),
            (
                "Page that works offline (.html)",
                "html",
                "text/html",
                lambda: map_page.page(_sheet(run, projection, drawn, name, caption), workspace),
            ),
        ):
            menu.download_button(
                words, data=write, file_name=f"{stem}.{kind}", mime=mime, on_click="ignore", width="stretch"
            )


def _sheet(run: Run, projection: Projection, drawn: Drawn, name: str, caption: str) -> map_page.Sheet:
    first, *others = drawn.columns.items()
    columns = {"color": first[1], **dict(others)}
    packs = {key: drawn.packs[key] for key in ("names", *columns, "trails") if key in drawn.packs}
    return map_page.Sheet(f"{name}, {run.title}", caption, projection, drawn.keys, drawn.records, packs, columns)


def table_of(features: Features, projection: Projection) -> pd.DataFrame:
    """List the points of a map: name, label, what the run tells of them, coordinates in float32, digest."""
    import pandas as pd

    rows = projection.rows
    columns = {"name": [features.row_names[row] for row in rows], "label": [features.labels[row] for row in rows]}
    told = maps.told(features)
    table = pd.DataFrame(columns | {fact.title: [fact.values[row] for row in rows] for fact in told.values()})
    for axis, name in enumerate("xyz"[: projection.coordinates.shape[1]]):
        table[name] = projection.coordinates[:, axis]
    if "is_placed" in projection.details:
        table["placed"] = projection.details["is_placed"].astype(bool)
    table["sha256"] = [features.digests[row] for row in rows]
    return table


def _csv(table: pd.DataFrame) -> bytes:
    """Write texts so that no spreadsheet takes them for formulas, and numbers as numbers."""
    texts = [name for name in table if table[name].dtype.kind not in "fiu"]
    safe = table.copy()
    for name in texts:
        safe[name] = [None if value is None else spreadsheet_safe(str(value)) for value in table[name].tolist()]
    return safe.to_csv(index=False).encode()


def _parquet(table: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    table.to_parquet(out, index=False)
    return out.getvalue()
