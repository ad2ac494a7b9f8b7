"""The address of the Map page: run, projection, parameters, colour and selection, so that a reload and a link keep them.

The script of the page writes them without a step in the browser's history. Streamlit's own way adds one a change, and Back
would go through all of them.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.maps.registry import PROJECTIONS
from featx_core.workspace.runs import Run
from pages._ui.map import clusters, heatmap, maps
from pages._ui.shell import chosen, session

_READ = "map_link_read"
_RUN_CHARACTERS = 12  # of the digest of a run
_link = st.components.v2.component(
    "featx_map_link", html="<span></span>", js=Path(__file__).with_name("link.js").read_text("utf-8")
)


def read(found: Sequence[Run]) -> None:
    """Take over what the address asks for, once in a session: later the session knows better."""
    if session.recall(_READ):
        return
    session.remember(_READ, True)
    asked = {name: str(value) for name, value in st.query_params.to_dict().items()}
    runs = [run.digest for run in found if asked.get("run") and run.digest.startswith(asked["run"])]
    if runs:
        session.remember("picked_run", runs[0])
    name = asked.get("map", "")
    if name not in PROJECTIONS:
        return
    session.remember("projection", name)
    session.remember("axes", 3 if asked.get("axes") == "3" else 2)
    session.remember("map_color", asked.get("color", "label"))  # the page drops one that it does not know
    session.remember(heatmap.KEY, asked.get("heatmap", heatmap.DEFAULT))
    _read_numbers(name, asked)
    session.remember("map_sel_asked", asked.get("sel", ""))


def _read_numbers(name: str, asked: dict[str, str]) -> None:
    with contextlib.suppress(ValueError):
        seed = int(asked.get("seed", ""))
        if 0 <= seed < 2**32:
            session.remember("map_seed", seed)
    with contextlib.suppress(ValueError):
        n_clusters = int(asked.get("clusters", ""))
        if clusters.MIN_ASKED <= n_clusters <= clusters.MAX_ASKED:
            session.remember(clusters.N_CLUSTERS, n_clusters)
    for item in PROJECTIONS[name].parameters:
        kind = int if float(item.step).is_integer() else float
        with contextlib.suppress(ValueError):
            value = kind(asked.get(item.name, ""))
            if item.minimum <= value <= item.maximum:
                session.remember(f"{name}_{item.name}", value)
                if item.default == "auto":
                    session.remember(f"{name}_{item.name}_manual", True)


def read_selection(features: Features) -> None:
    """Select what the address asked for, now that it is known what there is to select."""
    asked = session.take("map_sel_asked")
    if asked and not chosen.current().keys:
        keys = chosen.keys_of(features.digests, features.copies)
        chosen.choose(chosen.from_link(str(asked), keys), by="link")


def write_selection(mask: np.ndarray, keys: Sequence[str]) -> None:
    """Put what is selected into the address, and how one image is shown."""
    shown = heatmap.last_chosen()
    told = {"sel": chosen.to_link(mask, keys), "heatmap": "" if shown == heatmap.DEFAULT else shown}
    _link(data=told, key="map_link_selection", height=1)


def write(run: Run, choice: maps.Choice) -> None:
    """Put what is shown into the address."""
    told = {item.name: "" for row in PROJECTIONS.values() for item in row.parameters}
    for item in PROJECTIONS[choice.name].parameters:
        value = choice.parameters.get(item.name, item.default)
        told[item.name] = "" if value == item.default else str(value)
    _link(
        data={
            "run": run.digest[:_RUN_CHARACTERS],
            "map": choice.name,
            "axes": "3" if choice.n_components == 3 else "",
            "color": "" if choice.color == "label" else choice.color,
            "seed": str(choice.seed) if choice.seed else "",
            "clusters": str(choice.n_clusters) if choice.n_clusters else "",
            **told,
        },
        key="map_link",
        height=1,
    )
