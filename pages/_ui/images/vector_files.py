"""Tables of numbers on their way in: what is in a file, which columns name and label its rows, bring in or leave out."""

import dataclasses
import secrets
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import streamlit as st

from featx_core.base.file_names import clean_name
from featx_core.extraction.vector_sets import MAX_TITLE, add_vectors
from featx_core.tables.layout import Choice, Layout, TableError
from featx_core.tables.reading import Source, is_table_file, look_at_table, read_table
from featx_core.tables.rows import Vectors
from featx_core.workspace.store import DiskFullError
from featx_core.workspace.workspace import Workspace
from pages._ui.images import vector_sets
from pages._ui.shell import formatting, session

_WAITING = "tables_waiting"
_PREVIEW_ROWS, _PREVIEW_VALUES = 5, 6
_MAX_CHOICES = 500  # columns in a select box


@dataclasses.dataclass(frozen=True)
class Waiting:
    """A file that the person has not decided about.

    Attributes:
        number: Names it among all uploads of the server.
        name: Its name, safe to show.
        source: Its name and its bytes, or where it lies on this machine.
    """

    number: str
    name: str
    source: Source = dataclasses.field(repr=False)


def take(files: Sequence[Any]) -> list[Any]:
    """Set aside the tables of numbers among uploaded files; give the others."""
    tables = [file for file in files if is_table_file(file.name)]
    _wait([_waiting_for(file.name, (file.name, file.getvalue())) for file in tables])
    return [file for file in files if not is_table_file(file.name)]


def take_path(path: Path) -> bool:
    """Set aside a table of numbers of this machine; False when the file is something else."""
    if not (path.is_file() and is_table_file(path.name)):
        return False
    _wait([_waiting_for(path.name, path)])
    return True


def is_waiting() -> bool:
    """Tell whether there is a file to decide about."""
    return bool(_waiting())


def show(workspace: Workspace) -> None:
    """Show the form of the first file that waits."""
    waiting = _waiting()
    file = waiting[0]
    with st.container(border=True, key="table_form"):
        more = f", {len(waiting) - 1} more after it" if len(waiting) > 1 else ""
        st.markdown(f"**Vectors from {formatting.escape(file.name)}**{more}")
        try:
            vectors, title = _asked(file, workspace)
        except TableError as error:
            st.warning(formatting.escape(str(error)), icon=":material/rule:")
            if error.n_good:
                st.checkbox(f"Keep the {formatting.counted(error.n_good, 'good row')}", key=f"good_{file.number}")
            vectors, title = None, ""
        _decide(workspace, file, vectors, title)


def _asked(file: Waiting, workspace: Workspace) -> tuple[Vectors, str]:
    """Show what the file holds, and let the person change what is taken of it."""
    number = file.number
    header = session.recall(f"header_{number}")
    array = session.recall(f"array_{number}")
    layout = _looked(number, Choice(array=_text(array), has_header=header if isinstance(header, bool) else None), file)
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    title = bar.text_input(
        "Name of this set", PurePosixPath(file.name).stem, max_chars=MAX_TITLE, key=f"title_{number}", width=240
    )
    if len(layout.arrays) > 1:
        array = bar.selectbox("Numbers", layout.arrays, key=f"array_{number}", width=200)
    name_column = _column(bar, "Names", layout, layout.name_column, f"names_{number}_{array}")
    label_column = _column(bar, "Labels", layout, layout.label_column, f"labels_{number}_{array}")
    if layout.has_header is not None:
        header = bar.checkbox("First row holds column names", layout.has_header, key=f"header_{number}")
    good = session.recall(f"good_{number}") is True
    choice = Choice(_text(array), name_column, label_column, header if isinstance(header, bool) else None, good)
    vectors = _named(_read(number, choice, file), workspace, number)
    _preview(vectors, workspace)
    return vectors, title.strip() or PurePosixPath(file.name).stem


def _column(bar: Any, words: str, layout: Layout, guess: str | None, key: str) -> str:
    """Let the person pick the column of names or labels; "" is none."""
    options = ["", *layout.columns[:_MAX_CHOICES]]
    return bar.selectbox(
        words,
        options,
        index=options.index(guess) if guess in options else 0,
        format_func=lambda column: column or "none",
        key=key,
        width=170,
        help=None if layout.columns else "This file has no column that could be one.",
    )


def _named(vectors: Vectors, workspace: Workspace, number: str) -> Vectors:
    """Offer to take the images for rows without names, when there are as many."""
    images = workspace.images()
    if vectors.names is not None or len(images) != len(vectors.values):
        return vectors
    are_images = st.checkbox("The rows are the images of this workspace, in their order", key=f"images_{number}")
    return dataclasses.replace(vectors, names=tuple(images.names)) if are_images else vectors


def _preview(vectors: Vectors, workspace: Workspace) -> None:
    n_rows, n_values = vectors.values.shape
    words = [f"{formatting.counted(n_rows, 'row')} of {formatting.counted(n_values, 'number')}"]
    words += [formatting.counted(n_labels, "label")] if (n_labels := len(set(vectors.labels) - {None})) else []
    st.markdown(formatting.escape(f"{', '.join(words)}. {vector_sets.linked_words(vectors.names, workspace)}"))
    first = vectors.values[:_PREVIEW_ROWS, :_PREVIEW_VALUES]
    table = pd.DataFrame(first, columns=[f"{number + 1}" for number in range(first.shape[1])])
    table.insert(0, "label", pd.Series(vectors.labels[:_PREVIEW_ROWS], dtype=object))
    names = vectors.names or [f"row {number + 1}" for number in range(n_rows)]
    table.insert(0, "name", pd.Series(names[:_PREVIEW_ROWS], dtype=object))
    st.dataframe(table, hide_index=True, height="content", placeholder="")
    for note in vectors.notes:
        st.caption(formatting.escape(note))


def _decide(workspace: Workspace, file: Waiting, vectors: Vectors | None, title: str) -> None:
    bar = st.container(horizontal=True)
    if bar.button("Bring in these vectors", type="primary", disabled=vectors is None, key=f"in_{file.number}"):
        try:
            run = add_vectors(workspace, vectors, title=title) if vectors is not None else None
        except DiskFullError as error:
            st.warning(str(error), icon=":material/hard_drive:")
            return
        _leave(file)
        if run is not None:
            session.remember(vector_sets.REPORT, run.digest)
        st.rerun()
    if bar.button("Leave this file out", key=f"out_{file.number}"):
        _leave(file)
        st.rerun()


@st.cache_resource(max_entries=4, show_spinner="Reading the file")
def _looked(number: str, choice: Choice, _file: Waiting) -> Layout:
    del number
    return look_at_table(_file.source, choice)


@st.cache_resource(max_entries=2, show_spinner="Reading the numbers")
def _read(number: str, choice: Choice, _file: Waiting) -> Vectors:
    del number
    return read_table(_file.source, choice)


def _waiting_for(name: str, source: Source) -> Waiting:
    return Waiting(secrets.token_hex(8), clean_name(name), source)


def _waiting() -> list[Waiting]:
    found = session.recall(_WAITING)
    return found if isinstance(found, list) else []


def _wait(files: list[Waiting]) -> None:
    if files:
        session.remember(_WAITING, [*_waiting(), *files])


def _leave(file: Waiting) -> None:
    session.remember(_WAITING, [other for other in _waiting() if other.number != file.number])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
