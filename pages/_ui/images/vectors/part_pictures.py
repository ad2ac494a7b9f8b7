"""The images that the rows of a folder of parts are of, where they can be reached: brought in with the vectors."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from featx_core.tables.apart.examiners import TableSource
from featx_core.tables.formats.parts import is_parts, pictures
from featx_core.tables.layout import TableError
from featx_core.tables.rows import Vectors
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, imports, session


def offer(workspace: Workspace, number: str, source: TableSource, vectors: Vectors) -> None:
    """Offer to bring in the images of some rows, as many as can be reached and are not here."""
    session.take(_key(number))
    if isinstance(source, tuple) or vectors.digests is None or not is_parts(source):
        return
    known = set(workspace.images().digests)
    wanted = tuple(digest for digest in vectors.digests if digest not in known)
    found = _reached(number, len(known), source, wanted)
    if not found:
        if wanted:
            st.caption("Their images cannot be reached from here.")
        return
    words = f"{formatting.counted(len(found), 'image')} of these rows can be reached"
    if st.checkbox("Import their images too", value=True, key=f"pictures_{number}", help=words):
        session.remember(_key(number), list(found))
    st.caption(f"{words}.")


def begin(workspace: Workspace, number: str, name: str) -> None:
    """Begin to bring in the images that were chosen."""
    found = session.take(_key(number))
    if isinstance(found, list) and found:
        imports.start(workspace, found, title=f"Importing the images of {name}", limited=False, expected=len(found))


@st.cache_data(max_entries=2, show_spinner="Looking for the images")
def _reached(number: str, n_known: int, _folder: Path, _digests: Sequence[str]) -> list[Path]:
    del number, n_known
    try:
        return pictures(_folder, _digests)
    except TableError:
        return []


def _key(number: str) -> str:
    return f"part_pictures_{number}"
