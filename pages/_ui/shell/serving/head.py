"""What is put into the head of the very document.

The look of the pages, as what comes later would move what is drawn by then; and what fetches the scripts of results ahead.
"""

import functools
import gzip
import json
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages._ui.shell import compat

_STYLE = Path(__file__).with_name("frame.css")
_AHEAD = Path(__file__).with_name("ahead.js")
AHEAD = ("PlotlyChart", "ImageList", "Metric", "Progress")
"""What a first result is drawn with: the first of them has megabytes."""
_END = b"</head>"


class StyledPages:
    """Puts `frame.css` and `ahead.js` into each HTML document that is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and style what comes back."""
        is_asked = scope["type"] == "http" and scope["method"] == "GET"
        await self._app(scope, receive, _Styled(send) if is_asked else send)


class _Styled:
    """Sends what it is given; of a document, first all of it together."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_document(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._hand_over(self._start)

    async def _hand_over(self, start: Message) -> None:
        headers = MutableHeaders(raw=start["headers"])
        is_packed = headers.get("content-encoding") == "gzip"
        body = gzip.decompress(self._body) if is_packed else self._body
        body = body.replace(_END, _added() + _END, 1)
        body = gzip.compress(body) if is_packed else body
        for name in ("etag", "last-modified", "accept-ranges"):  # they are those of the document without a style
            del headers[name]
        headers["content-length"] = str(len(body))
        self._start = None
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


@functools.cache
def _added() -> bytes:
    """What is added to a head."""
    style = f"<style>:root {{{_STYLE.read_text('utf-8')}}}</style>"
    ahead = _AHEAD.read_text("utf-8").replace("SCRIPTS", json.dumps(compat.scripts_of(*AHEAD)))
    return f'{style}<script type="module">{ahead}</script>'.encode()


def _is_document(start: Message) -> bool:
    headers = MutableHeaders(raw=start["headers"])
    is_readable = headers.get("content-encoding", "gzip") == "gzip"
    is_own = "content-security-policy" not in headers  # a report comes with its own style
    return start["status"] == 200 and headers.get("content-type", "").startswith("text/html") and is_readable and is_own
