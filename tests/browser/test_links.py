"""Addresses: each page by its link on a server that nobody visited, what a reload keeps, who sees what."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import PAGES, frame_links, go, names_in, settled
from tests.toys.app.serving import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["", "images", "extract", "map", "heatmaps", "compare"])
def test_a_deep_link_to_a_fresh_server_has_the_frame_around_the_page(fresh_server, open_tab, shelve, make_png, path):
    token = shelve(fresh_server, [(f"{number}.png", make_png(number)) for number in range(2)])
    page = open_tab(f"{fresh_server.url}{path}?w={token}")
    title = path.capitalize() or "Images"
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
    assert frame_links(page) == [*PAGES]
    expect(page.get_by_test_id("stSidebar").get_by_text("2 images, 0 labels")).to_be_visible()
    assert f"w={token}" in page.url


def test_a_link_to_an_unknown_workspace_gives_a_new_empty_one_with_a_sentence(server, open_tab):
    page = open_tab(f"{server.url}map?w={'A' * 22}")
    page.get_by_text("The workspace of this link is not on this computer. This is a new, empty workspace.").wait_for()
    page.get_by_text("There are no images in this workspace yet.").wait_for()
    assert "A" * 22 not in page.url


def test_two_visitors_at_once_do_not_see_each_others_images(server, open_tab, make_png, tmp_path):
    tabs = [open_tab(server.url), open_tab(server.url)]
    for number, tab in enumerate(tabs):
        path = tmp_path / f"mine-{number}.png"
        path.write_bytes(make_png(number))
        tab.get_by_test_id("stFileUploader").locator("input[type=file]").first.set_input_files(path)
    for number, tab in enumerate(tabs):
        tab.locator(".tile").wait_for()
        assert names_in(tab.locator(".gallery")) == {f"mine-{number}.png"}
        tab.reload()
        tab.locator(".tile").wait_for()
        assert names_in(tab.locator(".gallery")) == {f"mine-{number}.png"}
    tokens = [re.search(r"w=([\w-]{22})", tab.url).group(1) for tab in tabs]
    assert tokens[0] != tokens[1]


def test_two_tabs_of_one_workspace_see_the_same_images(server, open_tab, shelve, make_png):
    token = shelve(server, [("a.png", make_png())])
    for tab in (open_tab(f"{server.url}?w={token}"), open_tab(f"{server.url}?w={token}")):
        tab.locator(".tile").wait_for()


def test_recent_workspaces_are_listed_on_localhost(server, open_tab, shelve, make_png):
    shelve(server, [("a.png", make_png())])
    page = open_tab(server.url)
    expect(page.get_by_text("Recent workspaces")).to_be_visible()


def test_recent_workspaces_are_not_listed_to_the_network(chromium, keras_home, open_tab, shelve, make_png, tmp_path):
    with Server(tmp_path, address="0.0.0.0") as server:
        shelve(server, [("secret.png", make_png())])
        page = open_tab(f"http://127.0.0.1:{server.port}/")
        page.get_by_role("button", name="Try with photographs").wait_for()
        settled(page)
        assert "Recent workspaces" not in page.inner_text("body")
        assert "Open a folder on this computer" not in page.inner_text("body")
        page.get_by_test_id("stSidebar").get_by_text("Untitled").click()
        page.get_by_text("New workspace").wait_for()
        assert "Recent workspaces" not in page.inner_text("body")


def test_going_through_the_pages_keeps_the_workspace_in_the_address(server, open_tab, shelve, make_png):
    token = shelve(server, [("a.png", make_png())])
    page = open_tab(f"{server.url}?w={token}")
    for name in (*PAGES[1:], PAGES[0]):
        go(page, name)
        assert f"w={token}" in page.url
    page.go_back()
    page.get_by_role("heading", name=PAGES[-1], exact=True, level=1).wait_for()
    settled(page)
    assert f"w={token}" in page.url
