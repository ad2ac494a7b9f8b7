"""The form of formulas, in a real browser: what stands there follows the keys, and a formula runs."""

import re

import pytest
from playwright.sync_api import expect

from featx_core.images.samples import SAMPLES
from tests.browser.steps import settled

pytestmark = pytest.mark.browser


@pytest.mark.thorough
def test_a_formula_is_typed_and_run(server, open_tab, shelve):
    token = shelve(server, list(SAMPLES["regions"].make())[:8])
    page = open_tab(f"{server.url}extract?w={token}")
    page.get_by_role("radio", name="Lambda").click()
    box = page.get_by_role("textbox", name="Step 1")
    expect(box).to_have_value("x ** 2")
    expect(page.get_by_text("(n, 64, 64, 3) → x ** 2 → (n, 64, 64, 3)")).to_be_visible()
    run = page.get_by_role("button", name=re.compile("Extract from 8 images"))
    expect(run).to_be_enabled()

    box.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("sobell(x)")  # and no Enter: what stands below follows the keys
    expect(page.get_by_text("There is no `sobell`. The nearest name is `sobel`.")).to_be_visible()
    expect(run).to_be_disabled()
    page.keyboard.press("Control+A")
    page.keyboard.type("sobel(blur(grayscale(x), 1))")
    expect(page.get_by_text("→ (n, 64, 64, 1)", exact=False).first).to_be_visible()
    expect(page.get_by_alt_text(re.compile("1: sobel"))).to_be_visible()
    expect(run).to_be_enabled()

    page.get_by_role("button", name="Add a step").click()
    page.get_by_role("textbox", name="Step 2").fill("hog(x)")
    expect(page.get_by_text("(n, 64, 64, 1) → hog(x) → (n, 1764)")).to_be_visible()
    settled(page)
    run.click()
    page.get_by_text("Open the map").wait_for()
    expect(page.get_by_text("(8, 1764)")).to_be_visible()
    expect(page.get_by_text("a formula, no weights").first).to_be_visible()
    expect(page.get_by_test_id("stImage").locator("img").nth(3)).to_be_visible()  # heatmaps of the edges

    page.get_by_text("Set up", exact=True).click()
    source = page.get_by_role("combobox", name="Apply to")
    source.click()
    page.get_by_role("option").last.click()
    page.get_by_text("`grayscale` needs an image or a feature map; here x is a vector of 1764 values.").wait_for()
    settled(page)
    preset = page.get_by_role("combobox", name="Begin with")
    preset.click()
    page.get_by_role("option", name="Square, as in the tutorial").click()
    expect(page.get_by_role("textbox", name="Step 1")).to_have_value("x ** 2")
    expect(page.get_by_text("→ x ** 2 → (n, 1764)")).to_be_visible()
    settled(page)
    run.click()
    page.get_by_text("from stored features").wait_for()
