"""A server with a home of its own, and tabs of Chromium that note what goes wrong in them."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from featx_core.workspace.workspace import Workspace
from pages._ui.shell.library import new_token
from tests.toys.app.serving import CHROMIUM, Server, launch

SCREENSHOTS = Path(__file__).parent / "screenshots"
SIZE = {"width": 1440, "height": 1000}
PATIENCE = 90_000  # milliseconds
HERE = {"localhost", "127.0.0.1", ""}
expect.set_options(timeout=PATIENCE)

PROBES = re.compile(
    r"/(images|extract|map|heatmaps|compare|report)/_stcore/"
)  # Streamlit looks for its base path on a deep link


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let the fixtures of a test know whether it failed, and show what the browser's console said."""
    report = yield
    if report.failed and "notes" in item.funcargs:
        report.sections.append(("Console of the browser", "\n".join(item.funcargs["notes"].errors)))
    setattr(item, f"report_of_{report.when}", report)
    return report


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("No Chromium is installed. Install it: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def keras_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep downloaded weights of this machine out of the tests: EfficientNet-Lite0, from its package, is the default."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        yield


@pytest.fixture(scope="package")
def server(chromium: Browser, keras_home: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests, each in workspaces of its own: as a server stands for weeks, with a worker that is warm."""
    with Server(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def fresh_server(chromium: Browser, keras_home: None, tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has visited."""
    with Server(tmp_path) as made:
        yield made


_SERVER_IS_GONE = (
    r"ERR_CONNECTION_(REFUSED|RESET)|WebSocket connection to .* failed|WebSocket is already in CLOSING"
    r"|Failed to fetch dynamically imported module"
    r"|when disconnected from server"
)
"""What a page complains of when a test ends its server before the page is closed."""

_PICTURE_IS_GONE = r"(404|Image source error) .*/media/"
"""What it complains of when a rerun drops an image that it was still loading. Tests look at images themselves."""


class Notes:
    """What the tabs of one test noted.

    Attributes:
        errors: What the browser's console called an error.
        strangers: Requests to other hosts.
        expected: A pattern of errors that the test brings about itself.
    """

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.strangers: list[str] = []
        self.expected = r"$^"

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        if message.type == "error" and not PROBES.search(address):
            self.errors.append(f"{message.text} {address}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in HERE:
            self.strangers.append(request.url)

    @property
    def unexpected(self) -> list[str]:
        return [
            error
            for error in self.errors
            if not re.search(f"{self.expected}|{_SERVER_IS_GONE}|{_PICTURE_IS_GONE}", error)
        ]


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def open_tab(chromium: Browser, notes: Notes, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open tabs, each of a visitor of its own. Their images and contents are kept when the test fails."""
    contexts = []

    def open_one(url: str | None = None, **options: Any) -> Page:
        context = chromium.new_context(viewport=SIZE, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        notes.listen(page)
        if url is not None:
            page.goto(url)
        return page

    yield open_one
    report = getattr(request.node, "report_of_call", None)
    failed = report is None or report.failed
    for number, context in enumerate(contexts):
        for page in context.pages if failed else []:
            SCREENSHOTS.mkdir(exist_ok=True)
            name = f"{re.sub(r'[^A-Za-z0-9]+', '-', request.node.name)}-{number}"
            (SCREENSHOTS / f"{name}.html").write_text(page.content())
            page.screenshot(path=SCREENSHOTS / f"{name}.png")
        context.close()
    assert notes.strangers == []
    if not failed:
        assert notes.unexpected == []


@pytest.fixture
def shelve() -> Callable[[Server, Iterable[Any]], str]:
    """Put a workspace with these images into the home of a server; gives its token."""

    def make(server: Server, sources: Iterable[Any]) -> str:
        token = new_token()
        folder = server.home / "workspaces"
        folder.mkdir(exist_ok=True)
        workspace = Workspace.open(folder / f"{token}.featx")
        workspace.add(sources)
        workspace.close()
        return token

    return make
