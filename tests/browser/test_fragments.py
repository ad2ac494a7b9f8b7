"""Parts that are drawn again by themselves, in a browser, with a server that cannot keep up."""

import pytest
from playwright.sync_api import expect

from tests.toys.app.serving import Server

pytestmark = pytest.mark.browser


def test_nothing_is_lost_when_the_server_cannot_keep_up(open_tab, tmp_path):
    with Server(tmp_path, script="tests/toys/app/starved_app.py") as server:
        page = open_tab(server.url)
        for times in range(2, 9):
            page.get_by_role("heading", name=f"Page drawn {times} times").wait_for(timeout=30_000)
        for number in range(5):
            expect(page.get_by_text(f"Line {number} below the parts")).to_be_visible()
        page.close()
