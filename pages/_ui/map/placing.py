"""Images that came after a map was laid out: placed on it, until the user lays it out anew.

A workspace keeps of how many rows the map of a run was, and a check sum of which. New images stand behind those; where one of
the first is gone, the map is laid out anew.
"""

import contextlib
import dataclasses
import zlib

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.extraction.features import Features
from featx_core.maps.registry import PROJECTIONS
from featx_core.workspace.runs import Run
from featx_core.workspace.store import WorkspaceError
from pages._ui.map import maps
from pages._ui.shell import formatting, session

MIN_BASE = 10  # rows; with fewer a map is laid out anew


def settle(run: Run, features: Features, choice: maps.Choice) -> maps.Choice:
    """Say on how many of the first rows the map is laid out, in `n_base`; 0 where it is of all."""
    if PROJECTIONS[choice.name].placer is None or not run.is_saved:
        return choice
    n_base = _first_rows(run, features)
    is_grown = MIN_BASE <= n_base < len(features)
    return dataclasses.replace(choice, n_base=n_base) if is_grown else choice


def offer_anew(bar: DeltaGenerator, run: Run, features: Features, choice: maps.Choice) -> None:
    """Let the user lay the map out anew, where later images were placed on it."""
    if not choice.n_base:
        return
    later = formatting.counted(len(features) - choice.n_base, "later image" if run.spec.takes_images else "later row")
    if bar.button("Lay out anew", icon=":material/restart_alt:", key="lay_out_anew", help=f"With the {later}."):
        _remember(run, features)
        st.rerun(scope="app")


def _first_rows(run: Run, features: Features) -> int:
    """Return of how many rows the map was when it was first looked at, if these are still the first ones."""
    count, _, check = (session.workspace().fact(_fact(run)) or "").partition(":")
    n_rows = int(count) if count.isascii() and count.isdigit() and len(count) < 9 else 0
    if 0 < n_rows <= len(features) and check == _check(features, n_rows):
        return n_rows
    _remember(run, features)
    return len(features)


def _remember(run: Run, features: Features) -> None:
    with contextlib.suppress(WorkspaceError):  # a workspace that takes no writes: maps are then laid out anew
        session.workspace().set_fact(_fact(run), f"{len(features)}:{_check(features, len(features))}")


def _fact(run: Run) -> str:
    return f"map_rows:{run.digest[:16]}"


def _check(features: Features, n_rows: int) -> str:
    return f"{zlib.crc32(' '.join(features.digests[:n_rows]).encode()):08x}"
