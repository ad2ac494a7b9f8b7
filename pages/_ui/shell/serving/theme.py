"""Dark or light: what stands over a page is told, and a change while a page is open draws its figures anew."""

from pathlib import Path

import streamlit as st

from pages._ui.shell import session

_theme = st.components.v2.component(
    "featx_theme", html="<span></span>", js=Path(__file__).with_name("theme.js").read_text("utf-8")
)


def show() -> None:
    """Let what stands over the page, as popovers do, know that the theme is dark: Streamlit tells the page alone."""
    scheme = "dark" if session.is_dark() else "light"
    over = "[data-testid='portal'], #stFloatingOverlayPortal, [data-testid='stDialog']"
    st.html(f"<style>:is({over}) {{ color-scheme: {scheme}; }}</style>")


def watch() -> None:
    """Draw the page anew when its theme changes. Takes no room."""
    drawn = "dark" if session.is_dark() else "light"
    _theme(data={"drawn": drawn}, key="theme_watch", on_scheme_change=lambda: None)
