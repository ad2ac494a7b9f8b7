"""The map as one file: inert whatever images are called, small, and with all that the script reads."""

import base64
import dataclasses
import hashlib
import html
import json
import re

import numpy as np
import pytest

from featx_core.maps.projection import project
from featx_core.offline import drawn, map_page
from featx_core.workspace.workspace import Workspace
from tests.toys.app.map_packs import unpack

HOSTILE = "</script><img src=x onerror=alert(1)>&'\""


@pytest.fixture
def sheet(workspace):
    records = [*workspace.images(), None]
    projection = project(np.random.default_rng(0).normal(size=(7, 4)), "pca")
    column = drawn.Column(HOSTILE, [*[HOSTILE] * 3, *["dog"] * 4])
    packs = {"names": drawn.names_pack([HOSTILE] * 7), "color": drawn.column_pack(column, np.arange(7))}
    return map_page.Sheet(
        HOSTILE, f"Trust {HOSTILE}.", projection, [str(row) for row in range(7)], records, packs, {"color": HOSTILE}
    )


def parts(page):
    """Return the text of the page without its scripts, what the script is told, and the script."""
    told = re.search(r'<script type="application/json" id="told">(.*?)</script>', page, re.S)
    script = re.search(r'<script type="module">(.*)</script>\n</body>', page, re.S)
    return page.replace(told.group(0), "").replace(script.group(0), ""), json.loads(told.group(1)), script.group(1)


def test_hostile_names_stand_as_text_and_only_the_own_script_may_run(sheet, workspace):
    page = map_page.page(sheet, workspace).decode()
    text, _, script = parts(page)
    assert page.count("<script") == 2
    assert "<img" not in text
    assert html.escape(HOSTILE) in text
    trusted = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{trusted}'" in page
    assert "</script" not in script
    assert set(re.findall(r"https?://[^\s\"'`]+", page)) == {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_it_holds_places_names_columns_and_pictures(sheet, workspace):
    _, told, _ = parts(map_page.page(sheet, workspace).decode())
    places = unpack(base64.b64decode(told["packs"]["places"]))
    np.testing.assert_allclose(
        places["places"].reshape(-1, 3)[:, :2] * places["unit"] + places["middle"],
        sheet.projection.coordinates,
        atol=1e-5,
    )
    assert unpack(base64.b64decode(told["packs"]["names"]))["names"] == [HOSTILE] * 7
    assert [picture is None for picture in told["pictures"]] == [False] * 6 + [True]
    assert (places["aspects"] > 0).tolist() == [True] * 6 + [False]
    assert told["data"]["color"] == "color"


def test_of_very_many_images_a_sample_has_pictures_and_the_page_says_so(sheet, workspace, monkeypatch):
    monkeypatch.setattr(map_page, "MAX_PICTURES", 2)
    text, told, _ = parts(map_page.page(sheet, workspace).decode())
    assert sum(picture is not None for picture in told["pictures"]) == 2
    assert "2 of 6 images are shown as pictures." in text


def test_pictures_are_small_and_a_damaged_one_is_left_out(sheet, workspace, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(noise).save(out, "WEBP", quality=95)
    first = sheet.records[0].digest
    monkeypatch.setattr(
        Workspace, "thumbnail", lambda self, digest: b"no picture" if digest == first else out.getvalue()
    )
    _, told, _ = parts(map_page.page(sheet, workspace).decode())
    assert told["pictures"][0] is None
    assert max(len(picture) for picture in told["pictures"] if picture) <= 4 * 4_000 / 3 + 4
    assert len(map_page.page(dataclasses.replace(sheet, title="A"), workspace)) < 150_000
