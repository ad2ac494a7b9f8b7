"""The map in a real browser whose WebGL is software (SwiftShader: no graphics card), beside the map that Plotly drew before.

The points are rows of a table of numbers, in 20 labels. The browser works on the cores of the server.
"""

import io
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

import featx_core as fx
from pages._ui.shell.library import new_token
from tests.benchmarks.measuring import Outcome, at_most, spread
from tests.toys.app.serving import Server, launch

N_FEATURES, N_LABELS = 16, 20
PATIENCE = 240_000  # milliseconds
_ROOT = "[...document.querySelectorAll('*')].map(node => node.shadowRoot?.querySelector('.map')).find(Boolean)"
_SURFACE = "root.querySelector('.surface')"
_MOVES = 12


def rows(n_points: int) -> np.ndarray:
    """Make groups of vectors."""
    rng = np.random.default_rng(0)
    middles = 4 * rng.normal(size=(N_LABELS, N_FEATURES))
    return (middles[np.arange(n_points) % N_LABELS] + rng.normal(size=(n_points, N_FEATURES))).astype(np.float32)


def labels(n_points: int) -> list[str]:
    """Return the group of each row."""
    return [f"group {row % N_LABELS:02d}" for row in range(n_points)]


def canvas(number: str, *, quick: bool) -> list[Outcome]:
    """Time the first frame, frames of a drag, a click in the browser and the answer of the page, and the memory."""
    n_points = int(number) // (10 if quick else 1)
    repeats = 1 if quick else 3
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright, Server(Path(home)) as server:
        token = _shelve(Path(home), n_points)
        browser = launch(playwright)
        _open(browser, f"{server.url}images?w={token}").close()  # what a first visitor waits for is not the map's
        before = server.memory()
        ours = [_ours(browser, f"{server.url}map?w={token}") for _ in range(repeats)]
        grown = (server.memory() - before) / 1e6
        browser.close()
    return _outcomes(n_points, ours, _peers(n_points, repeats), grown)


def _peers(n_points: int, repeats: int) -> list[dict]:
    with (
        tempfile.TemporaryDirectory() as home,
        sync_playwright() as playwright,
        Server(Path(home), script="tests/benchmarks/plotly_map.py") as server,
    ):
        browser = launch(playwright)
        found = [_plotly(browser, f"{server.url}?n={n_points}") for _ in range(repeats)]
        browser.close()
    return found


def _outcomes(n_points: int, ours: list[dict], theirs: list[dict], grown: float) -> list[Outcome]:
    what = f"map of {n_points} points, software WebGL"
    first = 1 if n_points <= 10_000 else 3
    values: Callable[[list[dict], str], list[float]] = lambda found, name: [each[name] for each in found]  # noqa: E731
    return [
        at_most(f"{what}: first frame after the page's title", values(ours, "frame"), first, " s"),
        Outcome("... from the address to the first frame", spread(values(ours, "address"), " s")),
        Outcome("... the same for Plotly alone on a page", spread(values(theirs, "address"), " s")),
        at_most("... a click, until its point is drawn selected", values(ours, "click"), 0.1, " s"),
        Outcome("... a click, until the page shows the image beside", spread(values(ours, "answer"), " s")),
        Outcome(f"... {_MOVES} moves of a drag, drawn", spread(values(ours, "drag"), " s")),
        Outcome("... the same for Plotly", spread(values(theirs, "drag"), " s")),
        at_most("... memory of the server for all of it", [grown], 300, " MB"),
    ]


def _shelve(home: Path, n_points: int) -> str:
    token = new_token()
    (home / "workspaces").mkdir(exist_ok=True)
    workspace = fx.Workspace.open(home / "workspaces" / f"{token}.featx")
    out = io.BytesIO()
    names = np.array([f"row {row}" for row in range(n_points)])
    np.savez(out, vectors=rows(n_points), names=names, labels=np.array(labels(n_points)))
    fx.add_vectors(workspace, fx.read_vectors(("rows.npz", out.getvalue())), title="Rows")
    workspace.close()
    return token


def _open(browser: Any, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.get_by_test_id("stSidebar").wait_for()
    return page


def _ours(browser: Any, address: str) -> dict[str, float]:
    started = time.perf_counter()
    page = _open(browser, address)
    page.get_by_role("heading", name="Map", exact=True, level=1).wait_for()
    titled = time.perf_counter()
    page.wait_for_function(f"{_ROOT}?.dataset.frames > 0", polling=20)
    page.evaluate(_finished(_SURFACE))
    found = {"frame": time.perf_counter() - titled, "address": time.perf_counter() - started}
    page.wait_for_timeout(1500)
    found["click"], found["answer"] = _clicked(page)
    found["drag"] = _dragged(page, page.locator(".over"), _SURFACE)
    page.context.close()
    return found


def _finished(surface: str) -> str:
    """Read a pixel back: the only sign that the graphics process has drawn what it was told."""
    return f"""(() => {{ const root = {_ROOT}; const gl = {surface}.getContext('webgl2') ?? {surface}.getContext('webgl');
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); return true; }})()"""


def _clicked(page: Page) -> tuple[float, float]:
    """Click in the middle of a group; how long until it is drawn, by the browser's clock, and until the page answers."""
    box = page.locator(".over").bounding_box()
    assert box is not None
    page.evaluate(
        f"""() => {{ const root = {_ROOT}; window.took = null;
          root.querySelector('.over').addEventListener('pointerup', () => {{
            const begun = performance.now();
            const look = () => {{
              if (root.dataset.chosen === '0') return requestAnimationFrame(look);
              requestAnimationFrame(() => {{
                const gl = root.querySelector('.surface').getContext('webgl2');
                gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
                window.took = performance.now() - begun;
              }});
            }};
            look();
          }}, {{ once: true }}); }}"""
    )
    place = page.evaluate(_CROWDED.replace("ROOT", _ROOT))
    started = time.perf_counter()
    page.mouse.click(box["x"] + place[0], box["y"] + place[1])
    page.get_by_text("Selection: 1 row").wait_for()
    answered = time.perf_counter() - started
    page.wait_for_function("window.took !== null")
    return page.evaluate("window.took") / 1000, answered


_CROWDED = """() => {
  const root = ROOT, canvas = root.querySelector('.surface');
  const seen = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
  const middle = [canvas.width / 2, canvas.height / 2];
  return new Promise(done => requestAnimationFrame(() => {
    root.querySelector('.over').dispatchEvent(new Event('blur'));
    requestAnimationFrame(() => {
      seen.drawImage(canvas, 0, 0);
      const { data } = seen.getImageData(0, 0, canvas.width, canvas.height);
      let best = null, least = Infinity;
      for (let y = 0; y < canvas.height; y += 2) for (let x = 0; x < canvas.width; x += 2) {
        const apart = (x - middle[0]) ** 2 + (y - middle[1]) ** 2;
        if (data[4 * (y * canvas.width + x) + 3] > 200 && apart < least) [best, least] = [[x, y], apart];
      }
      done(best ?? middle);
    });
  }));
}"""


def _plotly(browser: Any, address: str) -> dict[str, float]:
    started = time.perf_counter()
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.locator(".js-plotly-plot .gl-canvas-focus").wait_for(state="attached")
    page.get_by_text("Selected: 0").wait_for()
    surface = "document.querySelector('.gl-canvas-context')"
    page.evaluate(_finished(surface))
    found = {"address": time.perf_counter() - started}
    page.wait_for_timeout(1500)
    found["drag"] = _dragged(page, page.locator(".nsewdrag").first, surface)
    page.context.close()
    return found


def _dragged(page: Page, area: Any, surface: str) -> float:
    """Drag across the map; how long until the last of the moves is drawn."""
    box = area.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 60
    page.mouse.move(x, y)
    page.mouse.down()
    started = time.perf_counter()
    for step in range(_MOVES):
        page.mouse.move(x + 6 * step, y - 4 * step)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        page.evaluate(_finished(surface))
    took = time.perf_counter() - started
    page.mouse.up()
    return took


if __name__ == "__main__":
    print(json.dumps([outcome.__dict__ for outcome in canvas("10000", quick=True)], indent=1))
