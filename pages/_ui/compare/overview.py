"""The Compare page: which runs, the verdict, the ranking, quality against time."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st
from plotly.graph_objects import Figure

from featx_core.base.palette import run_color
from featx_core.comparison.tables import Comparison
from featx_core.comparison.verdicts import headline, measured_sentence
from featx_core.figures.comparison import ranking_figure, trade_figure
from featx_core.figures.style import CONFIG
from featx_core.studies.comparisons.comparison import ComparisonStudy
from featx_core.studies.rows.compared import name_runs
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, jobs, session

MAX_RUNS = 12
TRADE_HEIGHT = 340  # pixels


def pick(workspace: Workspace) -> list[Run]:
    """Let the user pick the runs to compare; all of them at first."""
    by_digest = {run.digest: run for run in workspace.ledger.runs()}
    names = {digest: name for name, digest in name_runs(list(by_digest.values())).items()}
    known = list(by_digest)[:MAX_RUNS]
    key = f"compared_{len(by_digest)}"  # a new run joins by itself
    digests = st.multiselect(
        "Runs",
        list(by_digest),
        default=known,
        format_func=names.__getitem__,
        max_selections=MAX_RUNS,
        key=key,
        persist_state="session",
        help="Any runs in this workspace.",
    )
    return [by_digest[digest] for digest in digests]


def fetch(chosen: Sequence[Run]) -> tuple[Comparison | None, Job | None]:
    """Return the comparison of some runs, or the job that makes it."""
    study = ComparisonStudy(tuple(run.digest for run in chosen))
    jobs.leave_others(study)
    return jobs.fetch(study)


def colors(chosen: Sequence[Run], comparison: Comparison) -> dict[str, str]:
    """Give each extractor of a comparison the colour of its run."""
    by_digest = {run.digest: run for run in chosen}
    runs = comparison.facts.get("runs", {})
    return {name: run_color(by_digest[digest].number - 1) for name, digest in runs.items() if digest in by_digest}


def show_verdict(comparison: Comparison) -> None:
    """Show what the comparison amounts to, in words, and on how much it rests."""
    with st.container(border=True, key="verdict"):
        first, rest = headline(comparison.verdict)
        st.header(formatting.escape(first), anchor=False)
        if rest:
            st.markdown(formatting.escape(rest))
        if comparison.has_labels:
            st.markdown(formatting.escape(measured_sentence(comparison.table.to_dict(orient="records"))))
        facts = comparison.facts
        noun = facts.get("noun", "image")
        words = [formatting.counted(facts["n_images"], noun), formatting.counted(facts["n_labels"], "label")]
        if facts["n_duplicate_groups"]:
            groups = formatting.counted(facts["n_duplicate_groups"], "group")
            words.append(f"{groups} of equal or nearly equal {noun}s kept in one fold")
        st.caption(formatting.escape(", ".join(words) + "."))


def show_ranking(comparison: Comparison, colors: dict[str, str]) -> None:
    """Show the scores of all extractors with their intervals."""
    if comparison.has_labels:
        st.header("Ranking", anchor=False)
        _plot(
            ranking_figure(comparison, colors=colors, dark=session.is_dark()),
            "ranking",
            "Accuracy of each network with 95 % intervals",
        )


def show_table(comparison: Comparison) -> None:
    """Show all numbers of all extractors."""
    table = comparison.table.copy()
    for measure in ("knn", "probe", "stability"):
        if measure in table:
            table[measure] = [_with_interval(row, measure) for row in table.to_dict(orient="records")]
            table = table.drop(columns=[f"{measure}_low", f"{measure}_high"])
    is_asked = table["saw_labels"].any()
    table["saw_labels"] = table["saw_labels"].map({True: "yes", False: "no"}).where(table["kind"] == "extractor", "")
    has_more = st.toggle("More measures", key="more_measures", persist_state="session")
    shown = [column for column in _COLUMNS if column in table and (is_asked or column not in _OF_TRAINED)]
    shown = [column for column in shown if has_more or column in (*_FEW, *_OF_TRAINED[:1])]
    st.dataframe(table, hide_index=True, column_config=_COLUMNS, column_order=shown, placeholder="")
    st.download_button(
        "Table as CSV",
        data=lambda: _csv(comparison.table),
        file_name="featx-comparison.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )
    if comparison.has_labels:
        st.caption("Brackets are 95 % intervals. Chance: always the most frequent label.")


def show_trade(comparison: Comparison, colors: dict[str, str]) -> None:
    """Show quality against time."""
    if not comparison.has_labels:
        return
    table = comparison.table
    if not (table["ms_per_image"].notna() & table["probe"].notna() & (table["kind"] == "extractor")).any():
        return
    st.header("Quality against time", anchor=False)
    figure = trade_figure(comparison, colors=colors, dark=session.is_dark())
    _place_names(figure)
    figure.update_layout(height=TRADE_HEIGHT)
    _plot(figure, "trade", "Accuracy against time for one image")
    st.caption(
        "Up is better, left is faster.",
        help="The line joins the runs that no other run beats in both. Times were measured on this machine during the "
        "runs, with whatever else was running.",
    )


def _place_names(figure: Figure) -> None:
    """Let the names of the points stay inside the frame and out of each other's way."""
    points = sorted(figure.select_traces({"mode": "markers+text"}), key=lambda trace: trace.x[0])
    first, last = points[0].x[0], points[-1].x[0]
    middle = (first * last) ** 0.5 if figure.layout.xaxis.type == "log" else last / 2
    for number, trace in enumerate(points):
        side = "left" if trace.x[0] > middle else "right"
        trace.textposition = f"{'bottom' if number % 2 else 'top'} {side}"


def _plot(figure: Figure, name: str, alt: str) -> None:
    """Show a figure, with a way to keep it as a page that works offline."""
    st.plotly_chart(figure, key=f"compare_{name}", theme=None, config=CONFIG, alt=alt)
    st.download_button(
        "Figure as HTML",
        data=lambda: figure.to_html(include_plotlyjs=True, config=CONFIG).encode(),
        file_name=f"featx-{name}.html",
        mime="text/html",
        key=f"html_{name}",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )


def _csv(table: pd.DataFrame) -> bytes:
    """Write a table as CSV, empty where a value is unknown."""
    return formatting.safe_csv(table.astype(object).where(table.notna(), None))


def _with_interval(row: dict[Any, Any], measure: str) -> str:
    value, low, high = row[measure], row[f"{measure}_low"], row[f"{measure}_high"]
    if pd.isna(value):
        return "not measured" if measure == "stability" and row["kind"] == "extractor" else ""
    return f"{value:.3f}" if pd.isna(low) else f"{value:.3f} [{low:.3f}, {high:.3f}]"


_FEW = ("extractor", "probe", "knn", "ms_per_image")  # what is shown before "More measures"
_OF_TRAINED = ("saw_labels", "n_scored")  # columns that say nothing where no run was trained on these labels
_COLUMNS = {
    "extractor": st.column_config.TextColumn("Network", pinned=True),
    "saw_labels": st.column_config.TextColumn(
        "Has seen these labels",
        help="Such a run is scored on images not used in its training, and has no silhouette and no NMI.",
    ),
    "n_scored": st.column_config.NumberColumn("Images scored", format="localized"),
    "probe": st.column_config.TextColumn(
        "Linear probe", help="Cross-validated accuracy of a logistic regression on the features."
    ),
    "knn": st.column_config.TextColumn(
        "k-NN accuracy", help="Share of images whose nearest neighbours have the same label (cosine, leave-one-out)."
    ),
    "ms_per_image": st.column_config.NumberColumn("ms per image", format="%.1f"),
    "n_features": st.column_config.NumberColumn("Features", format="localized"),
    "n_parameters": st.column_config.NumberColumn("Parameters", format="localized"),
    "silhouette": st.column_config.NumberColumn("Silhouette", format="%.3f"),
    "nmi": st.column_config.NumberColumn("k-means NMI", format="%.3f"),
    "stability": st.column_config.TextColumn("Stability of neighbours"),
    "effective_dimension": st.column_config.NumberColumn("Effective dimension", format="%.1f"),
    "hubness": st.column_config.NumberColumn(
        "Hubness", format="%.2f", help="Skewness of how often each image is a neighbour of others."
    ),
    "badge": st.column_config.TextColumn("Weights"),
}
