"""Every page in a session that has nothing yet: one sentence, one button, no fault."""

import pytest

from pages._ui.shell.frame import PAGES

NAMES = [name for name, _, _ in PAGES]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_page_has_a_title_the_frame_and_one_primary_button(visit, name):
    visitor = visit().open(name)
    assert visitor.has_no_fault
    assert len(visitor.tab.title) == 1
    assert [button.type for button in visitor.tab.main.button].count("primary") <= 1
    assert "No images yet" in [caption.value for caption in visitor.tab.sidebar.caption]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("fresh_server")
def test_the_frame_stands_around_a_page_that_a_fresh_server_shows_first(visit, name):
    visitor = visit().open(name)
    assert "No images yet" in [caption.value for caption in visitor.tab.sidebar.caption]
    assert len(visitor.tab.title) == 1
    assert visitor.has_no_fault


@pytest.mark.parametrize("name", [name for name in NAMES if name != "images"])
def test_an_empty_page_says_one_sentence_and_leads_to_the_images(visit, name):
    visitor = visit().open(name)
    assert [text.value for text in visitor.tab.main.markdown] == ["There are no images in this workspace yet."]
    assert visitor.buttons == ["Add images"]
    visitor.press("Add images")
    assert "Try with photographs" in visitor.buttons
    assert visitor.has_no_fault


@pytest.mark.parametrize("name", ["map", "heatmaps"])
def test_with_images_but_no_run_the_page_leads_to_extract(visit, shelve, make_png, name):
    visitor = visit(shelve([("a.png", make_png())])).open(name)
    assert [text.value for text in visitor.tab.main.markdown] == ["No features have been extracted yet."]
    assert visitor.buttons == ["Extract features"]
    visitor.press("Extract features")
    assert visitor.tab.title[0].value == "Extract"


def test_the_first_screen_offers_files_a_folder_and_samples(visit):
    visitor = visit()
    assert visitor.tab.file_uploader[0].label == "Drop files or zip archives here"
    assert "Open a folder on this computer" in visitor.words
    assert visitor.tab.radio(key="sample_set").options == [
        "Shapes and textures",
        "Two photographs",
        "Handwritten digits",
    ]


def test_a_link_to_a_workspace_that_is_not_here_gives_an_empty_one_and_says_so(visit):
    asked = "A" * 22
    visitor = visit(asked)
    assert visitor.token != asked
    assert [warning.value for warning in visitor.tab.warning] == [
        "The workspace of this link is not on this computer. This is a new, empty workspace."
    ]
    assert not visitor.run().tab.warning


@pytest.mark.parametrize("asked", ["../../etc/passwd", "x" * 5000, "a b", "%00"])
def test_a_link_that_is_no_token_opens_nothing(visit, home, asked):
    visitor = visit(asked)
    assert visitor.has_no_fault
    assert visitor.token != asked
    assert sorted(path.name for path in home.iterdir()) == ["workspaces"]


def test_a_damaged_workspace_is_named_and_left_as_it_is(visit, shelve, make_png, home):
    token = shelve([("a.png", make_png())])
    damaged = home / "workspaces" / f"{'B' * 22}.featx"
    damaged.write_bytes(b"not a database" * 100)
    visitor = visit("B" * 22)
    assert visitor.token not in (token, "B" * 22)
    assert len(visitor.tab.warning) == 1
    assert visitor.has_no_fault
    assert damaged.read_bytes() == b"not a database" * 100
