"""The map in one file, opened without a network: it moves, shows pictures, and runs nothing that names smuggle in."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from featx_core.maps.projection import project
from featx_core.offline import drawn, map_page
from featx_core.workspace.workspace import Workspace

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=\"document.title='taken'\">"


def test_one_file_shows_the_map_without_any_request(chromium, tmp_path):
    workspace = Workspace.open(":memory:")
    workspace.add((f"{row}.png", flat_png((40 * row, 90, 200))) for row in range(6))
    projection = project(np.diag(np.arange(1.0, 7.0)), "pca")
    labels = drawn.Column("Label", [HOSTILE] * 3 + ["dog"] * 3)
    numbers = drawn.Column("Brightness", np.arange(6.0))
    rows = np.arange(6)
    packs = {
        "names": drawn.names_pack([HOSTILE] * 6),
        "color": drawn.column_pack(labels, rows),
        "column brightness": drawn.column_pack(numbers, rows),
    }
    columns = {"color": "Label", "column brightness": "Brightness"}
    keys = [str(row) for row in rows]
    sheet = map_page.Sheet("Six images", "A caption.", projection, keys, list(workspace.images()), packs, columns)
    path = tmp_path / "map.html"
    path.write_bytes(map_page.page(sheet, workspace))
    context = chromium.new_context(viewport={"width": 900, "height": 700}, offline=True)
    page, requests, errors = context.new_page(), [], []
    page.on("request", lambda request: requests.append(request.url.split(":")[0]))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(path.as_uri())
    root = page.locator('.map[data-state="drawn"][data-frames]')
    root.wait_for()
    expect(page.locator(".class")).to_have_count(2)
    page.locator(".over").focus()
    page.keyboard.press("p")
    expect(root).to_have_attribute("data-pictures", re.compile(r"^[1-6]$"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card .name")).to_have_text(HOSTILE)
    page.locator(".card img").wait_for()
    before = root.get_attribute("data-frames")
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -300)
    expect(root).not_to_have_attribute("data-frames", before)
    page.get_by_label("Colour").select_option(label="Brightness")
    expect(page.locator(".legend > .title")).to_have_text("Brightness")
    assert page.title() == "Six images"
    assert set(requests) <= {"file", "data"}
    assert errors == []
    context.close()


def flat_png(color):
    out = io.BytesIO()
    Image.new("RGB", (60, 30), color).save(out, "PNG")
    return out.getvalue()
