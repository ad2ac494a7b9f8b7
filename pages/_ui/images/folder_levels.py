"""Which folders the labels come from: the levels of the images that came in last, and a click to take another one."""

import streamlit as st

from featx_core.base.wording import shortened
from featx_core.images.folder_labels import FolderLevel
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, writing

_SHOWN_LEVELS = 5
_NAMED = 2
_NAME_CHARACTERS = 24
_NO_LABELS = -1


def show(workspace: Workspace) -> None:
    """Let the user pick the level of folders that the labels of the images that came in last are taken from."""
    levels = workspace.folder_levels()[:_SHOWN_LEVELS]
    if not levels:
        return
    current = workspace.label_level()
    words = {_NO_LABELS: "No labels"} | {level.index: _words(level) for level in levels}
    shown = _NO_LABELS if current is None else current
    chosen = st.pills(
        "Labels from folders",
        list(words),
        format_func=words.__getitem__,
        default=shown if shown in words else None,
        key=f"label_level_{shown}",
        help="Choose the folder level whose names are the classes of your images.",
    )
    if chosen is not None and chosen != shown:
        level = None if chosen == _NO_LABELS else chosen
        if writing.try_to(lambda: workspace.label_by_folder(level)):
            st.rerun()


def _words(level: FolderLevel) -> str:
    names = sorted(level.n_images)
    named = ", ".join(shortened(name, _NAME_CHARACTERS) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED:,} more".replace(",", " ") if len(names) > _NAMED else ""
    return formatting.escape(named + more)
