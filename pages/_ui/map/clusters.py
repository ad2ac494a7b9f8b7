"""Clusters on a map: as colours, found by the worker, and as columns of what is downloaded."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.curation.cluster_names import cluster_names, kept_names
from featx_core.curation.clusters import METHODS, MIN_IMAGES
from featx_core.curation.colorings import cluster_coloring
from featx_core.extraction.colorings import RunColoring
from featx_core.extraction.features import Features
from featx_core.studies.clusters import ClustersStudy
from featx_core.worker.jobs import Job
from pages._ui.images.lists.cluster_list import name_one
from pages._ui.shell import jobs, session

COLORS: Mapping[str, str] = MappingProxyType({f"cluster_{method}": method for method in METHODS})
"""What a map can be coloured by, and the method of each."""

MIN_ASKED, MAX_ASKED, ASKED = 2, 50, 5  # clusters of k-means
_FOUND = "map_clusters"
N_CLUSTERS = "map_n_clusters"  # the key of its control

Known = tuple[str, int, RunColoring]


def titles(features: Features) -> dict[str, str]:
    """Return what is offered as a colour: nothing where there are too few images."""
    if features.n_images < MIN_IMAGES:
        return {}
    return {color: f"Clusters ({METHODS[method]})" for color, method in COLORS.items()}


def n_clusters(color: str) -> int:
    """Let the user say how many clusters k-means finds; HDBSCAN finds their number itself."""
    if COLORS.get(color) != "k_means":
        return 0
    asked = st.number_input(
        "Clusters",
        MIN_ASKED,
        MAX_ASKED,
        ASKED,
        key=N_CLUSTERS,
        persist_state="session",
        help="How many groups k-means divides the images into.",
    )
    return int(asked)


def fetch(features: Features, color: str, n_asked: int) -> Job | None:
    """Find the clusters that points are coloured by; return the job that is still at it. Those found before stay known."""
    if color not in COLORS:
        return None
    method, run, workspace = COLORS[color], features.spec.digest, session.workspace()
    names = kept_names(workspace, run, method, n_asked)
    about = (run, hash((features.digests, n_asked, tuple(names.items()))))
    before = _known().get(color)
    if before is not None and before[:2] == about:
        return None
    found, job = jobs.fetch(ClustersStudy(run, method, n_asked))
    known = {key: value for key, value in _known().items() if key != color}
    if found is not None:
        known[color] = (*about, cluster_coloring(found, method, features.digests, names))
    session.remember(_FOUND, known)
    return job


def kept(features: Features) -> dict[str, RunColoring]:
    """Return the clusters of these images that `fetch` has found in this session."""
    return {
        color: coloring
        for color, (digest, _, coloring) in _known().items()
        if digest == features.spec.digest and len(coloring.values) == len(features)
    }


def offer_names(bar: DeltaGenerator, features: Features, color: str, n_asked: int) -> None:
    """Let the user name the clusters that points are coloured by."""
    study = ClustersStudy(features.spec.digest, COLORS[color], n_asked) if color in COLORS else None
    found = study.find(session.workspace()) if study is not None else None
    if study is None or found is None or not found.sizes:
        return
    with bar.popover("Name clusters", icon=":material/edit:"):
        names = cluster_names(found, kept_names(session.workspace(), study.run, study.method, n_asked))
        number = st.selectbox(
            "Cluster",
            range(len(names)),
            format_func=lambda number: f"{names[number]}, {found.sizes[number]}",
            key="map_cluster",
        )
        name_one(st.container(), study, found, number, names[number])


def _known() -> dict[str, Known]:
    return cast(dict[str, Known], session.recall(_FOUND, {}))
