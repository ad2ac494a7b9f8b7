"""Putting a network together in a real browser, with sample images."""

import re

import pytest
from playwright.sync_api import expect

from featx_core.images.samples import SAMPLES
from tests.browser.steps import go, settled

pytestmark = pytest.mark.browser


def test_the_tutorial_network_gives_what_it_promises(server, open_tab, shelve):
    sources = [(name, content) for name, content in SAMPLES["shapes"].make() if name.endswith("1.png")]
    page = open_tab(f"{server.url}?w={shelve(server, sources)}")
    go(page, "Extract")
    page.get_by_text("Custom", exact=True).click()
    expect(page.get_by_text("(n, 64, 64, 3) → (n, 62, 62, 32) → (n, 31, 31, 32) → (n, 30752)")).to_be_visible()

    page.get_by_role("button", name=re.compile("Add a layer")).click()
    page.get_by_role("menuitem", name="Conv2D", exact=True).click()
    problem = page.get_by_text(
        "Row 4: it needs an input with height and width, but receives 30 752 values in a vector."
    )
    expect(problem).to_be_visible()
    run = page.get_by_role("button", name=re.compile("Extract from"))
    expect(run).to_be_disabled()
    page.locator("[class*=st-key-act_]").nth(3).get_by_role("button").click()
    page.get_by_role("menuitem", name=re.compile("Remove")).click()
    expect(problem).to_have_count(0)

    first = page.locator(".st-key-custom_layers").get_by_test_id("stPopoverButton").first
    first.click()
    filters = page.get_by_role("spinbutton", name="Filters")
    filters.fill("8")
    filters.press("Enter")
    expect(page.get_by_text("(n, 7688)")).to_be_visible()  # 31 x 31 x 8, while the settings are open
    filters.fill("32")
    filters.press("Enter")
    expect(page.get_by_text("(n, 30752)")).to_be_visible()
    page.keyboard.press("Escape")

    settled(page)
    run.click()
    expect(page.get_by_text(f"({len(sources)}, 30752)")).to_be_visible()
    expect(page.get_by_text("all 32 patterns of 3 x 3, in colour")).to_be_visible()
    expect(page.get_by_alt_text("Kernels of the first convolution")).to_be_visible()
    expect(page.get_by_text("Eigen-CAM: first principal component.")).to_be_visible()
