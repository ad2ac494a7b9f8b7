"""Wrong labels, given by hand, found in the list of likely label errors and mended there; Compare then rises."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.workspace import Workspace
from tests.browser.steps import go, press, settled
from tests.toys.app.visiting import keep_run

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

N_OF_EACH = 20
FLIPPED = (0, 3, 6, 9, 12)  # tiles, all of them cats
RUNS = (Pretrained("efficientnet_lite0"), Pretrained("embedded_v1", weights="embedded"))


@pytest.fixture
def told_apart(server, shelve, make_png):
    """A workspace whose features tell its two labels apart."""
    names = [f"{label}/{number:02d}.png" for label in ("cat", "dog") for number in range(N_OF_EACH)]
    token = shelve(server, [(name, make_png(number)) for number, name in enumerate(names)])
    workspace = Workspace.open(server.home / "workspaces" / f"{token}.featx")
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(names), 8)) + np.repeat([[-2.0], [2.0]], N_OF_EACH, axis=0)
    for spec in RUNS:
        keep_run(workspace, vectors, spec)
    workspace.close()
    return token


def best_accuracy(page):
    """Return the accuracy of the best run in the verdict of Compare, in percent."""
    go(page, "Compare")
    page.get_by_text("More measures").wait_for()
    words = settled(page).locator(".st-key-verdict").inner_text()
    return max(float(found) for found in re.findall(r"([\d.]+)\s%", words))


def flip(page, number):
    """Give an image another label in its drawer, as by mistake."""
    page.locator(".tile").nth(number).click()
    field = page.get_by_role("dialog").get_by_role("textbox", name="Label", exact=True)
    field.fill("dog")
    field.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)


def test_five_wrong_labels_are_found_and_mended_and_compare_rises(server, open_tab, told_apart):
    page = open_tab(f"{server.url}?w={told_apart}")
    page.locator(".tile").last.wait_for()
    for number in FLIPPED:
        flip(page, number)
    wrong = best_accuracy(page)
    assert wrong <= 88  # five of forty, rounded

    go(page, "Images")
    page.get_by_text("Worth a look", exact=True).click()
    page.get_by_text(f"{len(FLIPPED)} of {2 * N_OF_EACH} labelled images").wait_for()
    listed = settled(page).locator(".st-key-look_label_errors .tile")
    names = {re.search(r"\d\d\.png", tile.get_attribute("title")).group() for tile in listed.all()}
    assert names == {f"{number:02d}.png" for number in FLIPPED}
    press(page, f"Choose all {len(FLIPPED)}")
    press(page, "Change labels")
    page.get_by_text("No label looks wrong").wait_for()
    assert best_accuracy(page) == 100 > wrong
