"""What a user meets when something is cancelled or killed: a plain sentence, and everything finished still there."""

import contextlib
import re
import time

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.steps import PATIENCE, extract, go, names_in, press, settled
from tests.toys.app.serving import Server

pytestmark = pytest.mark.browser

N_IMAGES = 160

KEEP_SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); window.sockets.push(this); } };
"""
"""Lets a test close a page's connection as a network does that fails for a moment."""


@pytest.fixture
def page_at_work(server, open_tab, shelve, make_png):
    """A tab on the Extract page in which VGG19 is at work on 160 images: quickly built, slow, and ended between batches."""
    token = shelve(server, [(f"{number}.png", make_png(number)) for number in range(N_IMAGES)])
    page = open_tab()
    page.add_init_script(KEEP_SOCKETS)
    page.goto(f"{server.url}extract?w={token}")
    extract(page, "VGG19")
    page.get_by_test_id("stMain").get_by_text(re.compile("Building the network|Extracting")).wait_for()
    return page


def runs_a_small_job(page):
    """Extract with a small network, and wait for its result."""
    page.get_by_text("Set up", exact=True).click()
    extract(page, "MobileNetV3Small")
    expect(page.get_by_text(f"({N_IMAGES}, 576)")).to_be_visible(timeout=PATIENCE)


def test_a_job_outlives_its_connection_is_gone_at_once_when_cancelled_and_leaves_the_worker_free(page_at_work):
    page_at_work.evaluate("sockets.forEach((socket) => socket.close())")
    app = page_at_work.get_by_test_id("stApp")
    expect(app).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    cancel = page_at_work.get_by_test_id("stMain").get_by_role("button", name="Cancel")
    cancel.click()
    page_at_work.get_by_text("Cancelled. Finished results are kept.").wait_for(timeout=5_000)
    expect(page_at_work.get_by_test_id("stSidebar").get_by_role("button", name="Cancel")).to_have_count(0)
    runs_a_small_job(page_at_work)


def test_a_killed_worker_is_a_plain_sentence_and_the_next_job_works(server, page_at_work):
    server.worker().kill()
    sentence = page_at_work.get_by_text(re.compile(r"^The computation stopped unexpectedly \(ref \w{4}\)\."))
    sentence.first.wait_for()
    assert "Traceback" not in page_at_work.inner_text("body")
    runs_a_small_job(page_at_work)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_worker_that_is_stopped_and_goes_on_leaves_no_page_without_a_result_or_a_sentence(
    chromium, keras_home, open_tab, notes, shelve, make_png, tmp_path
):
    """Two minutes, and the sixty seconds without a sign of life, are shortened to 30 and 15 seconds."""
    notes.expected = (
        "ERR_CONNECTION|WebSocket|Failed to|Client Error|disconnected|Network Error"  # it ends before the tabs
    )
    with Server(tmp_path, script="tests/toys/app/hasty_app.py") as server:
        token = shelve(server, [(f"{number}.png", make_png(number)) for number in range(N_IMAGES)])
        page = open_tab(f"{server.url}extract?w={token}")
        page.get_by_text(re.compile(r"^Layers: \d+ layers")).wait_for(timeout=4 * PATIENCE)  # the worker has started
        extract(page, "MobileNetV2")
        page.get_by_test_id("stMain").get_by_text(re.compile("Building the network|Extracting")).first.wait_for()
        worker = server.worker()
        worker.suspend()
        stopped = time.monotonic()
        other = open_tab(f"{server.url}?w={token}")
        other.locator(".tile").nth(5).wait_for()
        time.sleep(max(30 - (time.monotonic() - stopped), 0))
        with contextlib.suppress(psutil.NoSuchProcess):  # it was given up meanwhile
            worker.resume()
        page.get_by_text(re.compile("did not answer for|Images per second")).first.wait_for(timeout=4 * PATIENCE)
        assert "Traceback" not in page.inner_text("body")
        runs_a_small_job(page)


def test_a_job_goes_on_while_its_page_is_left_and_reloaded(page_at_work):
    go(page_at_work, "Images")
    aside = page_at_work.locator(".st-key-going_on")
    aside.get_by_text("VGG19").first.wait_for()
    page_at_work.reload()
    aside.get_by_text("VGG19").first.wait_for()
    page_at_work.set_viewport_size({"width": 720, "height": 450})  # where the sidebar is shut
    expect(aside.get_by_role("button", name="Cancel")).to_be_in_viewport(ratio=1)
    aside.get_by_role("button", name="Cancel").click()
    expect(aside.get_by_role("button", name="Cancel")).to_have_count(0)


def test_a_killed_server_loses_nothing(fresh_server, open_tab, notes, make_png, tmp_path):
    notes.expected = (
        "ERR_CONNECTION|WebSocket|Failed to fetch|Failed to load|Client Error|Network Error|Host|still running"
    )
    page = open_tab(fresh_server.url)
    files = [tmp_path / f"{number}.png" for number in range(6)]
    for number, path in enumerate(files):
        path.write_bytes(make_png(number))
    page.get_by_test_id("stFileUploader").locator("input[type=file]").first.set_input_files(files)
    page.locator(".tile").nth(5).wait_for()
    press(page, "Extract features")
    page.get_by_text("Open the map").wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    page.get_by_test_id("stImage").locator("img").nth(3).wait_for()
    address = page.url

    fresh_server.stop(kill=True)
    fresh_server.start()

    page.goto(address)
    page.get_by_role("heading", name="Extract", exact=True, level=1).wait_for()
    settled(page)
    page.get_by_text("Result", exact=True).click()
    expect(page.get_by_text("(6, 1280)")).to_be_visible()
    page.locator(".js-plotly-plot").first.wait_for()
    page.get_by_test_id("stImage").locator("img").nth(3).wait_for()
    go(page, "Images")
    page.locator(".tile").nth(5).wait_for()
    assert names_in(page.locator(".gallery")) == {path.name for path in files}
