"""What the script of a map is given, read in Python."""

import json
from typing import Any

import numpy as np

from pages._ui.map import canvas
from pages._ui.shell import chosen
from pages._ui.shell.serving import handed
from tests.toys.app.visiting import Visitor, element, nodes

_KINDS = {"f4": "<f4", "f8": "<f8", "u1": "u1", "u2": "<u2", "u4": "<u4"}


def unpack(content: bytes) -> dict[str, Any]:
    """Read a pack as the script does; gives its header with the arrays in it."""
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    for name, (kind, offset, count) in header.pop("arrays").items():
        assert offset % 8 == 0
        assert offset >= 4 + length
        header[name] = np.frombuffer(content, _KINDS[kind], count, offset)
    return header


def maps_of(visitor: Visitor) -> list[Any]:
    return [node for node in nodes(visitor.tab._tree) if getattr(node, "key", None) == canvas.KEY]


def told(visitor: Visitor) -> dict[str, Any]:
    """Return what the page tells the script: digests and choices."""
    return json.loads(element(visitor, canvas.KEY).proto.json)


def fetched(visitor: Visitor, digest: str) -> bytes:
    found = handed.find(visitor.token, digest)
    assert found is not None
    return found


def places(visitor: Visitor) -> dict[str, Any]:
    return unpack(fetched(visitor, told(visitor)["places"]))


def colors(visitor: Visitor) -> dict[str, Any]:
    """Return what the points are coloured by."""
    return unpack(fetched(visitor, told(visitor)["color"]))


def card(visitor: Visitor) -> dict[str, list[Any]]:
    """Return what the card of each point tells, by title."""
    found = [unpack(fetched(visitor, digest)) for digest in told(visitor)["columns"]]
    return {
        column["title"]: column["values"].tolist()
        if column["kind"] == "numbers"
        else [column["classes"][code]["name"] for code in column["codes"]]
        for column in found
    }


def n_points(visitor: Visitor) -> int:
    return len(places(visitor)["ids"])


def select(visitor: Visitor, points: list[int], by: str = "test:1", heatmap: str = "none") -> Visitor:
    """Select points of the map, as the script tells it. A network runs where a heatmap is asked for."""
    visitor.tab.session_state["map_heatmap"] = heatmap
    mask = np.zeros(n_points(visitor), bool)
    mask[points] = True
    choice = {"by": by, "places": told(visitor)["places"], "bits": chosen.to_bits(mask)}
    visitor.tab.session_state[canvas.KEY] = {"chosen": choice}
    return visitor.run()


def selected(visitor: Visitor) -> list[int]:
    """Return the points that the script is told to be selected."""
    mask = chosen.from_bits(told(visitor)["chosen"]["bits"], n_points(visitor))
    assert mask is not None
    return np.flatnonzero(mask).tolist()
