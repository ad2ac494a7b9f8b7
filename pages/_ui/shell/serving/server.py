"""What the web server does besides running pages: start the worker, serve thumbnails, log what went wrong."""

import contextlib
import gc
import logging
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit.runtime.scriptrunner import get_script_run_ctx

from featx_core.base.palette import run_color
from featx_core.images.decoding import ImageError
from featx_core.workspace.store import WorkspaceError
from pages._ui.shell import compat, formatting, hosts, jobs, library
from pages._ui.shell.serving import handed, head, warming

_log = logging.getLogger("featx")
_A_DAY = 24 * 3600  # seconds
_PICTURES = Path(__file__).parents[2] / "images" / "first_page"
_A_YEAR = (
    365 * 24 * 3600
)  # seconds; a thumbnail never changes, its address is the digest of its image, and how it is scaled


def runs_a_script() -> bool:
    """Return whether a page is being drawn, rather than the server being started."""
    return get_script_run_ctx(suppress_warning=True) is not None


@contextlib.asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Start the worker with the server, so that it is warm at the first click, and end it with the server."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    compat.mend()
    supervisor = await anyio.to_thread.run_sync(jobs.supervisor)
    gc.freeze()
    warming.begin()
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(supervisor.stop)


async def _thumbnail(request: Request) -> Response:
    token, digest = request.path_params["token"], request.path_params["digest"]
    try:
        content = await anyio.to_thread.run_sync(lambda: library.open_workspace(token).thumbnail(digest))
    except (KeyError, ImageError, WorkspaceError):
        return Response(status_code=404)
    headers = {"Cache-Control": f"private, max-age={_A_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="image/webp", headers=headers)


async def _run_dot(request: Request) -> Response:
    """Draw the coloured dot of a run: Markdown knows few colours, and not those of the figures."""
    color = run_color(request.path_params["index"])
    dot = f'<circle cx="5.5" cy="5.5" r="5" fill="{color}"/>'
    content = f'<svg xmlns="http://www.w3.org/2000/svg" width="11" height="11">{dot}</svg>'
    return Response(content, media_type="image/svg+xml", headers={"Cache-Control": f"max-age={_A_YEAR}"})


def _first_page(request: Request) -> Response:
    """Give a picture of the first page. From Streamlit's store of media, one is gone when a run overtakes its drawing."""
    path = _PICTURES / f"{request.path_params['name']}.webp"
    if path not in _PICTURES.glob("*.webp"):
        return Response(status_code=404)
    return FileResponse(path, media_type="image/webp", headers={"Cache-Control": f"max-age={_A_DAY}"})


def _to_first_page(request: Request) -> Response:
    """Lead `/images` to `/`: Streamlit knows the first page by that address alone."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


ROUTES = [
    Route("/thumbnail/{token}/{digest}", _thumbnail),
    Route("/thumbnail/{token}/{rendering}/{digest}", _thumbnail),
    Route("/run-dot/{index:int}", _run_dot),
    Route("/first-page/{name}", _first_page),
    Route("/images", _to_first_page),
    *handed.ROUTES,
]
MIDDLEWARE = [Middleware(hosts.OwnPagesOnly), Middleware(head.StyledPages)]


def report(error: Exception) -> bool:
    """Show one sentence with a reference for what nobody expected, and put the rest into the log.

    What is wrong with a workspace is said in its own words.
    """
    if isinstance(error, WorkspaceError):
        _log.warning("%s: %s", type(error).__name__, error)
        st.error(formatting.escape(str(error)), icon=":material/error:")
        return True
    reference = secrets.token_hex(2).upper()
    _log.error("ref %s: %s", reference, type(error).__name__, exc_info=error)
    st.error(
        f"This page could not be drawn (ref {reference}). Your images and results are kept. Reload the page to go on.",
        icon=":material/error:",
    )
    return True
