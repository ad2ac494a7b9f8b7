"""Who is answered: requests to a name that this server was told to serve, from its own pages alone.

A page from elsewhere cannot read what this server answers, unless its own name is made to lead here after it was loaded (DNS
rebinding): then the browser takes both for one. The name stands in the `Host` header of each request, and gives it away.
Streamlit looks at names for its WebSocket alone, where it is told to, and at no ports: to a browser, a page from another
port of this machine is a page from elsewhere as well.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_ALL_ADDRESSES = ("", "0.0.0.0", "::")  # what `server.address` says when everybody may reach it
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_REFUSED = (
    "This server does not answer to this name. Open it under the address that it printed at its start, or add the name to "
    "`server.allowedHosts` in `.streamlit/config.toml`.\n"
)
_FOREIGN = "This server answers to its own pages alone.\n"


@dataclass(frozen=True)
class Place:
    """A name and a port, as a `Host` or an `Origin` header gives them."""

    name: str
    port: int

    @classmethod
    def of(cls, text: str, scheme: str) -> "Place | None":
        """Read a name with or without a port, such as "localhost:8501" or "[::1]"; None when it is something else."""
        try:
            parts = urlsplit(f"//{text}")
            port = parts.port if parts.port is not None else _PORTS[scheme]
        except (ValueError, KeyError):
            return None
        is_plain = parts.hostname and parts.netloc == text and "@" not in text
        return cls(parts.hostname or "", port) if is_plain else None


class OwnPagesOnly:
    """Refuses requests to other names with 400, and those of other pages with 403."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers, port = Headers(scope=scope), (scope.get("server") or ("", None))[1]
        hosts = [Place.of(host, scope["scheme"]) for host in headers.getlist("host")]
        if len(hosts) != 1 or hosts[0] is None or not is_served(hosts[0], port):
            await _refuse(400, _REFUSED, scope, receive, send)
        elif not all(is_own_origin(origin, hosts[0], port) for origin in headers.getlist("origin")):
            await _refuse(403, _FOREIGN, scope, receive, send)
        else:
            await self._app(_with_origin_settled(scope, headers), receive, send)


def is_served(host: Place, port: int | None) -> bool:
    """Return whether the server was told to serve a name.

    Names of this machine count at the server's own port alone. Names that the configuration gives may have a port of their
    own: that of a proxy. Where everybody may reach the server, so does every numeric address: no one can rebind those.

    Args:
        host: What the request names.
        port: Where the server listens; None for a socket without ports.
    """
    if host.name in LOCAL_NAMES:
        return port is None or host.port == port
    if any(_matches(host.name, pattern) for pattern in _told_names()):
        return True
    return _serves_all() and (
        _is_numeric(host.name) or host.name.removesuffix(".local") == socket.gethostname().lower()
    )


def is_own_origin(origin: str, host: Place, port: int | None) -> bool:
    """Return whether a page is one of this server's own, or of an origin that the configuration names.

    Args:
        origin: Scheme, name and port of the page that asks, as the browser says.
        host: What the request names: a name that is served.
        port: As for `is_served`.
    """
    if origin in st.get_option("server.corsAllowedOrigins"):
        return True
    scheme, _, rest = origin.partition("://")
    page = Place.of(rest, scheme) if scheme in ("http", "https") else None
    if page is None:
        return False
    return page == host or (page.name in LOCAL_NAMES and host.name in LOCAL_NAMES and is_served(page, port))


def _told_names() -> set[str]:
    address = st.get_option("server.address") or ""
    told = [*st.get_option("server.allowedHosts"), st.get_option("browser.serverAddress")]
    return {name.strip("[] ").lower() for name in (*told, address) if name} - {*_ALL_ADDRESSES, *LOCAL_NAMES}


def _matches(name: str, pattern: str) -> bool:
    """Compare as Streamlit does: "*" is any name, "*.example.org" any below that one."""
    return pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def _serves_all() -> bool:
    return (st.get_option("server.address") or "") in _ALL_ADDRESSES


def _is_numeric(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_origin_settled(scope: Scope, headers: Headers) -> Scope:
    """Name the page as one of the very address that it asks.

    Otherwise Streamlit would ask the internet for the address of this machine, to judge once more.
    """
    if scope["type"] != "websocket" or "origin" not in headers:
        return scope
    settled = MutableHeaders(raw=list(scope["headers"]))
    settled["origin"] = f"{headers['origin'].partition('://')[0]}://{headers['host']}"
    return {**scope, "headers": settled.raw}


async def _refuse(status: int, words: str, scope: Scope, receive: Receive, send: Send) -> None:
    answer = WebSocketClose() if scope["type"] == "websocket" else PlainTextResponse(words, status)
    await answer(scope, receive, send)
