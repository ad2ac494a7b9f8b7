"""An app whose server is starved: its event loop stands still while a page is drawn, and its parts come, ask and go."""

import time

import streamlit as st
from streamlit.runtime import exists, get_instance

from pages._ui.shell import compat, fragments

PERIODS = (1.0, 0.25, 0.2, 0.15, 0.1)  # seconds; the last asks most often, so that parts come in any order
_STANDSTILL = 0.6  # seconds: longer than the page takes, which so ends before anything of it is sent
_DRAWINGS = 3  # of the first part until it asks for the whole page


def _draw_part(number: int) -> None:
    drawn = st.session_state[f"drawn_{number}"] = st.session_state.get(f"drawn_{number}", 0) + 1
    st.write(f"Part {number} drawn {drawn} times")
    st.button("Cancel", key=f"cancel_{number}")
    if number == 0 and drawn % _DRAWINGS == 0:
        st.rerun(scope="app")


def _stand_still(step: float) -> None:
    """Hold up the event loop, for so many seconds at a time."""
    loop = get_instance()._get_async_objs().eventloop
    end = time.monotonic() + _STANDSTILL

    def hold() -> None:
        time.sleep(step)
        if time.monotonic() < end:
            loop.call_soon(hold)

    loop.call_soon_threadsafe(hold)
    time.sleep(0.05)


def _draw() -> None:
    compat.mend()
    st.session_state.runs = st.session_state.get("runs", 0) + 1
    st.header(f"Page drawn {st.session_state.runs} times")
    if st.session_state.runs > 1:
        _stand_still(_STANDSTILL if st.session_state.runs % 2 else _STANDSTILL / 12)
    with compat.forgetting():
        for position, period in enumerate(PERIODS if st.session_state.runs % 4 < 2 else PERIODS[:2]):
            fragments.draw(_draw_part, run_every=period)(position)
            time.sleep(0.06)
        for line in range(5):
            st.caption(f"Line {line} below the parts")
        fragments.end_page()


if exists():  # not where the tests are collected
    _draw()
