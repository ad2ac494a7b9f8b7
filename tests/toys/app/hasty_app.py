"""The app, with a worker that has 20 seconds of its own to get ready, and is given up after 15 without a sign of life."""

import functools

import streamlit as st

from featx_core.worker.jobs import Limits
from featx_core.worker.supervisor import Supervisor
from pages._ui.shell import frame, jobs
from pages._ui.shell.serving import server


@functools.cache
def _hasty_supervisor() -> Supervisor:
    made = Supervisor(Limits(start_seconds=20.0, stall_seconds=15.0))
    made.start()
    return made


if server.runs_a_script():
    frame.show()
else:
    jobs.supervisor = _hasty_supervisor
    app = st.App(__file__, lifespan=server.lifespan, routes=server.ROUTES, middleware=server.MIDDLEWARE)
