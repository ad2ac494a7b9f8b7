"""A worker that gets no processor while it starts, as on a machine that is busy with other work."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.steps import PATIENCE
from tests.toys.app.serving import Server

START_SECONDS = 20.0  # that `hasty_app.py` gives its worker
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_worker_that_is_held_up_in_its_start_is_waited_for_and_the_page_says_so(
    chromium, keras_home, open_tab, shelve, make_png, tmp_path
):
    with Server(tmp_path, script="tests/toys/app/hasty_app.py") as server:
        worker = server.worker()
        worker.suspend()
        stopped = time.monotonic()
        token = shelve(server, [(f"{number}.png", make_png(number)) for number in range(6)])
        page = open_tab(f"{server.url}extract?w={token}")
        page.get_by_text(re.compile(r"Loading TensorFlow, \d+ s so far")).first.wait_for()
        page.get_by_role("button", name=re.compile("Extract from")).click()
        progress = page.get_by_test_id("stMain").get_by_text(
            re.compile("Loading TensorFlow, .*; this computer is busy with other work")
        )
        progress.first.wait_for()
        time.sleep(max(START_SECONDS * 1.3 - (time.monotonic() - stopped), 0))
        expect(progress.first).to_be_visible()
        worker.resume()
        expect(page.get_by_text("(6, 1280)")).to_be_visible(timeout=PATIENCE)
        assert server.worker().pid == worker.pid
