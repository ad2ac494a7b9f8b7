"""One click on "Try with photographs" in a real browser: real photographs, real weights, and no network."""

import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from featx_core.images.samples import SAMPLES
from tests.browser.steps import PATIENCE, go, press
from tests.toys.app.serving import Server

pytestmark = pytest.mark.browser

LONG = 4 * PATIENCE  # on a busy machine TensorFlow alone takes a minute to start
N_IMAGES = SAMPLES["photographs"].n_images
NAMES = ("Egyptian cat", "espresso", "moped", "tripod")
"""The best classes of the first four photographs, by the published weights in a network without featx's extraction."""

NO_WAY_OUT = '''"""Connections to other machines fail at once, and are noted."""
import os, pathlib, socket

HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", ""}
_connect, _look_up = socket.socket.connect, socket.getaddrinfo


def _refuse(host):
    with open(os.environ["FEATX_TEST_NOTES"], "a") as notes:
        notes.write(f"{host}\\n")
    raise OSError(f"no way to {host}")


def connect(self, address):
    if isinstance(address, tuple) and address[0] not in HERE:
        _refuse(address[0])
    return _connect(self, address)


def look_up(host, *rest, **options):
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and name not in HERE:
        _refuse(name)
    return _look_up(host, *rest, **options)


socket.socket.connect, socket.getaddrinfo = connect, look_up
'''


@pytest.fixture
def cut_off_server(chromium, keras_home, tmp_path, monkeypatch):
    """A server, and a worker, that reach no other machine; gives the server and the file that notes who tried."""
    folder = tmp_path / "no way out"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NO_WAY_OUT, "utf-8")
    notes = tmp_path / "notes"
    notes.touch()
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("FEATX_TEST_NOTES", str(notes))
    (tmp_path / "home").mkdir()
    with Server(tmp_path / "home") as made:
        yield made, notes


def test_the_way_out_is_really_closed(cut_off_server):
    _, notes = cut_off_server
    tried = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    assert subprocess.run([sys.executable, "-c", tried], capture_output=True).returncode != 0
    assert notes.read_text() == "192.0.2.1\n"


def test_one_click_without_a_network_leads_to_named_photographs_a_map_and_heatmaps(cut_off_server, open_tab, notes):
    server, tried = cut_off_server
    page = open_tab(server.url)
    press(page, "Try with photographs")
    page.get_by_role("heading", name="Extract", level=1).wait_for()
    under_way, done = (
        page.get_by_text(re.compile("Bring in photographs|Extracting")),
        page.get_by_text(f"({N_IMAGES}, 1280)"),
    )
    under_way.or_(done).first.wait_for()
    page.reload()  # in the middle, unless that was quick

    page.get_by_text(f"({N_IMAGES}, 1280)").wait_for(timeout=LONG)
    expect(page.get_by_text("ImageNet weights").first).to_be_visible()
    expect(page.locator(".js-plotly-plot .points path")).to_have_count(N_IMAGES)
    expect(page.locator(".js-plotly-plot .layer-below image, .js-plotly-plot image")).not_to_have_count(0)
    overlays = page.get_by_test_id("stImage").locator("img")
    overlays.nth(3).wait_for(timeout=LONG)
    for overlay in overlays.all():
        assert overlay.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    for name in NAMES:
        expect(page.get_by_text(re.compile(rf"^{name}, 0\.\d\d$")).first).to_be_visible()

    go(page, "Images")
    page.locator(".tile").nth(12).wait_for()
    page.get_by_text("Sources of these images").click()
    expect(page.get_by_text("cat: Stefan van der Walt, CC0")).to_be_visible()
    assert tried.read_text() == ""
    assert notes.strangers == []


def test_cancel_ends_it_and_the_page_goes_on(server, open_tab):
    page = open_tab(server.url)
    page.get_by_role("button", name="Try with photographs").wait_for()
    worker = server.worker()
    worker.suspend()  # or all is done before the button can be pressed
    try:
        press(page, "Try with photographs")
        page.get_by_role("heading", name="Extract", level=1).wait_for()
        page.get_by_test_id("stMain").get_by_role("button", name="Cancel").click()
    finally:
        worker.resume()
    page.get_by_text(re.compile("was stopped|Cancelled")).first.wait_for()
    page.get_by_text(re.compile("Set up|Add images|Try again")).first.wait_for()
