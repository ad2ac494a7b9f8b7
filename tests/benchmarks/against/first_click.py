"""The first minute of two builds, in Chromium. Run: `python -m tests.benchmarks.against.first_click OTHER_CHECKOUT`.

Of each, by turns: server start to the first page, the click on "Extract features" over the sample photographs to map and
heatmaps, and both together; at the first start of the app and at the second, each time by a worker that has just started.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from featx_core.images.samples import SAMPLES
from tests.benchmarks.against.builds import Build, both, write_files
from tests.benchmarks.measuring import keep_compiled_code
from tests.toys.app.serving import launch

PATIENCE = 300_000  # milliseconds
N_HEATMAPS = 4


@dataclass(frozen=True)
class Start:
    """One start of the app, in seconds.

    Attributes:
        page: Until the first page.
        click: From the click to map and heatmaps.
        total: From the start of the server to these, the click coming as soon as it can.
    """

    page: float
    click: float
    total: float


def main() -> None:
    """Measure by turns and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="another checkout")
    parser.add_argument("--rounds", type=int, default=2, help="first and second starts of each build (default: 2)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        keep_compiled_code(Path(folder) / "compiled")
        files = write_files(Path(folder) / "photographs", SAMPLES["photographs"].make())
        browser = launch(playwright)
        builds = both(asked.other)
        for build in builds:  # to compile its code, as an installer does
            _starts(browser, build, files, 1)
        rounds = [[_starts(browser, build, files, 2) for build in builds] for _ in range(asked.rounds)]
        browser.close()
    for number, title in enumerate(("first start", "second start")):
        ours, theirs = ([each[which][number] for each in rounds] for which in (0, 1))
        for name in ("page", "click", "total"):
            _print(f"{title}: {name}", *([getattr(start, name) for start in starts] for starts in (ours, theirs)))


def _print(title: str, ours: list[float], theirs: list[float]) -> None:
    ratio = statistics.median(ours) / statistics.median(theirs)
    written = [" ".join(f"{seconds:.2f}" for seconds in each) for each in (ours, theirs)]
    print(f"{title:<22} this build {written[0]:<18} other {written[1]:<18} ratio {ratio:.2f}", flush=True)


def _starts(browser: Browser, build: Build, files: Path, number: int) -> list[Start]:
    """Start the app several times with the same folder of its own, each time with a workspace that has no run."""
    with tempfile.TemporaryDirectory() as home:
        tokens = [build.shelve(Path(home), files) for _ in range(number)]
        return [_start(browser, build, Path(home), token) for token in tokens]


def _start(browser: Browser, build: Build, home: Path, token: str) -> Start:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    started = time.perf_counter()
    with build.serve(home) as server:
        page.goto(f"{server.url}?w={token}")
        button = page.get_by_role("button", name="Extract features")
        button.wait_for()
        stood = time.perf_counter()
        button.click()
        page.locator(".js-plotly-plot").first.wait_for()
        page.locator('[data-testid="stImage"] img').nth(N_HEATMAPS - 1).wait_for()
        ended = time.perf_counter()
        page.context.close()
    return Start(stood - started, ended - stood, ended - started)


if __name__ == "__main__":
    main()
