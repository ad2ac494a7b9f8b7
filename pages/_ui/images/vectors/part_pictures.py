"""The images that the rows of a folder of parts are of, where they can be reached: linked as the vectors come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from featx_core.tables.apart.examiners import TableSource
from featx_core.tables.formats.parts import is_parts, pictures
from featx_core.tables.layout import TableError
from featx_core.tables.rows import Vectors
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, imports, session


@dataclass(frozen=True)
class Chosen:
    """Images that come in with a set of vectors: their files, and the labels that the set has, by digest."""

    files: list[Path]
    labels: Mapping[str, str | None]


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
    shown = f"Import their images too ({formatting.counted(len(found), 'image')} can be reached)"
    if st.checkbox(
        shown, value=True, key=f"pictures_{number}", help="Only thumbnails are kept: files stay where they are."
    ):
        session.remember(_key(number), Chosen(found, dict(zip(vectors.digests, vectors.labels, strict=True))))


def begin(workspace: Workspace, number: str, name: str) -> None:
    """Begin to bring in the images that were chosen."""
    chosen = session.take(_key(number))
    if not isinstance(chosen, Chosen):
        return

    def label() -> None:
        images = [image for image in workspace.images() if image.label is None and chosen.labels.get(image.digest)]
        workspace.set_labels({image.name: chosen.labels[image.digest] for image in images})

    title, n_images = f"Importing the images of {name}", len(chosen.files)
    imports.start(workspace, chosen.files, title=title, limited=False, expected=n_images, then=label, link=True)


@st.cache_data(max_entries=2, show_spinner="Looking for the images")
def _reached(number: str, n_known: int, _folder: Path, _digests: Sequence[str]) -> list[Path]:
    del number, n_known
    try:
        return pictures(_folder, _digests)
    except TableError:
        return []


def _key(number: str) -> str:
    return f"part_pictures_{number}"
