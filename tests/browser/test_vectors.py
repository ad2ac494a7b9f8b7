"""A table of numbers, without any image, in a real browser: brought in, mapped, selected, taken out."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.steps import PATIENCE, go, press, settled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Thirty rows in two clusters, with decimal commas, and one cell that is no number."""
    path = tmp_path_factory.mktemp("tables") / "embeddings.csv"
    values = np.random.default_rng(0).normal(size=(30, 6)) + 20 * (np.arange(30) % 2)[:, None]
    rows = [
        f"item-{row};{'cat' if row % 2 else 'dog'};" + ";".join(map(_comma, each)) for row, each in enumerate(values)
    ]
    rows[4] = rows[4].rpartition(";")[0] + ";oops"
    path.write_text("\n".join(["file;class;" + ";".join("abcdef"), *rows]))
    return path


def _comma(value):
    return f"{value:.4f}".replace(".", ",")


def test_a_table_is_brought_in_mapped_and_removed(server, open_tab, table):
    page = open_tab(server.url)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").first.set_input_files(table)
    expect(page.get_by_text("row 6 has “oops” in column “f”, which is not a number")).to_be_visible()
    expect(page.get_by_role("button", name="Import these vectors")).to_be_disabled()
    page.get_by_text("Keep the 29 good rows").click()
    page.get_by_text("29 rows of 6 numbers, 2 labels.").wait_for()
    settled(page)
    press(page, "Import these vectors")
    page.get_by_text("embeddings is in: 29 rows of 6 numbers, 2 labels.").wait_for()
    settled(page)

    page.get_by_test_id("stMain").get_by_role("button", name="Map").click()
    chart = page.locator('.map[data-state="drawn"][data-frames]')
    chart.wait_for()
    settled(page)
    page.locator(".over").focus()
    page.keyboard.press("l")
    frame = page.locator(".over").bounding_box()
    left, top, middle = frame["x"] + 2, frame["y"] + 2, frame["x"] + frame["width"] / 2
    bottom = frame["y"] + frame["height"] - 2
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((middle, top), (middle, bottom), (left, bottom), (left, top)):
        page.mouse.move(*corner, steps=8)
    page.mouse.up()
    expect(page.get_by_text("Selection: 15 rows").or_(page.get_by_text("Selection: 14 rows"))).to_be_visible()
    expect(page.get_by_text("dog 14").or_(page.get_by_text("cat 15"))).to_be_visible()  # one cluster, whole
    page.locator(".over").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".card .name")).to_have_text(re.compile(r"^item-\d+$"))
    expect(page.locator(".card img")).to_have_count(0)

    page.get_by_text("t-SNE", exact=True).click()
    chart.wait_for()
    expect(page.locator(".over")).to_have_attribute("aria-label", "t-SNE map of 29 rows in 2 dimensions")

    go(page, "Heatmaps")
    expect(page.get_by_text("embeddings holds only numbers, so there are no heatmaps")).to_be_visible()
    page.reload()
    go(page, "Images")
    page.get_by_role("button", name="Remove").click()
    press(page, "Remove it")
    expect(page.get_by_role("button", name="Try with photographs")).to_be_visible(timeout=PATIENCE)
