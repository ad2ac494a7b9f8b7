"""The form of augmented features, driven once with the sample images: preview, run, map with trails."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import PATIENCE, go, pick_backbone, press, settled

pytestmark = pytest.mark.browser

LONG = 300_000  # milliseconds: two copies of 240 images


@pytest.mark.thorough
def test_copies_are_previewed_extracted_and_mapped_with_trails(server, open_tab):
    page = open_tab(server.url)
    press(page, "Other sample sets")
    press(page, "Try with samples")
    page.get_by_text("240 images, 8 labels").first.wait_for()
    go(page, "Extract")
    page.get_by_role("radio", name="Set up").click()
    page.get_by_role("radio", name="Augmented").click()
    expect(page.locator("img[alt$='copy 7']")).to_be_visible(timeout=PATIENCE)
    pick_backbone(page, "MobileNetV3Small")

    copies = page.get_by_role("spinbutton", name=re.compile("Copies per image"))
    copies.fill("2")
    copies.press("Enter")
    expect(page.locator("img[alt$='copy 2']")).to_be_hidden(timeout=PATIENCE)
    expect(page.locator("img[alt$='copy 1']")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("radio", name="A row for each").click()
    expect(page.get_by_text("2 rows an image")).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("Extract from 240 images")).click()

    page.get_by_role("button", name="Open the map").wait_for(timeout=LONG)
    expect(page.get_by_text("(480, 576)")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Measure the effect of each transform"))).to_be_visible()
    press(page, "Open the map")
    chart = page.locator('.map[data-state="drawn"]')
    chart.wait_for(timeout=PATIENCE)
    expect(chart.locator(".over")).to_have_attribute("aria-label", "PCA map of 480 copies in 2 dimensions")
    expect(chart).to_have_attribute("data-trails", "240")
