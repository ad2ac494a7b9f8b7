"""What people wait for in the app: the first images, in a real browser, and twenty visitors at once, who draw nothing.

The browser works on the same cores as the server, so what is measured with it is the worse for it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import featx_core as fx
from pages._ui.shell.library import new_token
from tests.benchmarks.crowd import BACKBONE
from tests.benchmarks.measuring import Outcome, at_most, photograph, spread
from tests.toys.app.serving import ROOT, Server, launch

N_IMAGES = 16
SIZE = (640, 480)
PATIENCE = 120_000  # milliseconds
WARM_UP_SECONDS = 10.0  # in which the worker imports Keras, and the server what figures need
_RUN = re.compile("Extract from")
_DONE = "Images per second"  # stands on the run card


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


def visitors(number: str, bar: str, *, quick: bool) -> list[Outcome]:
    """All press the button at once, each with images of their own, while one more person changes pages.

    They draw nothing (see `tests.benchmarks.visitor`): twenty browsers on the cores of the server would be what is measured.
    """
    n_visitors = 4 if quick else int(number)
    found = _visit(n_visitors)
    return [
        at_most(
            f"{_at_once(n_visitors)}: p95 from the click to the run card", [_p95(found["cards"])], float(bar), " s"
        ),
        Outcome(f"{n_visitors} visitors: all of them", spread(found["cards"], " s")),
        Outcome(f"{n_visitors} visitors: until the first heatmaps stand too", spread(found["rests"], " s")),
        at_most("light reruns meanwhile: p95", [_p95(found["reruns"])], 0.5, " s"),
        at_most("errors and visitors without a result", [len(found["faults"])], 0),
    ]


def busy_visitors(number: str, *, quick: bool) -> list[Outcome]:
    """The same while other work keeps every core busy, from before the start of the server on: nobody is left without."""
    n_visitors = 4 if quick else int(number)
    with _busy_cores():
        found = _visit(n_visitors)
    where = f"{_at_once(n_visitors)}, beside a busy loop on each core"
    return [
        at_most(f"{where}: errors and visitors without a result", [len(found["faults"])], 0),
        Outcome(f"{where}: from the click to the run card", spread(found["cards"], " s")),
        Outcome(f"{where}: light reruns meanwhile, p95", f"{_p95(found['reruns']):.3g} s"),
    ]


def _at_once(n_visitors: int) -> str:
    return f"{n_visitors} visitors at once, {N_IMAGES} images each, {BACKBONE}"


def _visit(n_visitors: int) -> dict[str, list]:
    with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server:
        tokens = [_shelve(server) for _ in range(n_visitors + 1)]
        time.sleep(WARM_UP_SECONDS)
        return _crowd(server, tokens)


@contextmanager
def _busy_cores() -> Iterator[None]:
    """Keep every core busy with something else, at the priority of the server."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _crowd(server: Server, tokens: list[str]) -> dict[str, list]:
    command = [sys.executable, "-m", "tests.benchmarks.crowd", "--", server.url, *tokens]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    for fault in found["faults"]:
        print(fault, file=sys.stderr)
    return {name: values if name == "faults" else values or [float("inf")] for name, values in found.items()}


def _p95(seconds: list[float]) -> float:
    return float(np.quantile(seconds, 0.95))


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
