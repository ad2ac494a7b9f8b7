"""What goes into a report: its heading and words, its parts, the run and the images."""

import streamlit as st

from featx_core.heatmaps.methods import HEATMAPS, heatmaps_of
from featx_core.images.image_set import ImageSet
from featx_core.maps.registry import PROJECTIONS
from featx_core.studies.files.report import MAX_HEATMAPS, MAX_RUNS, MAX_TITLE, MAX_WORDS, PARTS, ReportStudy
from featx_core.studies.rows.compared import name_runs
from featx_core.workspace.runs import Run
from featx_core.workspace.workspace import Workspace
from pages._ui.images import choice
from pages._ui.shell import runs as shell_runs

MAX_OFFERED = 500
"""Images that are offered by name: a browser is sent all their names."""

TITLES = {
    "images": "Images",
    "runs": "Runs",
    "map": "Map",
    "heatmaps": "Heatmaps",
    "comparison": "Comparison",
    "clusters": "Clusters",
    "findings": "Worth a look",
    "gallery": "All images",
    "versions": "Versions",
}


def show(workspace: Workspace, runs: list[Run], images: ImageSet) -> ReportStudy:
    """Show the form; give what it asks for."""
    title = st.text_input(
        "Title", value=workspace.title, max_chars=MAX_TITLE, key="report_title", persist_state="session"
    )
    words = st.text_area(
        "Your words",
        max_chars=MAX_WORDS,
        height=120,
        key="report_words",
        persist_state="session",
        placeholder="An empty line begins another paragraph.",
    )
    parts = st.pills(
        "Parts",
        list(PARTS),
        selection_mode="multi",
        default=list(PARTS),
        format_func=TITLES.__getitem__,
        key="report_parts",
        persist_state="session",
        wrap=True,
        help="Clusters and lists of images worth a look are those that this workspace keeps.",
    )
    chosen = _runs(runs)
    words_of_run = "Run of the map, heatmaps and findings"
    main = shell_runs.pick(chosen or runs, key="report_run", label=words_of_run, width="stretch")
    map_name = "pca"
    if "map" in parts:
        map_name = st.segmented_control(
            "Map",
            list(PROJECTIONS),
            default="pca",
            required=True,
            format_func=lambda name: PROJECTIONS[name].title,
            key="report_map",
            persist_state="session",
        )
    name, digests = _heatmaps(images, main) if "heatmaps" in parts else ("eigen_cam", ())
    kept = tuple(part for part in PARTS if part in parts)
    return ReportStudy(
        title.strip(), words, kept, tuple(run.digest for run in chosen), main.digest, map_name or "pca", name, digests
    )


def left_out(study: ReportStudy, workspace: Workspace) -> str:
    """Name the parts that are asked for but have nothing to show; empty where there are none."""
    parts = [f"{TITLES[part]} ({reason})" for part, reason in study.empty_parts(workspace).items()]
    return f"Left out: {', '.join(parts)}." if parts else ""


def _runs(runs: list[Run]) -> list[Run]:
    by_digest = {run.digest: run for run in runs}
    names = {digest: name for name, digest in name_runs(runs).items()}
    digests = st.multiselect(
        "Runs",
        list(by_digest),
        default=list(by_digest)[:MAX_RUNS],
        format_func=names.__getitem__,
        max_selections=MAX_RUNS,
        key=f"report_runs_{len(by_digest)}",
        persist_state="session",
    )
    return [by_digest[digest] for digest in digests]


def _heatmaps(images: ImageSet, run: Run) -> tuple[str, tuple[str, ...]]:
    if not run.spec.takes_images or not len(images):
        return "eigen_cam", ()
    offered = [*images.named(choice.for_heatmaps().names), *images[:MAX_OFFERED]]
    by_name = {image.name: image.digest for image in offered}
    names = st.multiselect(
        "Heatmaps of",
        list(by_name),
        max_selections=MAX_HEATMAPS,
        key=f"report_heatmaps_{len(images)}",
        persist_state="session",
        placeholder="Choose images",
        help=f"Those of the Heatmaps page and the first {MAX_OFFERED}." if len(images) > MAX_OFFERED else None,
    )
    name = "eigen_cam"
    if names:
        kinds = heatmaps_of(run.spec)
        name = st.selectbox(
            "Kind",
            kinds,
            index=kinds.index(name),
            format_func=lambda key: HEATMAPS[key].title,
            key=f"report_kind_{len(kinds)}",
            persist_state="session",
        )
    return name or "eigen_cam", tuple(dict.fromkeys(by_name[each] for each in names))
