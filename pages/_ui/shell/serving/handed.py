"""Bytes that the script of a page fetches by itself, such as the places of a map: kept in memory, named by their content.

An address holds the token of the workspace and the SHA-256 of the bytes. Whoever knows one of the two gets nothing, and
bytes that were put here for one workspace are not given to another.
"""

import hashlib
import threading
from collections import OrderedDict

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from featx_core.images.decoding import ImageError
from featx_core.images.sheets import sheet
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import library

MAX_BYTES = 160 * 1024**2
MAX_TILES = 64  # in one sheet
_A_YEAR = 365 * 24 * 3600  # seconds; what an address names never changes
_HEADERS = {"Cache-Control": f"private, max-age={_A_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
_DIGEST_BYTES = 32
_SANDBOX = "sandbox allow-scripts"

_lock = threading.Lock()
_kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()


def put(token: str, content: bytes) -> str:
    """Keep bytes for the pages of one workspace; the longest unused go first.

    Args:
        token: The workspace.
        content: What the script fetches from `/data/TOKEN/DIGEST`.

    Returns:
        The digest that stands in the address.
    """
    digest = hashlib.sha256(content).hexdigest()
    keep(token, digest, content)
    return digest


def keep(token: str, digest: str, content: bytes) -> None:
    """Keep bytes again whose digest is known."""
    with _lock:
        _kept[token, digest] = content
        _kept.move_to_end((token, digest))
        while len(_kept) > 1 and sum(map(len, _kept.values())) > MAX_BYTES:
            _kept.popitem(last=False)


def find(token: str, digest: str) -> bytes | None:
    """Return the bytes that were put here for this workspace under this digest, or None."""
    with _lock:
        found = _kept.get((token, digest))
        if found is not None:
            _kept.move_to_end((token, digest))
        return found


async def _data(request: Request) -> Response:
    content = find(request.path_params["token"], request.path_params["digest"])
    if content is None:
        return Response(status_code=404)
    plain = {"Content-Encoding": "identity"}  # coordinates hardly shrink: Streamlit would take 0.2 s to find that out
    return Response(content, media_type="application/octet-stream", headers=_HEADERS | plain)


async def _page(request: Request) -> Response:
    """Give bytes as a document, in a sandbox: its own script may run, as a stranger to the app."""
    content = find(request.path_params["token"], request.path_params["digest"])
    if content is None:
        return Response(status_code=404)
    return Response(content, media_type="text/html", headers=_HEADERS | {"Content-Security-Policy": _SANDBOX})


async def _picture(request: Request) -> Response:
    """Give the thumbnail of one row, given the digests of all images of a map."""
    token, row = request.path_params["token"], request.path_params["row"]
    listed = find(token, request.path_params["digest"])
    if listed is None or row >= len(listed) // _DIGEST_BYTES:
        return Response(status_code=404)
    digest = listed[row * _DIGEST_BYTES : (row + 1) * _DIGEST_BYTES].hex()
    try:
        content = await anyio.to_thread.run_sync(lambda: _thumbnail(library.open_workspace(token), digest))
    except WorkspaceError:
        content = None
    return (
        Response(status_code=404) if content is None else Response(content, media_type="image/webp", headers=_HEADERS)
    )


async def _sheet(request: Request) -> Response:
    """Draw the thumbnails of some rows, given the digests of all images of a map."""
    token = request.path_params["token"]
    listed = find(token, request.path_params["digest"])
    rows = _rows(request.query_params.get("rows", ""), 0 if listed is None else len(listed) // _DIGEST_BYTES)
    if listed is None or not rows:
        return Response(status_code=404)
    digests = [listed[row * _DIGEST_BYTES : (row + 1) * _DIGEST_BYTES].hex() for row in rows]
    try:
        content = await anyio.to_thread.run_sync(lambda: _drawn(library.open_workspace(token), digests))
    except WorkspaceError:
        return Response(status_code=404)
    return Response(content, media_type="image/webp", headers=_HEADERS)


def _drawn(workspace: Workspace, digests: list[str]) -> bytes:
    return sheet([_thumbnail(workspace, digest) for digest in digests])


def _thumbnail(workspace: Workspace, digest: str) -> bytes | None:
    try:
        return workspace.thumbnail(digest)
    except (KeyError, ImageError):
        return None


def _rows(text: str, n_rows: int) -> list[int]:
    """Read "3,1,4"; nothing where it is something else, too much, or beyond the last row."""
    parts = text.split(",")
    if len(parts) > MAX_TILES or not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
        return []
    rows = [int(part) for part in parts]
    return rows if max(rows) < n_rows else []


ROUTES = [
    Route("/data/{token}/{digest}", _data),
    Route("/page/{token}/{digest}", _page),
    Route("/sheet/{token}/{digest}", _sheet),
    Route("/sheet/{token}/{rendering}/{digest}", _sheet),
    Route("/picture/{token}/{digest}/{row:int}", _picture),
    Route("/picture/{token}/{rendering}/{digest}/{row:int}", _picture),
]
