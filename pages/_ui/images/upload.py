"""The ways to bring images in: a drop zone, a local folder, the samples; and the report of what came of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from featx_core.images.intake_report import IntakeReport
from featx_core.images.sample_photographs import SampleMissingError
from featx_core.images.samples import SAMPLES
from featx_core.workspace.workspace import Workspace
from pages._ui.images import folder_levels, one_click
from pages._ui.images.vectors import vector_files, vector_sets
from pages._ui.shell import compat, formatting, imports, session, writing

_KINDS = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF files of up to 25 MB, or zip archives of up to 200 MB."
TABLES = "Tables of numbers (CSV, NPY, NPZ, Parquet) come in as sets of vectors."
_SHOWN_LINES = 200


def show_controls(workspace: Workspace) -> None:
    """Show the same ways for a workspace that holds images already."""
    grid = st.grid(2, min_column_width=360)
    with grid.cell():
        drop_zone(workspace)
        local_folder(workspace)
    with grid.cell():
        samples(workspace, list(SAMPLES))
    if session.recall(session.REPORT_CLOSED) and st.button(
        "Report of the last import", icon=":material/history:", key="recall_report", type="tertiary"
    ):
        session.take(session.REPORT_CLOSED)
        st.rerun()


def show_reports(workspace: Workspace) -> None:
    """Say what came of the last intake of images and of the last table, until the user closes it."""
    _show_last_report(workspace)
    vector_sets.show_report(workspace)


def _show_last_report(workspace: Workspace) -> None:
    """Say what came of the last intake, in a line, once it is over: until the user closes it or goes to another page."""
    report = workspace.last_intake()
    if report is None or session.recall(session.REPORT_CLOSED) == report.to_json():
        return
    session.remember(session.REPORT_SHOWN, report.to_json())
    with st.container(key="intake_report", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_report_words(report), width="content")
        if workspace.folder_levels():
            with st.popover("Labels from folders", icon=":material/label:"):
                folder_levels.show(workspace)
        if report.skipped or report.converted or report.duplicates:
            _details(report)
        if st.button("", icon=":material/close:", type="tertiary", help="Close this report", key="close_report"):
            session.close_report()
            st.rerun()


def _report_words(report: IntakeReport) -> str:
    return formatting.escape(report.sentence())


def _details(report: IntakeReport) -> None:
    with st.popover("Details", key="report_details", on_change="rerun") as details:
        if not details.open:
            return
        rows = [{"file": name, "what": "left out", "why": reason} for name, reason in report.skipped]
        rows += [{"file": name, "what": "converted", "why": note} for name, note in report.converted]
        rows += [{"file": name, "what": "duplicate", "why": f"same as {other}"} for name, other in report.duplicates]
        st.dataframe(rows[:_SHOWN_LINES], hide_index=True, height=formatting.table_height(len(rows), 320), width=620)
        st.download_button(
            "Download list (CSV)",
            data=report.to_csv(),
            file_name="featx-intake.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
        )


def drop_zone(workspace: Workspace) -> None:
    """Show where files, a folder or a table are dropped."""
    kind = st.segmented_control(
        "What to upload", ["Files or zip", "Folder"], default="Files or zip", required=True, key="upload_kind"
    )
    number = session.recall("upload_number", 0)
    files = st.file_uploader(
        "Drop files or zip archives here" if kind == "Files or zip" else "Drop a folder here",
        accept_multiple_files="directory" if kind == "Folder" else True,
        key=f"upload_{kind}_{number}",
        max_upload_size=200,
        help=f"{_KINDS} Folder names become labels. {TABLES}",
    )
    if files:
        session.remember("upload_number", int(str(number)) + 1)
        compat.release(files)
        pictures = vector_files.take(files)
        if not pictures:
            st.rerun()
        begin(workspace, [(file.name, file) for file in pictures], title="Importing your images", limited=True)


def local_folder(workspace: Workspace) -> None:
    """Offer a folder of this computer, where the server is on it."""
    if not session.is_local():
        return
    with st.popover("Open a folder on this computer", icon=":material/folder:"):
        path = st.text_input("Path of a folder or zip file", placeholder="for example ~/Pictures/birds")
        link = st.checkbox(
            "Leave files where they are",
            key="link_folder",
            help="Saves disk space: only thumbnails are kept. The files must stay in their place, unchanged, on this computer.",
        )
        if st.button("Bring in", key="open_folder", disabled=not path.strip()):
            source = Path(path.strip()).expanduser()
            if vector_files.take_path(source):
                st.rerun()
            elif source.exists():
                begin(workspace, [source], title=f"Importing {source.name}", limited=False, link=link)
            else:
                st.warning("There is no such file or folder on this computer. Check the path.")


def samples(workspace: Workspace, names: Sequence[str]) -> None:
    """Offer sample sets by their keys in `SAMPLES`."""
    chosen = st.radio(
        "Sample set",
        names,
        format_func=lambda name: SAMPLES[name].title,
        captions=[SAMPLES[name].caption for name in names],
        key="sample_set",
    )
    if not st.button("Try with samples", icon=":material/auto_awesome_mosaic:", key="try_samples"):
        return
    try:
        files = SAMPLES[chosen].make()
    except SampleMissingError as error:
        st.warning(formatting.escape(str(error)), icon=":material/extension_off:")
        return
    if writing.try_to(lambda: one_click.name_after(workspace, chosen)):
        sample = SAMPLES[chosen]
        begin(workspace, files, title=f"Making {sample.title}", limited=False, expected=sample.n_images)


def begin(
    workspace: Workspace,
    sources: Iterable[Any],
    *,
    title: str,
    limited: bool,
    expected: int = 0,
    link: bool = False,
) -> None:
    """Start an import in the background and redraw the page."""
    imports.start(workspace, sources, title=title, limited=limited, expected=expected, link=link)
    st.rerun()
