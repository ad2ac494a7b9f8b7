"""The pictures of README: the app with pictures that featx draws itself. Needs Chromium and the tests' requirements.

python -m research.readme_pictures docs/pictures
"""

import argparse
import io
import itertools
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from featx_core.images.samples import SAMPLES
from featx_core.workspace.workspace import Workspace
from pages._ui.shell.library import new_token
from tests.toys.app.serving import Server, launch

SIZE, QUALITY = {"width": 1360, "height": 850}, 82
N_PICTURES = 120
PATIENCE = 300_000  # milliseconds, on a busy machine


def main() -> None:
    """Start the app with drawn shapes and textures, extract, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server, sync_playwright() as play:
        page = launch(play).new_context(viewport=SIZE, color_scheme="light").new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server.url}extract?w={_shelve(Path(home))}")
        page.get_by_role("button", name="Extract from").click()
        page.get_by_role("heading", name="Feature matrix").wait_for()
        _keep(page, folder / "result.webp", below_card=True)
        _open(page, "Map")
        page.locator('.map[data-state="drawn"]').wait_for()
        page.locator(".over").first.focus()
        page.keyboard.press("p")
        page.keyboard.press("ArrowRight")
        _keep(page, folder / "map.webp")
        _open(page, "Heatmaps")
        page.locator('[data-testid="stImage"] img').nth(5).wait_for()
        _keep(page, folder / "heatmaps.webp")


def _shelve(home: Path) -> str:
    """Put a workspace of drawn pictures into the home of a server; gives its token."""
    token = new_token()
    (home / "workspaces").mkdir()
    workspace = Workspace.open(home / "workspaces" / f"{token}.featx")
    workspace.title = "Shapes and textures"
    workspace.add(itertools.islice(SAMPLES["shapes"].make(), N_PICTURES))
    workspace.close()
    return token


def _open(page: Page, name: str) -> None:
    page.locator(".st-key-pages").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True, level=1).wait_for()


BELOW_CARD = (270, 340, 1330, 850)
"""Pixels: without the card, whose times are those of the machine that takes the picture."""


def _keep(page: Page, path: Path, *, below_card: bool = False) -> None:
    """Take a picture once all jobs are done."""
    page.wait_for_timeout(3000)
    page.wait_for_function("!document.querySelector('[data-testid=\"stProgress\"]')")
    page.wait_for_timeout(3000)
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    taken = taken.crop(BELOW_CARD) if below_card else taken
    taken.save(path, "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
