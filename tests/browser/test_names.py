"""Names in a browser: from the click that names images to the classes of one, and under its heatmap."""

import re

import pytest
from playwright.sync_api import expect
from sklearn.datasets import load_sample_images

from tests.browser.steps import extract, go, settled

pytestmark = pytest.mark.browser
PROMPT = 20_000  # milliseconds: what stands on the page can be pressed
FIRST = 240_000  # milliseconds: the worker loads TensorFlow and builds a network


def test_images_are_named_and_the_best_class_is_explained(server, open_tab, shelve):
    token = shelve(server, load_sample_images().filenames)
    page = open_tab(f"{server.url}?w={token}")
    page.get_by_role("radio", name="What the network sees").click()
    page.get_by_role("button", name=re.compile("Name 2 images")).click()
    page.get_by_text("2 classes in 2 images.").wait_for(timeout=FIRST)
    page.get_by_test_id("stDataFrame").first.hover()  # the buttons of the table must not cover the controls above it
    page.get_by_test_id("stElementToolbar").first.wait_for()
    page.get_by_role("radio", name="Least sure first").click(timeout=PROMPT)
    expect(page.locator(".tile .says")).to_have_text(
        [re.compile(r"^daisy, 0\.\d\d$"), re.compile(r"^palace, 0\.\d\d$")]
    )
    page.locator(".tile").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("EfficientNet-Lite0 sees").wait_for()
    expect(drawer.get_by_text("daisy", exact=False).first).to_be_visible()
    page.keyboard.press("Escape")
    go(settled(page), "Extract")
    extract(page, "EfficientNet-Lite0")
    page.get_by_role("button", name=re.compile("See heatmaps")).wait_for(timeout=FIRST)
    go(page, "Heatmaps")
    page.get_by_text(re.compile("^daisy, ")).wait_for(timeout=FIRST)
    page.get_by_text(re.compile("^palace, ")).wait_for()
