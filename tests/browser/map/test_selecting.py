"""Click, lasso, box and legend with a real mouse."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.map.the_map import CATS, DOGS, EEL, LABELS, N_CATS, N_DOGS, features
from tests.browser.steps import names_in, settled

pytestmark = pytest.mark.browser


def test_a_click_shows_the_image_with_its_true_neighbours(on_map):
    chart = on_map()
    chart.page.mouse.click(*chart.places()[EEL])
    chart.counts("1 image")
    vectors = features().astype(np.float64)
    cosines = vectors @ vectors[EEL] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[EEL])
    nearest = [row for row in np.argsort(-cosines) if row != EEL][:10]
    tiles = chart.page.locator(".st-key-neighbors .tile")
    expect(tiles).to_have_count(10)
    assert [tile.get_attribute("title") for tile in tiles.all()] == [f"{row}.png" for row in nearest]
    notes = [float(tile.locator(".note").inner_text()) for tile in tiles.all()]
    np.testing.assert_allclose(notes, 1 - cosines[nearest], atol=6e-4)
    tiles.nth(2).click()
    expect(chart.page.get_by_text(f"{nearest[2]}.png", exact=True).first).to_be_visible()
    expect(chart.root).to_have_attribute("data-chosen", "1")
    chart.key("Escape")
    chart.page.get_by_text("Click a point to see its image").wait_for()
    settled(chart.page)
    assert chart.n_chosen == 0
    check_narrow(chart)


def check_narrow(chart):
    """On a narrow screen the selection is in view."""
    chart.page.set_viewport_size({"width": 900, "height": 900})
    chart.rests()
    chart.page.mouse.click(*chart.places()[EEL])
    chart.counts("1 image")
    place = chart.page.get_by_text("Selection: 1 image").bounding_box()
    assert place["y"] + 100 < 900
    box = chart.box
    assert box["width"] > 500
    assert chart.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_lasso_and_box_select_shift_adds_and_escape_clears(on_map):
    chart = on_map()
    page = chart.page
    chart.key("l")
    chart.drag(chart.around(DOGS))
    chart.counts(f"{N_DOGS} images")
    expect(page.locator(".st-key-selection_gallery .tile")).to_have_count(N_DOGS)
    assert names_in(page.locator(".st-key-selection_gallery")) == {f"{row}.png" for row in DOGS}
    expect(page.get_by_text(f"dog {N_DOGS}", exact=True)).to_be_visible()
    chart.key("b")
    corners = chart.around(CATS)
    chart.drag([corners[0], corners[2]], shift=True)
    chart.counts(f"{N_CATS + N_DOGS} images")
    page.keyboard.down("Shift")
    page.mouse.click(*chart.places()[EEL])
    page.keyboard.up("Shift")
    chart.counts(f"{len(LABELS)} images")
    page.mouse.move(*corners[0])
    page.mouse.down()
    page.mouse.move(*corners[2], steps=3)
    page.keyboard.press("Escape")  # gives the box up, and keeps what is selected
    page.mouse.up()
    assert chart.n_chosen == len(LABELS)
    chart.key("Escape")
    page.get_by_text("Click a point to see its image").wait_for()


def test_the_legend_hides_and_isolates_and_hidden_points_are_not_selected(on_map):
    chart = on_map()
    page = chart.page
    everything = chart.around(range(len(LABELS)))
    page.locator(".class", has_text="cat").click()
    chart.key("b")
    chart.drag([everything[0], everything[2]])
    chart.counts(f"{N_DOGS + 1} images")
    page.locator(".class", has_text="dog").dblclick()
    chart.drag([everything[0], everything[2]])
    chart.counts(f"{N_DOGS} images")
    page.locator(".class", has_text="dog").dblclick()
    chart.drag([everything[0], everything[2]])
    chart.counts(f"{len(LABELS)} images")
    page.locator(".class", has_text="dog").click(modifiers=["Shift"])
    chart.counts(f"{N_DOGS} images")
