"""What is drawn: pictures, a PNG in twice its size, words where nothing can be drawn."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from featx_core.base.palette import label_styles
from tests.browser.map.the_map import COLORS, DOGS, EEL, LABELS, half_of, middle_of
from tests.browser.steps import settled

pytestmark = pytest.mark.browser


def test_points_become_pictures_as_one_comes_near_or_at_once(on_map):
    chart = on_map()
    page = chart.page
    assert chart.root.get_attribute("data-pictures") == "0"
    chart.key("p")
    expect(chart.root).not_to_have_attribute("data-pictures", "0")
    chart.rests()
    check_color(page, chart.places()[EEL], COLORS["eel"])
    chart.key("p")
    expect(chart.root).to_have_attribute("data-pictures", "0")
    page.mouse.move(*chart.places()[DOGS[0]])
    for _ in range(5):
        page.mouse.wheel(0, -200)
    expect(chart.root).not_to_have_attribute("data-pictures", "0")
    chart.rests()
    assert chart.view()[0] > 2
    shown = int(chart.root.get_attribute("data-pictures"))
    inside = np.all(np.abs(chart.places() - middle_of(chart)) < half_of(chart), axis=1)
    assert 0 < shown <= inside.sum() + 4  # those at the border count too


def check_color(page, place, color):
    """Look at the screen a little beside a point, where its picture is and its dot is not."""
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), np.int16)
    np.testing.assert_allclose(pixels[int(place[1]), int(place[0]) + 16], color, atol=14)


def test_the_map_is_saved_as_a_picture_in_twice_its_size(on_map):
    chart = on_map()
    with chart.page.expect_download() as download:
        chart.page.get_by_role("button", name="Save as a PNG").click()
    assert download.value.suggested_filename == f"PCA-map-of-{len(LABELS)}-images-in-2-dimensions.png"
    with Image.open(download.value.path()) as opened:
        pixels = np.asarray(opened.convert("RGB"), np.int16)
    box = chart.box
    assert pixels.shape[1] == pytest.approx(2 * box["width"], abs=2)
    assert pixels.shape[0] > 2 * box["height"]  # the legend stands below
    style = label_styles(LABELS)["eel"].color
    expected = [int(style[place : place + 2], 16) for place in (1, 3, 5)]
    column, row = np.round(2 * (chart.places()[EEL] - [box["x"], box["y"]])).astype(int)
    np.testing.assert_allclose(pixels[row, column], expected, atol=24)  # drawn at 92 %
    assert chart.root.get_attribute("data-state") == "drawn"


NO_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === "webgl2" ? null : original.call(this, kind, ...rest);
};
"""


def test_without_webgl_a_sentence_and_the_table_stand_in_its_place(server, open_tab, token):
    page = open_tab()
    page.add_init_script(NO_WEBGL)
    page.goto(f"{server.url}map?w={token}")
    page.get_by_text("This browser cannot draw the map: WebGL 2 is missing or switched off.").wait_for()
    page.locator(".st-key-map_points").get_by_test_id("stDataFrame").wait_for()
    settled(page)


def test_a_drawing_that_the_browser_lost_is_drawn_again(on_map):
    chart = on_map()
    page = chart.page
    page.locator(".surface").evaluate(
        "node => node.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
    )
    page.get_by_text("The browser has lost the drawing of this map.").wait_for()
    page.get_by_role("button", name="Draw it again").click()
    expect(page.get_by_text("The browser has lost the drawing of this map.")).to_be_hidden()
    settled(page)
    chart.rests()
    expect(chart.hover(chart.places()[EEL])).to_have_text(f"{EEL}.png")
