"""Tables of numbers on their way in: what is in a file, what its columns are taken for, bring in or leave out."""

import dataclasses
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import streamlit as st

from featx_core.base.faults import new_reference
from featx_core.base.files.file_names import clean_name
from featx_core.extraction.vector_sets import MAX_TITLE, add_vectors
from featx_core.tables.apart.examiners import TABLE_EXAMINERS, TableSource
from featx_core.tables.formats.parts import is_parts
from featx_core.tables.layout import Choice, Layout, TableError
from featx_core.tables.reading import is_table_file
from featx_core.tables.rows import Vectors
from featx_core.workspace.runs import Run
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace
from pages._ui.images.vectors import column_roles, part_pictures, vector_sets
from pages._ui.shell import formatting, session, writing

_log = logging.getLogger("featx")
_WAITING = "tables_waiting"
_PREVIEW_ROWS, _PREVIEW_VALUES = 5, 6


@dataclasses.dataclass(frozen=True)
class Waiting:
    """A file that is waiting for the user's decision.

    Attributes:
        number: Names it among all uploads of the server.
        name: Its name, safe to show.
        source: Its name and its bytes, or where it lies on this machine.
    """

    number: str
    name: str
    source: TableSource = dataclasses.field(repr=False)


def take(files: Sequence[Any]) -> list[Any]:
    """Set aside the tables of numbers among uploaded files; give the others."""
    tables = [file for file in files if is_table_file(file.name)]
    _wait([_waiting_for(file.name, (file.name, file.getvalue())) for file in tables])
    return [file for file in files if not is_table_file(file.name)]


def take_path(path: Path) -> bool:
    """Set aside a table of numbers of this machine, or a folder of parts; False when it is something else."""
    if not (path.is_file() and is_table_file(path.name)) and not is_parts(path):
        return False
    _wait([_waiting_for(path.name, path)])
    return True


def is_waiting() -> bool:
    """Return whether there is a file to decide about."""
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
        except RuntimeError as error:  # what nobody expected: the file can still be left out
            reference = new_reference()
            _log.error("ref %s: %s", reference, error)
            st.warning(f"{formatting.escape(file.name)} cannot be read (ref {reference}).", icon=":material/rule:")
            vectors, title = None, ""
        _decide(workspace, file, vectors, title)


def _asked(file: Waiting, workspace: Workspace) -> tuple[Vectors | None, str]:
    """Show what the file holds, and let the user change what is taken of it."""
    number = file.number
    layout = _layout(file)
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    title = bar.text_input(
        "Name of this set", PurePosixPath(file.name).stem, max_chars=MAX_TITLE, key=f"title_{number}", width=240
    )
    array = _array(bar, layout, number)
    if layout.has_header is not None:
        bar.checkbox("First row holds column names", layout.has_header, key=f"header_{number}")
    roles = () if _is_folder(file) else column_roles.choose(layout, f"{number}_{array}_{layout.has_header}")
    if layout.is_doubtful and array is None:
        st.info("Several arrays could hold the features. Choose one.", icon=":material/rule:")
        return None, ""
    is_good = session.recall(f"good_{number}") is True
    chosen = Choice(_array_of(file), has_header=_header_of(file), good_rows_only=is_good, roles=roles)
    vectors = _read(number, chosen, file)
    vectors = _named(vectors, workspace, number)
    _preview(vectors, workspace)
    part_pictures.offer(workspace, number, file.source, vectors)
    return vectors, title.strip() or PurePosixPath(file.name).stem


def _is_folder(file: Waiting) -> bool:
    """Whether it is a folder of parts, whose columns are known."""
    return isinstance(file.source, Path) and file.source.is_dir()


def _layout(file: Waiting) -> Layout:
    """Find what a file offers, read the way the user says, where that is another than the guess."""
    return _looked_at(file.number, Choice(_array_of(file), has_header=_header_of(file)), file)


def _array_of(file: Waiting) -> str | None:
    array = session.recall(f"array_{file.number}")
    return array if isinstance(array, str) else None


def _header_of(file: Waiting) -> bool | None:
    """Return whether the user says that the first row names the columns; None where that is the guess."""
    header = session.recall(f"header_{file.number}")
    guess = _looked_at(file.number, Choice(_array_of(file)), file).has_header
    return header if isinstance(header, bool) and header != guess else None


def _array(bar: Any, layout: Layout, number: str) -> str | None:
    """Let the user pick one of several arrays; None while it is not known which holds the features."""
    if len(layout.arrays) < 2:
        return None
    key = f"array_{number}"
    if session.recall(key) is None and not layout.is_doubtful:
        session.remember(key, layout.main)
    index = None if layout.is_doubtful else 0
    found = bar.selectbox("Numbers", layout.arrays, index, key=key, placeholder="Pick an array", width=200)
    return found if isinstance(found, str) else None


def _named(vectors: Vectors, workspace: Workspace, number: str) -> Vectors:
    """Offer to take the images for rows without names, when there are as many."""
    images = workspace.images()
    if vectors.names is not None or len(images) != len(vectors.values):
        return vectors
    are_images = st.checkbox("Rows are the images of this workspace, in order", key=f"images_{number}")
    return dataclasses.replace(vectors, names=tuple(images.names)) if are_images else vectors


def _preview(vectors: Vectors, workspace: Workspace) -> None:
    import pandas as pd

    n_rows, n_values = vectors.values.shape
    words = [f"{formatting.counted(n_rows, 'row')} of {formatting.counted(n_values, 'number')}"]
    words += [formatting.counted(n_labels, "label")] if (n_labels := len(set(vectors.labels) - {None})) else []
    st.markdown(formatting.escape(f"{', '.join(words)}. {vector_sets.linked_words(vectors, workspace)}"))
    first = vectors.values[:_PREVIEW_ROWS, :_PREVIEW_VALUES]
    table = pd.DataFrame(first, columns=[f"{number + 1}" for number in range(first.shape[1])])
    table.insert(0, "label", pd.Series(vectors.labels[:_PREVIEW_ROWS], dtype=object))
    names = vectors.names or [f"row {number + 1}" for number in range(n_rows)]
    table.insert(0, "name", pd.Series(names[:_PREVIEW_ROWS], dtype=object))
    st.dataframe(table, hide_index=True, height="content", placeholder="")
    if vectors.notes:
        st.caption("  \n".join(map(formatting.escape, vectors.notes)))


def _decide(workspace: Workspace, file: Waiting, vectors: Vectors | None, title: str) -> None:
    bar = st.container(horizontal=True)
    if bar.button("Import these vectors", type="primary", disabled=vectors is None, key=f"in_{file.number}"):
        try:
            run = _added(workspace, vectors, title) if vectors is not None else None
        except WorkspaceError as error:
            st.error(formatting.escape(str(error)), icon=":material/error:")
            return
        _leave(file)
        if run is not None:
            session.remember(vector_sets.REPORT, run.digest)
            part_pictures.begin(workspace, file.number, file.name)
        st.rerun()
    if bar.button(f"Skip this {'folder' if _is_folder(file) else 'file'}", key=f"out_{file.number}"):
        _leave(file)
        st.rerun()


@st.cache_resource(max_entries=4, show_spinner="Reading the file")
def _looked_at(number: str, choice: Choice, _file: Waiting) -> Layout:
    del number
    return TABLE_EXAMINERS.layout(_file.source, choice)


@st.cache_resource(max_entries=2, show_spinner="Assembling the table")
def _read(number: str, choice: Choice, _file: Waiting) -> Vectors:
    del number
    return TABLE_EXAMINERS.vectors(_file.source, choice)


def _waiting_for(name: str, source: TableSource) -> Waiting:
    return Waiting(secrets.token_hex(8), clean_name(name), source)


def _waiting() -> list[Waiting]:
    found = session.recall(_WAITING)
    return found if isinstance(found, list) else []


def _wait(files: list[Waiting]) -> None:
    if files:
        session.remember(_WAITING, [*_waiting(), *files])


def _added(workspace: Workspace, vectors: Vectors, title: str) -> Run:
    writing.check_upload(workspace, vectors.values.nbytes)
    return add_vectors(workspace, vectors, title=title)


def _leave(file: Waiting) -> None:
    _looked_at.clear()
    _read.clear()
    session.remember(_WAITING, [other for other in _waiting() if other.number != file.number])
