"""The frame of featx: the web server's way in, and what stands around every page."""

import streamlit as st

from pages._ui.shell import frame
from pages._ui.shell.serving import server

if server.runs_a_script():
    frame.show()
else:
    app = st.App(
        __file__,
        lifespan=server.lifespan,
        routes=server.ROUTES,
        middleware=server.MIDDLEWARE,
        on_script_error=server.report,
    )
