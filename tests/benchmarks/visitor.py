"""A visitor of the app who draws nothing: Streamlit's websocket protocol, spoken as a browser speaks it.

What a browser makes the server do is in it: the first run of a page, a widget's change with the values of all widgets that the
person has set, page changes, the reruns of fragments by the clock of the browser (a timer a fragment, which does not wait
for answers, ended by the server or by a whole run), messages that are not sent again because the browser has kept
them, compression as browsers offer it, and the fetching of images that the page names, each once, six at a time, and of
the script of the charts (4.7 MB) at the first chart. What it leaves out: the scripts and fonts of the app itself, which a
browser fetches before the page stands, and all drawing: a user sees things later than this, by what their own machine
takes to draw them.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import streamlit
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

Found = TypeVar("Found")

_PICTURES = re.compile(rb"/(?:media/[0-9a-f]+\.(?:webp|png|jpg|svg)|thumbnail/[\w-]{22}/[0-9a-f]{64}|run-dot/\d+)")
_SCRIPTS = Path(streamlit.__file__).parent / "static/static/js"
_CHARTS = f"/static/js/{next(_SCRIPTS.glob('PlotlyChart.*.js')).name}"
_FETCHES_AT_ONCE = 6  # of one browser from one server


class Visitor:
    """One session of the app.

    Args:
        url: Where the server is, with a slash at its end.
        token: The workspace that the page's address names.

    Attributes:
        elements: What stands on the page, and what stood there since the last run of the whole page began.
        timers: Fragments that are run again by the clock, by id.
        faults: What went wrong, in words.
    """

    def __init__(self, url: str, token: str) -> None:
        self.elements: list[Element] = []
        self.timers: dict[str, asyncio.Task[None]] = {}
        self.faults: list[str] = []
        self._url = url
        self._token = token
        self._pages: dict[str, str] = {}  # name to hash
        self._page = ""
        self._shown = ""  # the page that the last whole run drew
        self._is_finished = False
        self._set: dict[str, WidgetState] = {}
        self._parts: dict[str, str] = {}  # the fragment that a control stands in, by the id of the control
        self._part = ""  # that which was asked for
        self._kept: dict[str, ForwardMsg] = {}
        self._fetched: set[str] = set()
        self._n_fetching = 0
        self._news = asyncio.Event()
        self._may_fetch = asyncio.Semaphore(_FETCHES_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: ClientConnection

    async def open(self, page: str) -> None:
        """Open a page of the app, and wait until it was run."""
        address = self._url.replace("http", "ws", 1) + "_stcore/stream"
        self._socket = await connect(address, subprotocols=["streamlit"], max_size=None, ping_interval=None)  # type: ignore[list-item]
        self._begin(self._listen())
        await self._send(page_name=page)
        await self.until(lambda: self.stands)

    async def close(self) -> None:
        """Leave."""
        for task in [*self.timers.values(), *self._tasks]:
            task.cancel()
        await self._socket.close()

    @property
    def stands(self) -> bool:
        """Whether the last run of the whole page that was asked for came to its end."""
        return self._is_finished and self._shown == self._page

    @property
    def is_at_rest(self) -> bool:
        """Whether the page stands, with its images, and nothing on it is run again by the clock."""
        return self.stands and not self.timers and not self._n_fetching

    async def go(self, page: str) -> None:
        """Change to another page, and wait until it was run."""
        self._page, self._is_finished = self._pages[page], False
        self._end_timers(list(self.timers))
        await self._send()
        await self.until(lambda: self.stands)

    async def choose(self, label: str, option: str) -> None:
        """Pick the option that begins so in a select box, and wait until the page was run."""
        box = next(element.selectbox for element in self.elements if element.selectbox.label == label)
        words = next(words for words in box.options if words.startswith(option))
        await self.set(WidgetState(id=box.id, string_value=words))

    async def set(self, state: WidgetState) -> None:
        """Change a control, and wait until the page was run."""
        self._set[state.id] = state
        self._is_finished = False
        self._part = self._parts.get(state.id, "")
        await self._send(fragment=self._part)
        await self.until(lambda: self.stands)

    async def press(self, label: str) -> None:
        """Press the button whose label begins so. Does not wait."""
        button = next(element.button for element in self.elements if element.button.label.startswith(label))
        self._is_finished = False
        self._part = self._parts.get(button.id, "")
        await self._send(pressed=button.id, fragment=self._part)

    async def until(self, look: Callable[[], Found | None]) -> Found:
        """Wait until something is found on the page; give it. One at a time."""
        while not (found := look()):
            self._news.clear()
            await self._news.wait()
        return found

    async def _send(
        self, *, pressed: str = "", page_name: str = "", fragment: str = "", is_by_clock: bool = False
    ) -> None:
        """Ask for a run: of the whole page, or of a fragment."""
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = f"w={self._token}"
        asked.page_script_hash, asked.page_name = self._page, page_name
        asked.fragment_id, asked.is_auto_rerun = fragment, is_by_clock
        asked.widget_states.widgets.extend(self._set.values())
        if pressed:
            asked.widget_states.widgets.append(WidgetState(id=pressed, trigger_value=True))
        asked.cached_message_hashes.extend(self._kept)
        asked.context_info.url, asked.context_info.color_scheme = self._url, "light"
        asked.context_info.timezone, asked.context_info.locale = "UTC", "en-US"
        await self._socket.send(message.SerializeToString())

    async def _listen(self) -> None:
        async for frame in self._socket:
            message = ForwardMsg.FromString(frame if isinstance(frame, bytes) else frame.encode())
            if message.metadata.cacheable and message.hash:
                self._kept[message.hash] = message
            self._take_in(self._kept[message.ref_hash] if message.HasField("ref_hash") else message)
            for address in {found.decode() for found in _PICTURES.findall(frame)} - self._fetched:
                self._fetch(address)
            self._news.set()
        self.faults.append("the server closed the connection")

    def _take_in(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._end_timers(list(self.timers))
            self.elements.clear()
            self._shown, self._is_finished = "", False
        elif kind == "navigation":
            self._pages = {
                page.url_pathname or "images": page.page_script_hash for page in message.navigation.app_pages
            }
            self._shown = message.navigation.page_script_hash
            self._page = self._page or self._shown
        elif kind == "delta":
            self._show(message.delta.new_element, message.delta.fragment_id)
        elif kind == "auto_rerun" and message.auto_rerun.fragment_id not in self.timers:
            repeated = self._repeat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            self.timers[message.auto_rerun.fragment_id] = self._begin(repeated)
        elif kind == "stop_auto_rerun":
            self._end_timers(message.stop_auto_rerun.fragment_ids)
        elif kind == "script_finished" and (
            message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            or (
                message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
                and self._part in message.metadata.run.fragment_ids
            )
        ):
            self._is_finished = True

    def _show(self, element: Element, part: str) -> None:
        self.elements.append(element)
        name = getattr(getattr(element, element.WhichOneof("type") or "", None), "id", "")
        self._parts[name] = part
        if element.HasField("exception") or "could not be drawn" in element.alert.body:
            self.faults.append(f"{element.exception.message}{element.alert.body}")
        if element.HasField("plotly_chart") and _CHARTS not in self._fetched:
            self._fetch(_CHARTS)

    def _end_timers(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if fragment in self.timers:
                self.timers.pop(fragment).cancel()

    async def _repeat(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._send(fragment=fragment, is_by_clock=True)

    def _begin(self, work) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _fetch(self, path: str) -> None:
        self._fetched.add(path)
        self._n_fetching += 1
        self._begin(self._get(path))

    async def _get(self, path: str) -> None:
        place = urlsplit(self._url)
        async with self._may_fetch:
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n".encode())
            status = (await reader.readline()).decode("latin-1").split()[1]
            await reader.read()
            writer.close()
        self._n_fetching -= 1
        self._news.set()
        if status != "200" and any(path.encode() in element.SerializeToString() for element in self.elements):
            self.faults.append(f"{path} answered {status}")


def texts(visitor: Visitor) -> Iterator[str]:
    """Return the Markdown and the labels of numbers that stand on a page."""
    for element in visitor.elements:
        yield element.markdown.body or element.metric.label
