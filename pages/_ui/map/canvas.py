"""The map itself: drawn in the browser by a script of our own, which fetches the places of its points from this server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.figures.augmentation import trail_points
from featx_core.images.image_set import ImageRecord
from featx_core.maps.projection import Projection
from featx_core.maps.registry import PROJECTIONS
from featx_core.offline import drawn, map_page
from featx_core.specs.lambda_transform import begins_with_original
from featx_core.workspace.runs import Run
from pages._ui.map import maps
from pages._ui.shell import chosen, session
from pages._ui.shell.chosen import Chosen
from pages._ui.shell.serving import handed

KEY = "map_canvas"
_canvas = st.components.v2.component(
    "featx_map",
    css=map_page.style(),
    js=map_page.script(),
)


@dataclass(frozen=True)
class Near:
    """An image and its neighbours, as rows of the features with distances."""

    row: int
    others: Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Drawn:
    """What the script of one map fetches, and what its points are.

    Attributes:
        packs: Bytes by what they are: places, names, color, records, trails; columns by their key.
        digests: The digests of the same.
        keys: What each point is, as `chosen.keys_of` says.
        rows: The row of the features of each point.
        columns: What the card of a point tells: titles by the key in `packs`, what it is coloured by first.
        records: The image of each point, or None.
    """

    packs: Mapping[str, bytes]
    digests: Mapping[str, str]
    keys: Sequence[str]
    rows: np.ndarray
    columns: Mapping[str, str]
    records: Sequence[ImageRecord | None]


def prepare(run: Run, features: Features, projection: Projection, choice: maps.Choice) -> Drawn:
    """Make what the script fetches, once for each map and colour, and keep it where it is fetched from."""
    rows = hash((features.names, features.labels, features.digests, features.copies))
    told = hash(tuple((key, fact.values) for key, fact in maps.told(features).items()))
    about = (session.token(), run.digest, run.created, rows, told, repr(choice), len(projection.rows))
    found = _prepared(about, features, projection, choice)
    for name, content in found.packs.items():
        handed.keep(session.token(), found.digests[name], content)
    return found


@st.cache_resource(max_entries=6, show_spinner=False)
def _prepared(about: tuple[Any, ...], _features: Features, _projection: Projection, _choice: maps.Choice) -> Drawn:
    token, rows = about[0], _projection.rows
    records = maps.images_of(_features)
    on_map = records.of_rows(rows)
    keys = chosen.keys_of(_features.digests, _features.copies)
    point_keys = [keys[row] for row in rows]
    columns = {key: maps.column(_features, _projection, key) for key in maps.shown_columns(_features, _choice.color)}
    told = {f"column {key}": drawn.column_pack(column, rows) for key, column in columns.items()}
    plain = columns[_choice.color]
    colors, names = maps.shown_colors(plain, _choice.color), _features.row_names
    packs = {
        "places": drawn.places_pack(_projection, point_keys, on_map),
        "names": drawn.names_pack([names[row] for row in rows]),
        "color": told[f"column {_choice.color}"] if colors is plain else drawn.column_pack(colors, rows),
        **told,
    }
    if on_map.has_any:
        packs["records"] = drawn.records_bytes(on_map)
    if _choice.trails and _features.copies is not None:
        from_first = begins_with_original(_features.spec)
        corners = trail_points(_projection, _features.spec.rows_per_image, from_first=from_first)
        packs["trails"] = drawn.trails_pack(corners, _projection)
    digests = {name: handed.put(token, content) for name, content in packs.items()}
    titles = {f"column {key}": column.title for key, column in columns.items()}
    return Drawn(packs, digests, point_keys, rows, titles, on_map)


def taken(found: Drawn) -> Chosen:
    """Take over what the user has just selected on the map, and return what is selected now."""
    now = chosen.current()
    told = _state().get("chosen")
    if not isinstance(told, Mapping) or told.get("by") in (now.by, session.recall("map_seen")):
        return now
    session.remember("map_seen", told.get("by"))
    mask = from_point_bits(told, found)
    if mask is None:  # made on another map, just before this one came
        return now
    return chosen.choose([found.keys[point] for point in np.flatnonzero(mask).tolist()], str(told["by"]))


def from_point_bits(told: Mapping[str, Any], found: Drawn) -> np.ndarray | None:
    """Return whether each point is selected, as the script says of this map; None if it speaks of another one."""
    if told.get("places") != found.digests["places"] or not isinstance(told.get("by"), str):
        return None
    return chosen.from_bits(told.get("bits"), len(found.keys))


def _state() -> Mapping[str, Any]:
    found = session.recall(KEY)
    return found if isinstance(found, Mapping) else {}


def trouble() -> str:
    """Return why the browser draws no map: "missing" or "lost"; empty where it does."""
    found = _state().get("trouble")
    return found if found in ("missing", "lost") else ""


def show(found: Drawn, name: str, now: Chosen, near: Near | None) -> None:
    """Draw the map."""
    token, digests = session.token(), found.digests
    pictures = session.thumbnails().removeprefix("/thumbnail")  # says how images are scaled as well
    _canvas(
        data={
            "name": name,
            "data": f"/data/{token}/",
            "sheet": f"/sheet{pictures}",
            "picture": f"/picture{pictures}",
            "places": digests["places"],
            "names": digests["names"],
            "records": digests.get("records"),
            "trails": digests.get("trails"),
            "columns": [digests[column] for column in found.columns],
            "color": digests["color"],
            "chosen": {
                "by": now.by,
                "bits": chosen.to_bits(chosen.mask_of(now, found.keys)),
                "after": session.recall("map_seen", ""),
            },
            "near": _near(found, near),
        },
        key=KEY,
        on_chosen_change=lambda: None,
        on_trouble_change=lambda: None,
    )


def _near(found: Drawn, near: Near | None) -> dict[str, Any] | None:
    """Say it in points of this map; neighbours that are not on it are left out."""
    if near is None:
        return None
    points = {int(row): point for point, row in enumerate(found.rows)}
    if near.row not in points:
        return None
    others = [[points[row], round(distance, 6)] for row, distance in near.others if row in points]
    return {"places": found.digests["places"], "point": points[near.row], "others": others}


def name_of(projection: Projection, amount: str) -> str:
    """Name the map for those who do not see it."""
    dims = projection.coordinates.shape[1]
    return f"{PROJECTIONS[projection.name].title} map of {amount} in {dims} dimensions"
