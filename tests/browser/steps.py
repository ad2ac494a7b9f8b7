"""What people do with the mouse, as functions."""

import re

from playwright.sync_api import Locator, Page, expect

PATIENCE = 90_000  # milliseconds
PAGES = ("Images", "Extract", "Map", "Heatmaps", "Compare", "Report")


def settled(page: Page) -> Page:
    """Wait until the page is drawn and stays so."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    return page


def frame_links(page: Page) -> list[str]:
    """Return what the links of the sidebar say, once it is there."""
    links = page.locator(".st-key-pages").get_by_role("link")
    links.nth(len(PAGES) - 1).wait_for()
    return [words.split("\n")[-1] for words in links.all_inner_texts()]


def press(page: Page | Locator, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def go(page: Page, name: str) -> Page:
    page.locator(".st-key-pages").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True, level=1).wait_for()
    return settled(page)


def pick_backbone(page: Page, title: str) -> None:
    """Pick a backbone and wait until the page shows its layers: the button runs what the page shows."""
    layers = page.get_by_text(re.compile(r"^Layers: \d+ layers"))
    layers.wait_for()
    before = layers.inner_text()
    box = page.get_by_role("combobox", name=re.compile("Backbone"))
    if (box.input_value() or "").startswith(f"{title},"):
        return
    box.click()
    box.fill(f"{title},")
    page.get_by_role("option", name=re.compile(f"^{title},")).click()
    expect(layers).not_to_have_text(before, timeout=PATIENCE)
    layers.wait_for()
    settled(page)


def extract(page: Page, backbone: str) -> None:
    """Set a run up on the Extract page and begin it."""
    pick_backbone(page, backbone)
    page.get_by_role("button", name=re.compile("^(play_arrow)? ?Extract from")).click()


def names_in(gallery: Locator) -> set[str]:
    return {button.get_attribute("title") or "" for button in gallery.locator(".tile").all()}
