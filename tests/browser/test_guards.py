"""Doors that stay shut: other origins, missing tokens, other people's thumbnails, names that try to be HTML."""

import http.client
import json
import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from featx_core.workspace.workspace import Workspace
from tests.browser.steps import PAGES, go, settled

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=document.title='owned'>.png",
    "<script>document.title='owned'<script>.png",
    "[x](javascript:document.title='owned').png",
    "![x](evil.png).png",
    "$$x^2$$ :red[y] **bold** `c`.png",
    "\u202egnp.exe.png",
    "line\nbreak.png",
)


def get(server, path="/", **headers):
    """Ask for something, under the name of the server unless `Host` says another; gives the status of the answer."""
    connection = http.client.HTTPConnection("localhost", server.port, timeout=10)
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def handshake(server, **headers):
    """Ask for the WebSocket of the app; gives the status of the answer."""
    given = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "streamlit",
    }
    return get(server, "/_stcore/stream", **(given | headers))


LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


def test_the_websocket_opens_to_its_own_pages_alone(server):
    port = server.port
    for name in LOCAL_NAMES:
        assert handshake(server, Origin=f"http://{name}:{port}") == 101
        assert handshake(server, Host=f"{name}:{port}", Origin=f"http://{name}:{port}") == 101
    for origin in ("http://evil.example", f"http://evil.example:{port}", "http://localhost", "null"):
        assert handshake(server, Origin=origin) == 403
    assert handshake(server, Origin=f"http://localhost:{port + 1}") == 403


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/host-config", "/run-dot/1", "/extract"])
def test_a_name_that_was_made_to_lead_here_gets_no_answer(server, path):
    port = server.port
    for name in LOCAL_NAMES:
        assert get(server, path, Host=f"{name}:{port}") == 200
    for host in ("evil.example", f"evil.example:{port}", f"localhost.evil.example:{port}", f"localhost:{port + 1}"):
        assert get(server, path, Host=host) == 400
        assert handshake(server, Host=host, Origin=f"http://{host}") == 403


def test_a_page_of_another_port_of_this_machine_is_a_page_from_elsewhere(server):
    assert get(server, "/_stcore/health", Origin=f"http://localhost:{server.port}") == 200
    assert get(server, "/_stcore/health", Origin=f"http://localhost:{server.port + 1}") == 403


def send(server, path, method="GET", headers=None, data=None):
    request = urllib.request.Request(server.url + path, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def test_an_upload_without_its_token_is_refused(server, open_tab, make_png, tmp_path):
    page = open_tab(server.url)
    path = tmp_path / "a.png"
    path.write_bytes(make_png())
    with page.expect_request(re.compile("/_stcore/upload_file/")) as seen:
        page.get_by_test_id("stFileUploader").locator("input[type=file]").first.set_input_files(path)
    address = seen.value.url.removeprefix(server.url)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="b.png"\r\n\r\nbytes\r\n--x--\r\n'
    status, _, _ = send(server, address, "PUT", {"Content-Type": "multipart/form-data; boundary=x"}, body)
    assert status == 403


def test_an_upload_for_an_unknown_session_is_refused(server):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="b.png"\r\n\r\nbytes\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    status, _, _ = send(server, "_stcore/upload_file/no-session/no-file", "PUT", headers, body)
    assert status in (400, 403)


def test_a_thumbnail_is_there_for_its_own_workspace_alone(server, shelve, make_png):
    mine, other = (shelve(server, [(f"{number}.png", make_png(number))]) for number in range(2))
    workspace = Workspace.open(server.home / "workspaces" / f"{mine}.featx")
    digest = workspace.images()[0].digest
    workspace.close()
    status, content, headers = send(server, f"thumbnail/{mine}/{digest}")
    assert status == 200
    assert content[:4] == b"RIFF"
    assert headers["content-type"] == "image/webp"
    assert headers["x-content-type-options"] == "nosniff"
    assert "private" in headers["cache-control"]
    assert send(server, f"thumbnail/{other}/{digest}")[0] == 404
    assert send(server, f"thumbnail/{'A' * 22}/{digest}")[0] == 404
    assert send(server, f"thumbnail/..%2F..%2Fetc/{digest}")[0] in (400, 404)
    assert send(server, f"thumbnail/{mine}/{'0' * 64}")[0] == 404
    assert not (server.home / "workspaces" / f"{'A' * 22}.featx").exists()


def test_hostile_names_add_no_nodes_to_any_page(server, open_tab, notes, make_png):
    notes.expected = "404.*/media/"  # a page that is left before its images are fetched takes them along
    page = open_tab(server.url)
    files = [
        {"name": name, "mimeType": "image/png", "buffer": make_png(number)} for number, name in enumerate(HOSTILE)
    ] + [{"name": "<b>not</b> an image.txt", "mimeType": "text/plain", "buffer": b"words"}]
    page.get_by_test_id("stFileUploader").locator("input[type=file]").first.set_input_files(files)
    page.locator(".tile").nth(len(HOSTILE) - 1).wait_for()
    shown = page.get_by_role("heading", level=1)
    for name in PAGES:
        if name != "Images":
            go(page, name)
        expect(shown).to_have_text(name)
        settled(page)
        strange = page.evaluate(
            """() => [...document.querySelectorAll(
                'img[src="x"], img[src*="evil"], a[href^="javascript"], [onerror], body script:not([src]):not([type])')]
                .map(node => node.outerHTML).filter(html => /owned|evil|src="x"/.test(html))"""
        )
        assert strange == []
        assert "owned" not in page.title()
    go(page, "Images")
    titles = [tile.get_attribute("title") for tile in page.locator(".tile").all()]
    assert HOSTILE[0] in titles
    assert HOSTILE[2] in titles
    assert not any("\u202e" in title or "\n" in title for title in titles)
    page.locator(".tile").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(titles[0], exact=True)).to_be_visible()
    assert drawer.locator('img[src="x"], strong, code, b, script').count() == 0
    assert page.title() == "featx"
    page.keyboard.press("Escape")
    assert page.locator(".tile strong, .tile code, .tile a, .tile b, .katex").count() == 0


def test_the_page_that_fails_shows_no_trace_of_the_program(server):
    status, content, _ = send(server, "_stcore/health")
    assert status == 200
    for path in ("_stcore/host-config", "no/such/page", "thumbnail/", "thumbnail/a", "media/none"):
        _, content, _ = send(server, path)
        assert b"Traceback" not in content
        assert b"site-packages" not in content
    assert json.loads(send(server, "_stcore/host-config")[1])
