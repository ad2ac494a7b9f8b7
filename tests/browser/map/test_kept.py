"""What outlives a reload, a link, another page and other axes; labels that are given on the map."""

import re

import pytest
from playwright.sync_api import expect

from featx_core.workspace.workspace import Workspace
from tests.browser.map.the_map import DOGS, EEL, N_DOGS, Map, features, pictures
from tests.browser.steps import go, press
from tests.toys.app.visiting import keep_run

pytestmark = pytest.mark.browser


def test_reload_link_other_pages_and_other_axes_keep_what_is_selected_and_seen(on_map, open_tab):
    chart = on_map()
    page = chart.page
    chart.key("l")
    chart.drag(chart.around(DOGS))
    chart.counts(f"{N_DOGS} images")
    page.mouse.move(*chart.places()[EEL])
    page.mouse.wheel(0, -300)
    chart.rests()
    page.locator(".class", has_text="cat").click()
    page.wait_for_url(re.compile("hide="))
    seen, address = chart.view(), page.url
    assert seen[0] > 1.5
    page.reload()
    again = Map(page)
    again.counts(f"{N_DOGS} images")
    assert again.view() == seen
    assert again.n_chosen == N_DOGS
    hidden = page.locator('.class[aria-pressed="false"]')
    expect(hidden).to_contain_text("cat")
    go(page, "Images")
    go(page, "Map")
    back = Map(page)
    expect(hidden).to_contain_text("cat")
    back.counts(f"{N_DOGS} images")
    back.rests()
    expect(back.hover(again.places()[EEL])).to_have_text(f"{EEL}.png")
    page.get_by_text("3-D", exact=True).click()
    expect(back.over).to_have_attribute("aria-label", re.compile("3 dimensions"))
    back.counts(f"{N_DOGS} images")
    expect(back.root).to_have_attribute("data-chosen", str(N_DOGS))
    other = Map(open_tab(address))
    other.counts(f"{N_DOGS} images")
    assert other.view() == seen
    expect(other.page.locator('.class[aria-pressed="false"]')).to_contain_text("cat")
    n_steps = page.evaluate("window.history.length")
    assert n_steps <= 5  # Back leads to the page before, not through all that was looked at


def test_the_selected_images_are_labelled_and_stay_selected(server, open_tab, shelve):
    token = shelve(server, pictures())
    workspace = Workspace.open(server.home / "workspaces" / f"{token}.featx")
    keep_run(workspace, features())
    workspace.close()
    chart = Map(open_tab(f"{server.url}map?w={token}"))
    page = chart.page
    chart.key("l")
    chart.drag(chart.around(DOGS))
    chart.counts(f"{N_DOGS} images")
    press(page, "Label them")
    field = page.get_by_label("Label for these images")
    field.fill("wolf")
    field.press("Enter")
    press(page, "Apply label")
    expect(page.locator(".class", has_text="wolf")).to_contain_text(str(N_DOGS))
    chart.counts(f"{N_DOGS} images")
    with page.expect_download() as download:
        press(page, "Download")
        page.get_by_role("button", name="List (.csv)").click()
    assert len(download.value.path().read_text("utf-8").splitlines()) == N_DOGS + 1
