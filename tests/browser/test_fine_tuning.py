"""Fine-tuning in a real browser: set up, trained, looked at, coloured on the map, downloaded."""

import re
import zipfile

import pytest
from playwright.sync_api import expect

from featx_core.images.samples import SAMPLES
from tests.browser.steps import go, press, settled

pytestmark = pytest.mark.browser

LABELS = ("disc", "star", "waves")
IMAGES_A_LABEL = 8


@pytest.fixture
def some_shapes():
    wanted = {f"{label}-{number:02d}.png" for label in LABELS for number in range(1, IMAGES_A_LABEL + 1)}
    return [(name, content) for name, content in SAMPLES["shapes"].make() if name.split("/")[1] in wanted]


def test_from_the_form_to_the_file(server, open_tab, shelve, some_shapes, tmp_path):
    page = open_tab(f"{server.url}extract?w={shelve(server, some_shapes)}")
    page.get_by_role("button", name=re.compile("Extract from 24 images")).wait_for()
    settled(page)
    page.get_by_text("Fine-tuned", exact=True).click()
    page.get_by_role("button", name=re.compile("Train, then extract from 24 images")).wait_for()
    settled(page)
    box = page.get_by_role("combobox", name="Base network")
    box.click()
    box.fill("MobileNetV3Small,")
    page.get_by_role("option", name=re.compile("^MobileNetV3Small,")).click()
    expect(page.get_by_text("(n, 224, 224, 3) → (n, 576) → new layer → (n, 1024)")).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("Train, then extract from 24 images")).click()

    expect(page.get_by_text("(24, 1024)")).to_be_visible()
    expect(page.get_by_text(re.compile(r"On \d+ validation images, fine-tuning classifies"))).to_be_visible()
    expect(page.get_by_text("fine-tuned on 3 labels").first).to_be_visible()
    for key in ("history_", "classes_", "confusion_"):
        page.locator(f"[class*=st-key-{key}] .js-plotly-plot").first.wait_for()
    settled(page)
    press(page, "Prepare a .keras file")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(r"Download .*\.keras")).click()
    download.value.save_as(tmp_path / "network.keras")
    assert "model.weights.h5" in zipfile.ZipFile(tmp_path / "network.keras").namelist()

    settled(page)
    page.get_by_text("Before and after fine-tuning").click()
    page.locator("[class*=st-key-pair_right_] .js-plotly-plot").wait_for()

    settled(page)
    go(page, "Map")
    page.get_by_role("combobox", name="Colour").click()
    page.get_by_role("option", name="Predicted class").click()
    expect(page.locator(".legend > .title")).to_have_text("Predicted class")
