"""What people wait for in the app, in a real browser: the first images, and twenty visitors at once.

The browser works on the same cores as the server, so what is measured is the worse for it.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import featx_core as fx
from pages._ui.library import new_token
from tests.benchmarks.measuring import Outcome, at_most, photograph, spread
from tests.serving import Server, launch

N_IMAGES = 16
SIZE = (640, 480)
PATIENCE = 120_000  # milliseconds
_RUN = re.compile("Extract from")
_DONE = "Images a second"  # stands on the run card


def first_images(*, quick: bool) -> list[Outcome]:
    """From the click to the run card, in an app that has just started, its worker warm: the layers are on screen."""
    found = []
    for _ in range(1 if quick else 3):
        with _served() as (server, browser):
            page = _ready(browser, server, _shelve(server))
            started = time.perf_counter()
            page.get_by_role("button", name=_RUN).click()
            page.get_by_text(_DONE).wait_for(timeout=PATIENCE)
            found.append(time.perf_counter() - started)
    return [at_most(f"first {N_IMAGES} images from the click in a cold app, to the run card on screen", found, 5, " s")]


def visitors(*, quick: bool) -> list[Outcome]:
    """All press the button at once, each with images of their own, while one more person changes pages."""
    n_visitors = 4 if quick else 20
    with _served() as (server, browser):
        tabs = [_ready(browser, server, _shelve(server)) for _ in range(n_visitors)]
        other = _ready(browser, server, _shelve(server))
        started = time.perf_counter()
        for tab in tabs:
            tab.get_by_role("button", name=_RUN).click(no_wait_after=True)
        finished: list[float] = []
        reruns: list[float] = []
        waiting = list(tabs)
        while waiting and time.perf_counter() - started < PATIENCE / 1000:
            reruns.append(_rerun(other, len(reruns)))
            done = [tab for tab in waiting if tab.get_by_text(_DONE).count()]
            finished += [time.perf_counter() - started] * len(done)
            waiting = [tab for tab in waiting if tab not in done]
        n_faults = sum(tab.get_by_test_id("stException").count() for tab in tabs) + len(waiting)
    late, slow = float(np.quantile(finished, 0.95)), float(np.quantile(reruns, 0.95))
    return [
        at_most(
            f"{n_visitors} visitors at once, {N_IMAGES} images each: p95 from the click to the run card",
            [late],
            10,
            " s",
        ),
        Outcome(f"{n_visitors} visitors: all of them", spread(finished, " s")),
        at_most("light reruns meanwhile: p95", [slow], 0.5, " s"),
        at_most("errors and visitors without a result", [n_faults], 0),
    ]


@contextmanager
def _served() -> Iterator[tuple[Server, Browser]]:
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright, Server(Path(home)) as server:
        browser = launch(playwright)
        yield server, browser
        browser.close()


def _shelve(server: Server) -> str:
    """Put a workspace with images of its own on the shelf of a server; gives its token."""
    token = new_token()
    folder = server.home / "workspaces"
    folder.mkdir(exist_ok=True)
    workspace = fx.Workspace.open(folder / f"{token}.featx")
    files = [photograph(SIZE, number) + token.encode() for number in range(N_IMAGES)]
    workspace.add((f"{number}.jpg", content) for number, content in enumerate(files))
    workspace.close()
    return token


def _ready(browser: Browser, server: Server, token: str) -> Page:
    """Open the Extract page of a workspace in a tab, and wait until it stands."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{server.url}extract?w={token}")
    page.get_by_text(re.compile(r"^Layers: \d+ layers")).wait_for()
    page.get_by_role("button", name=_RUN).wait_for()
    return page


def _rerun(page: Page, number: int) -> float:
    """Change to a light page; from the click until its heading stands."""
    name = ("Map", "Images")[number % 2]
    started = time.perf_counter()
    page.locator(".st-key-pages").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True, level=1).wait_for()
    return time.perf_counter() - started
