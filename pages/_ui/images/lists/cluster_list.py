"""Clusters on the Images page: a table of them, and the images of one, which can be named and labelled."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.curation.cluster_names import MAX_NAME, cluster_names, cluster_words, kept_names, rename_cluster
from featx_core.curation.clusters import METHODS, STABLE, Clusters
from featx_core.curation.colorings import suggested_name
from featx_core.images.image_set import ImageSet
from featx_core.studies.clusters import ClustersStudy
from featx_core.workspace.runs import Run
from pages._ui.images import gallery
from pages._ui.images.lists import listed
from pages._ui.networks import names
from pages._ui.shell import formatting, session, writing


def show(images: ImageSet, run: Run) -> None:
    """Show the clusters of a run, and the images of the one that is picked."""
    left, right = st.columns([2, 3], gap="medium")
    with left:
        method = st.segmented_control(
            "Method",
            list(METHODS),
            format_func=METHODS.__getitem__,
            default="hdbscan",
            required=True,
            key="cluster_method",
        )
        n_clusters = 0
        if method == "k_means":
            n_clusters = st.number_input("Clusters", 2, 50, 5, key="n_clusters")
        study = ClustersStudy(run.digest, method or "hdbscan", int(n_clusters))
        found = listed.fetched(study)
        if found is None:
            return
        if not found.sizes:
            st.markdown("**No clusters**: the images do not fall into groups by these features.")
            return
        called = cluster_names(found, kept_names(session.workspace(), run.digest, study.method, study.n_clusters))
        place = _table(found, called)
        st.caption(
            f"{formatting.counted(found.numbers.count(-1), 'image')} in no cluster.",
            help=f"Stable: found again in resamples (Jaccard index at least {STABLE}). Clusters are those of the features, "
            "not of meaning.",
        )
    with right:
        _one(study, found, place, called[place], images, run)


def _table(found: Clusters, called: Sequence[str]) -> int:
    import pandas as pd

    table = pd.DataFrame(
        {
            "cluster": called,
            "images": found.sizes,
            "stability": found.stabilities,
            "": ["stable" if is_stable else "unstable" for is_stable in found.is_stable],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        key="cluster_table",
        on_select="rerun",
        selection_mode="single-row-required",
        column_config={
            "stability": st.column_config.ProgressColumn("Stability", format="%.2f", min_value=0, max_value=1)
        },
        alt="Clusters with the number of their images and their stability",
    )
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(table) else 0


def _one(study: ClustersStudy, found: Clusters, place: int, name: str, images: ImageSet, run: Run) -> None:
    inside = [digest for digest, number in zip(found.digests, found.numbers, strict=True) if number == place]
    typical = found.typical[place]
    records = listed.records(images, [*typical, *(digest for digest in inside if digest not in set(typical))])
    title = formatting.escape(name[:1].upper() + name[1:])
    st.markdown(f"**{title}**, {formatting.counted(len(inside), 'image')}, the most typical first")
    listed.show(records, images, [""] * len(records), key="look_cluster", run=run)
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    offered = _suggested(inside) if name == cluster_words(place) else ""
    text = name_one(bar, study, found, place, name, offered)
    if bar.button("Use as label", disabled=not text, icon=":material/label:", key="label_cluster"):
        everyone = {image.name: text for image in images if image.digest in set(inside)}
        gallery.change(lambda: session.workspace().set_labels(everyone))


def name_one(
    bar: DeltaGenerator, study: ClustersStudy, found: Clusters, number: int, name: str, offered: str = ""
) -> str:
    """Let the user give a cluster another name. Gives what stands in the field: its name, or what is offered for it."""
    shown = offered or name
    key = f"cluster_name_{study.run[:8]}_{study.method}_{number}_{shown}"  # another name makes another field
    text = bar.text_input("Name of the cluster", value=shown, max_chars=MAX_NAME, key=key, width=220).strip()
    if bar.button("Rename", icon=":material/edit:", disabled=text in ("", name), key="rename_cluster"):
        about = (session.workspace(), study.run, study.method, study.n_clusters, found, number, text)
        if writing.try_to(lambda: rename_cluster(*about)):
            st.rerun(scope="app")
    return text


def _suggested(digests: Sequence[str]) -> str:
    """Return what a network calls at least half of some images, where one has named them; else nothing."""
    predictions, _ = names.of_workspace()
    if predictions is None:
        return ""
    best = {digest: predictions.best(digest) for digest in digests}
    return suggested_name(digests, {digest: each.name for digest, each in best.items() if each is not None})
