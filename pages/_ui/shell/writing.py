"""Small writes of a page: where the workspace takes none now, one sentence says why, and the page stands."""

from collections.abc import Callable

import streamlit as st

from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import MAX_UPLOAD_BYTES, Workspace
from pages._ui.shell import formatting


def try_to(change: Callable[[], object]) -> bool:
    """Change the workspace; where it cannot be changed now, say why.

    Args:
        change: Writes to the workspace.

    Returns:
        Whether it was changed.
    """
    try:
        change()
    except WorkspaceError as error:
        st.error(formatting.escape(str(error)), icon=":material/error:")
        return False
    return True


def check_upload(workspace: Workspace, n_bytes: int) -> None:
    """Hold an upload of weights or numbers to the limit of a workspace.

    Raises:
        WorkspaceError: If the workspace would hold too much with it.
    """
    held = workspace.size()[1] + workspace.kept_bytes()
    if held + n_bytes > MAX_UPLOAD_BYTES:
        raise WorkspaceError(
            f"This workspace holds {formatting.size(held)} of uploads; the limit is {formatting.size(MAX_UPLOAD_BYTES)}. "
            "Remove some, or begin a new workspace."
        )
