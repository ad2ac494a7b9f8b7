"""The app as a wheel installs it, without a checkout."""

import pytest

from tests.browser.steps import PAGES, frame_links
from tests.toys.app.serving import Server
from tests.toys.app.wheel import unpack

pytestmark = pytest.mark.browser


def test_the_installed_app_opens(chromium, keras_home, open_tab, tmp_path):
    unpacked = unpack(tmp_path)
    (tmp_path / "home").mkdir()
    with Server(tmp_path / "home", root=unpacked / "featx_app", packages=unpacked) as server:
        page = open_tab(server.url)
        assert frame_links(page) == list(PAGES)
        page.get_by_text("See what neural networks see in your images.").wait_for()
        assert "featx_app" in (server.worker().environ()["PYTHONPATH"] + server.worker().cwd())
        page.close()
