"""A session as one page, opened without a network: its map moves, nothing is asked for, and it reads well and prints."""

import pytest
from playwright.sync_api import expect

import featx_core as fx
from tests.browser.test_every_page import violations
from tests.toys.entered_runs import enter_run, filled_workspace

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    workspace = filled_workspace()
    for backbone in ("mobilenet_v2", "resnet50"):
        enter_run(workspace, backbone)
    workspace.set_labels({name: HOSTILE for name in workspace.images().names[:5]})
    found = tmp_path_factory.mktemp("report") / "report.html"
    found.write_bytes(fx.report(workspace, title="A session", words=HOSTILE))
    return found


@pytest.mark.parametrize(("theme", "width"), [("light", 1200), ("dark", 390)])
def test_it_works_without_a_network_in_both_themes_at_any_width(chromium, path, theme, width):
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=theme, offline=True)
    page, requests, errors = context.new_page(), [], []
    page.on("request", lambda request: requests.append(request.url.split(":")[0]))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(path.as_uri())
    page.locator('.map[data-state="drawn"][data-frames]').wait_for()
    assert page.title() == "A session"
    expect(page.locator("header p").last).to_have_text(HOSTILE)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    page.locator(".over").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".card img").wait_for()
    page.keyboard.press("Escape")
    assert set(requests) <= {"file", "data", "blob"}
    assert errors == []
    assert "\n".join(violations(page)) == ""
    page.emulate_media(media="print")
    expect(page.locator(".still")).to_be_visible()
    expect(page.locator(".map-box")).to_be_hidden()
    assert page.locator(".still path[transform]").count() == 24
    context.close()
