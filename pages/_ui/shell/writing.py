"""Small writes of a page: where the workspace takes none now, one sentence says why, and the page stands."""

from collections.abc import Callable

import streamlit as st

from featx_core.workspace.store import WorkspaceError
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
