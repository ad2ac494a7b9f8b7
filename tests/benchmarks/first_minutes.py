"""What a newcomer waits for in the first minutes, and what it costs. Run: `python -m tests.benchmarks.first_minutes`.

Prints server start to first page, the click on "Try with photographs" to map, heatmaps and names (the first work of a worker
that has just started, and again in other workspaces), light reruns while the worker is busy, and the server's memory with
1 000 photographs of 12 megapixels. Each is the median of a few repeats where repeats are cheap; nothing is asserted.
"""

import argparse
import io
import platform
import re
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.measuring import keep_compiled_code
from tests.toys.app.serving import Server, launch

PHOTO = (4000, 3000)  # pixels, 12 megapixels
STARTS = 3
CLICKS = 3
PATIENCE = 600_000  # milliseconds
RERUNS = 30
REST_SECONDS = 8


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1000, help="photographs for the memory row (default: 1000)")
    n_photos = parser.parse_args().photos
    print(f"{platform.machine()}, {psutil.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as compiled, sync_playwright() as playwright:
        keep_compiled_code(Path(compiled))
        browser = launch(playwright)
        _start_seconds(browser.new_page())
        starts = [_start_seconds(browser.new_page()) for _ in range(STARTS)]
        _row("server start to first page, median of 3", f"{statistics.median(starts):.2f} s", "3 s")
        with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            _row("one click to map, heatmaps and names, cold", f"{_one_click_seconds(page, server):.2f} s", "20 s")
            again = [_one_click_seconds(browser.new_page(), server) for _ in range(CLICKS)]
            _row(f"the same, warm, median of {CLICKS}", f"{statistics.median(again):.2f} s", "10 s")
            calm = _reruns(page)
            _row("light rerun, worker idle, p50 / p95", _quantiles(calm), "-")
            _start_long_job(page)
            _row("light rerun, worker busy, p50 / p95", _quantiles(_reruns(page)), "p95 0.3 s")
        with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server:
            _row(
                f"server memory, {n_photos} photographs of 12 megapixels",
                *_memory(browser.new_page(), server, n_photos),
            )
        browser.close()


def _row(what: str, value: str, bar: str) -> None:
    print(f"{what:<62} {value:<34} bar: {bar}", flush=True)


def _start_seconds(page: Page) -> float:
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        with Server(Path(home)) as server:
            page.goto(server.url)
            page.get_by_role("button", name="Try with photographs").wait_for()
            seconds = time.perf_counter() - started
            page.close()
            return seconds


def _one_click_seconds(page: Page, server: Server) -> float:
    """From the click in an empty workspace to the first map, all first heatmaps and the names of their images."""
    page.goto(server.url)
    page.get_by_role("button", name="Try with photographs").wait_for()
    started = time.perf_counter()
    page.get_by_role("button", name="Try with photographs").click()
    page.locator(".js-plotly-plot").first.wait_for(timeout=PATIENCE)
    page.locator('[data-testid="stImage"] img').nth(3).wait_for(timeout=PATIENCE)
    page.get_by_text(re.compile(r"^tripod, 0\.\d\d$")).first.wait_for(timeout=PATIENCE)
    return time.perf_counter() - started


def _start_long_job(page: Page) -> None:
    page.get_by_role("link", name="Extract", exact=True).click()
    page.get_by_text("Set up", exact=True).click()
    box = page.get_by_role("combobox").first
    box.click()
    box.fill("VGG19,")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Extract from").click()
    page.get_by_text("Extracting").first.wait_for(timeout=180_000)


def _reruns(page: Page) -> list[float]:
    """Change between two light pages; from the click until the new page's heading stands."""
    seconds = []
    for number in range(RERUNS):
        name = ("Map", "Images")[number % 2]
        started = time.perf_counter()
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("heading", name=name, exact=True).wait_for()
        seconds.append(time.perf_counter() - started)
        page.wait_for_timeout(300)
    return seconds


def _quantiles(seconds: list[float]) -> str:
    return f"{np.quantile(seconds, 0.5):.3f} s / {np.quantile(seconds, 0.95):.3f} s"


def _memory(page: Page, server: Server, n_photos: int) -> tuple[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        _write_photos(Path(folder), n_photos)
        page.goto(server.url)
        page.get_by_role("button", name="Try with photographs").wait_for()
        before = _at_rest(page, server)
        page.get_by_role("button", name="Open a folder on this computer").click()
        page.get_by_label("Path of a folder or zip file").fill(folder)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Bring in").click()
        started, peak = time.perf_counter(), before
        while page.get_by_role("button", name="Extract features").count() == 0:
            page.wait_for_timeout(250)
            peak = max(peak, server.memory())
        seconds = time.perf_counter() - started
    after = server.memory()
    words = f"+{(after - before) / 1e6:.0f} MB, peak +{(peak - before) / 1e6:.0f} MB ({seconds:.0f} s)"
    return words, "100 MB"


def _at_rest(page: Page, server: Server) -> int:
    """Return the server's memory once it no longer grows: it imports what figures need a little after its first page."""
    readings = [server.memory()]
    while len(readings) < REST_SECONDS or readings[-1] - readings[-REST_SECONDS] > 1e6:
        page.wait_for_timeout(1_000)
        readings.append(server.memory())
    return readings[-1]


def _write_photos(folder: Path, n_photos: int) -> None:
    """Write different files with the cost of real photographs: one image, each time with another comment behind it."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (PHOTO[1] // 8, PHOTO[0] // 8, 3), dtype=np.uint8))
    out = io.BytesIO()
    coarse.resize(PHOTO, Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    for number in range(n_photos):
        (folder / f"photo-{number:04d}.jpg").write_bytes(out.getvalue() + str(number).encode())


if __name__ == "__main__":
    main()
