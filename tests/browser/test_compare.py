"""From nothing to a verdict over three backbones, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from featx_core.images.samples import SAMPLES
from tests.browser.steps import PATIENCE, go, names_in, press, settled

pytestmark = pytest.mark.browser

LONG = 300_000  # milliseconds: three networks on the images, and their comparison
BACKBONES = {"EfficientNet-Lite0", "Embedded v1", "MobileNetV3Small"}  # the first two are offered
N_IMAGES = 80


def add_backbone(page, name):
    """Add one to the backbones that are to be run."""
    box = page.get_by_role("combobox", name="Backbones")
    box.click()
    box.fill(name)
    page.get_by_role("option", name=name, exact=True).click()
    box.press("Tab")  # closes the list, which covers what is below
    settled(page)


def cell(page, row, column):
    """Return the middle of a cell of the matrix on the screen."""
    page.locator(".st-key-matrix_cka").scroll_into_view_if_needed()
    return page.evaluate(
        """([row, column]) => {
          const plot = document.querySelector('.st-key-matrix_cka .js-plotly-plot'), box = plot.getBoundingClientRect();
          const { xaxis: x, yaxis: y } = plot._fullLayout;
          return [box.left + x._offset + x.c2p(column), box.top + y._offset + y.c2p(row)];
        }""",
        [row, column],
    )


def names_of_cells(page):
    return page.evaluate("document.querySelector('.st-key-matrix_cka .js-plotly-plot')._fullData[0].y")


def left_map(page):
    return page.locator("[class*=st-key-pair_left_] .js-plotly-plot")


def lasso_all(page):
    """Draw a lasso around everything on the left map."""
    area = left_map(page).locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    left, top = box["x"] + 3, box["y"] + 3
    right, bottom = box["x"] + box["width"] - 3, box["y"] + box["height"] - 3
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(*corner, steps=8)
    page.mouse.up()


@pytest.fixture
def some_shapes():
    """Every third of the sample shapes: ten of each label."""
    return list(SAMPLES["shapes"].make())[::3]


def test_from_images_to_a_verdict_and_into_a_pair(server, open_tab, shelve, some_shapes):
    page = open_tab(f"{server.url}?w={shelve(server, some_shapes)}")
    page.get_by_text(f"{N_IMAGES} images, 8 labels").first.wait_for()
    page.locator(".tile").nth(5).wait_for()

    go(page, "Compare")
    press(page, "Run backbones")
    expect(page.get_by_text("Embedded, trained on synthetic images, offline")).to_be_visible()
    expect(page.get_by_text("ImageNet, on this machine")).to_be_visible()
    add_backbone(page, "MobileNetV3Small")
    page.get_by_text("Random, untrained").click()
    settled(page)
    press(page, "Run")
    expect(page.get_by_text("Random, untrained")).to_be_hidden()

    verdict = page.locator(".st-key-verdict")
    page.get_by_text("3 runs", exact=True).wait_for(timeout=LONG)
    verdict.wait_for(timeout=LONG)
    expect(verdict).to_contain_text(f"with {N_IMAGES} images")
    settled(page)
    ranking = page.locator(".st-key-compare_ranking .js-plotly-plot")
    assert set(ranking.evaluate("plot => plot._fullLayout.yaxis.ticktext")) > BACKBONES
    expect(page.locator(".st-key-compare_trade .js-plotly-plot")).to_be_visible()

    page.get_by_text("Similarity of feature spaces").click()
    page.locator(".st-key-matrix_cka .js-plotly-plot").wait_for()
    settled(page)
    names = names_of_cells(page)
    assert set(names) == BACKBONES
    for row, column in ((1, 2), (2, 0)):
        page.mouse.click(*cell(page, row, column))
        for side, number in (("Left", row), ("Right", column)):
            box = page.get_by_role("combobox", name=re.compile(side))
            expect(box).to_have_value(re.compile(f"^{names[number]},"), timeout=PATIENCE)
        settled(page)

    left_map(page).locator(".points path").nth(N_IMAGES - 1).wait_for(state="attached")
    page.get_by_text("Images whose neighbours changed most").wait_for()
    settled(page)
    lasso_all(page)
    page.get_by_text(f"Selection: {N_IMAGES} images").wait_for()
    gallery = page.locator(".st-key-pair_gallery")
    expect(gallery.locator(".tile")).to_have_count(24)
    assert len(names_in(gallery)) == 24
