"""The Images page: bringing in, the report, filter and labels, the gallery."""

import io
import json
import zipfile

import pytest
from streamlit import dataframe_util
from streamlit.testing.v1 import AppTest

from pages._ui.images import gallery
from pages._ui.shell import formatting, imports, library
from tests.toys.app.visiting import element, tiles


def is_brought_in(visitor):
    return imports.current(visitor.workspace) is None and visitor.workspace.last_intake() is not None


def upload(visitor, *files):
    visitor.tab.file_uploader[0].set_value([(name, content, "application/octet-stream") for name, content in files])
    return visitor.until(is_brought_in)


def report(visitor):
    found = [markdown.value for markdown in visitor.tab.main.markdown]
    return next(words for words in found if not words.startswith("See what ")).replace("\\", "")


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.thorough
def test_the_samples_button_brings_in_all_classes_and_names_the_workspace(visit):
    visitor = visit().press("Try with samples").until(is_brought_in)
    assert report(visitor).startswith("240 images are ready.")
    assert visitor.workspace.title == "Shapes and textures"
    assert "240 images, 8 labels." in visitor.words
    assert len(tiles(visitor)) == 60
    assert element(visitor, "gallery_page").num_pages == 4
    assert "Extract features" in visitor.buttons


def test_the_second_page_of_the_gallery_shows_the_images_that_follow(visit, shelve, make_png):
    visitor = visit(shelve([(f"{number:03d}.png", make_png(number)) for number in range(65)]))
    element(visitor, "gallery_page").set_value(2).run()
    assert [tile["name"] for tile in tiles(visitor)] == [f"{number:03d}.png" for number in range(60, 65)]


@pytest.mark.slow
def test_a_mixed_upload_keeps_what_can_be_read_and_names_the_rest(visit, make_png):
    visitor = upload(visit(), ("one.png", make_png(1)), ("same.png", make_png(1)), ("notes.txt", b"hello"))
    assert report(visitor).startswith("2 images are ready. 1 file was left out: notes.txt (")
    assert "1 image equals another one." in report(visitor)
    assert [tile["name"] for tile in tiles(visitor)] == ["one.png", "same.png"]
    assert tiles(visitor)[1]["note"] == "same as one.png"


@pytest.mark.slow
def test_folders_in_a_zip_become_labels_and_a_cut_file_is_named(visit, make_png):
    whole = make_png(3)
    content = zipped({"cat/1.png": make_png(1), "dog/2.png": make_png(2), "dog/cut.png": whole[: len(whole) // 2]})
    visitor = upload(visit(), ("pets.zip", content))
    assert visitor.workspace.images().labels == ["cat", "dog"]
    assert "cut.png (the file ends early)" in report(visitor)
    visitor.tab.session_state["report_details"] = True
    visitor.run()
    listed = visitor.tab.dataframe[0].value
    assert listed.values.tolist() == [["cut.png", "left out", "the file ends early"]]


def test_when_every_file_is_bad_the_page_says_so_and_stays_the_first_screen(visit):
    visitor = upload(visit(), *[(f"{number}.jpg", b"\xff\xd8 no picture") for number in range(12)])
    assert report(visitor).startswith("None of the 12 files could be read as images. 12 were left out: 0.jpg (")
    assert "and 9 more." in report(visitor)
    assert "Try with photographs" in visitor.buttons
    assert visitor.has_no_fault
    for name in ("extract", "map", "heatmaps"):
        assert "There are no images in this workspace yet." in visitor.open(name).words
        assert visitor.has_no_fault


def test_a_report_goes_with_the_page_and_is_called_back(visit, make_png):
    visitor = upload(visit(), ("a.png", make_png(1)))
    assert report(visitor) == "1 image is ready."
    visitor.open("extract").open("images")
    assert "1 image is ready." not in visitor.words
    visitor.tab.session_state["add_more"] = True
    visitor.run()
    visitor.tab.button(key="recall_report").click().run()
    assert report(visitor) == "1 image is ready."


def test_a_closed_report_stays_closed_and_the_next_one_opens(visit, make_png):
    visitor = upload(visit(), ("one.png", make_png(1)))
    visitor.tab.button(key="close_report").click().run()
    assert "1 image is ready." not in visitor.words
    assert "1 image is ready." not in visitor.open("extract").open("images").words
    visitor.workspace.add([("two.png", make_png(2)), ("three.png", make_png(3))])
    assert report(visitor.run()) == "2 images are ready."


def test_a_local_folder_is_brought_in_with_its_labels(visit, tmp_path, make_png):
    for label in ("day", "night"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "a.png").write_bytes(make_png(len(label)))
    visitor = visit()
    visitor.tab.text_input[0].set_value(str(tmp_path)).run()
    visitor.press("Bring in").until(is_brought_in)
    assert visitor.workspace.images().labels == ["day", "night"]


def test_a_local_folder_may_stay_where_it_is_and_says_when_a_file_is_gone(visit, tmp_path, make_png):
    (tmp_path / "a.png").write_bytes(make_png(1))
    visitor = visit()
    visitor.tab.text_input[0].set_value(str(tmp_path))
    visitor.tab.checkbox(key="link_folder").check().run()
    visitor.press("Bring in").until(is_brought_in)
    assert visitor.workspace.n_linked() == 1
    assert "1 file stays where it is: do not move or change it." in report(visitor)
    assert "1 linked file stays on this computer, with thumbnails alone in the workspace." in visitor.words
    (tmp_path / "a.png").unlink()
    record = visitor.workspace.images()[0]
    assert formatting.why_unread(record).startswith("The file is no longer where it was")
    assert formatting.preview(record) == record.thumbnail()


def test_a_local_folder_that_is_not_there_is_one_sentence(visit):
    visitor = visit()
    visitor.tab.text_input[0].set_value("no such folder").run()
    visitor.press("Bring in")
    assert [warning.value for warning in visitor.tab.warning] == [
        "There is no such file or folder on this computer. Check the path."
    ]


def test_a_server_for_others_offers_neither_local_folders_nor_recent_workspaces(visit, shelve, make_png, monkeypatch):
    shelve([("a.png", make_png())])
    assert "Recent workspaces" in visit().words
    monkeypatch.setattr("pages._ui.shell.session.is_local", lambda: False)
    words = visit().words
    assert "Recent workspaces" not in words
    assert "Recent workspaces" not in words
    assert "Open a folder on this computer" not in words


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (("all", "All images"), ["a.png", "b.png", "c.png", "same.png"]),
        (("label", "cat"), ["a.png", "same.png"]),
        (("label", "All images"), ["b.png"]),
        (("unlabelled", "Without a label"), ["c.png"]),
        (("noted", "With a note"), ["same.png"]),
    ],
)
def test_the_filter_shows_what_its_name_says(visit, shelve, make_png, chosen, expected):
    token = shelve([("a.png", make_png(1)), ("b.png", make_png(2)), ("c.png", make_png(3)), ("same.png", make_png(1))])
    library.open_workspace(token).set_labels({"a.png": "cat", "b.png": "All images", "same.png": "cat"})
    visitor = visit(token)
    visitor.tab.selectbox(key="show_images").set_value(chosen).run()
    assert [tile["name"] for tile in tiles(visitor)] == expected


def dialog_of_labels(token):
    """Draw the inside of the dialog as a page of its own: `AppTest` does not draw dialogs again."""
    return AppTest.from_string(
        "from pages._ui.images import labels\nfrom pages._ui.shell import library\n"
        f"labels.edit.__wrapped__(library.open_workspace({token!r}))",
        default_timeout=60,
    ).run()


def press(tab, label):
    next(button for button in tab.button if button.label == label).click().run()


def test_labels_are_edited_in_the_table(shelve, make_png):
    token = shelve([("cat/a.png", make_png(1)), ("cat/b.png", make_png(2)), ("dog/c.png", make_png(3))])
    tab = dialog_of_labels(token)
    assert tab.data_editor[0].value.values.tolist() == [["a.png", "cat"], ["b.png", "cat"], ["c.png", "dog"]]
    edits = {0: {"label": " lion "}, 1: {"label": None}}
    tab.session_state["label_table"] = {"edited_rows": edits, "added_rows": [], "deleted_rows": []}
    press(tab, "Save labels")
    assert library.open_workspace(token).images().labels == ["lion", None, "dog"]


def test_all_labels_can_be_taken_away(visit, shelve, make_png):
    token = shelve([("cat/a.png", make_png(1)), ("dog/b.png", make_png(2))])
    press(dialog_of_labels(token), "Remove all labels")
    assert library.open_workspace(token).images().labels == [None, None]
    assert "2 images, no labels yet." in visit(token).words


def test_edit_labels_opens_the_dialog(visit, shelve, make_png):
    visitor = visit(shelve([("cat/a.png", make_png(1))])).press("Edit labels")
    assert "Save labels" in [button.label for button in visitor.tab.button]


def test_a_tile_carries_label_colour_and_the_address_of_its_thumbnail(visit, shelve, make_png):
    visitor = visit(shelve([("cat/a.png", make_png(1)), ("dog/b.png", make_png(2)), ("cat/c.png", make_png(3))]))
    first, second, third = tiles(visitor)
    assert [first["label"], second["label"], third["label"]] == ["cat", "dog", "cat"]
    assert first["color"] == third["color"] != second["color"]
    assert first["source"] == f"/thumbnail/{visitor.token}/{visitor.workspace.images()[0].digest}"


@pytest.mark.parametrize("size", list(gallery.SIZES))
def test_the_size_of_the_tiles_can_be_picked(visit, shelve, make_png, size):
    visitor = visit(shelve([("a.png", make_png())]))
    visitor.tab.button_group(key="gallery_size").set_value(size).run()
    assert json.loads(element(visitor, "gallery").proto.json)["tile"] == gallery.SIZES[size]


def test_the_tiles_are_told_without_a_look_for_tables(visit, shelve, make_png, monkeypatch):
    monkeypatch.setattr(
        dataframe_util, "determine_data_format", lambda _: 1 / 0
    )  # it imports pandas, and the page waits
    assert len(tiles(visit(shelve([("a.png", make_png(1)), ("b.png", make_png(2))])))) == 2


def test_extract_features_on_this_page_begins_the_first_run(visit, shelve, make_png, worker):
    worker.holds = True
    visitor = visit(shelve([("a.png", make_png())])).press("Extract features")
    assert worker.submitted == ["extract"]
    assert visitor.tab.title[0].value == "Extract"
    assert "Embedded v1, last layer, average on 1 image" in visitor.words.replace("\\", "")


def test_the_workspace_is_renamed_in_the_sidebar(visit, shelve, make_png):
    visitor = visit(shelve([("a.png", make_png())]))
    visitor.tab.sidebar.text_input[0].set_value("  Trip to *Kyoto*  ").run()
    assert visitor.workspace.title == "Trip to *Kyoto*"


def test_a_new_workspace_is_empty_and_the_old_one_is_kept(visit, shelve, make_png):
    token = shelve([("a.png", make_png())])
    visitor = visit(token).press("New workspace")
    assert visitor.token != token
    assert visitor.tab.query_params["w"] in (visitor.token, [visitor.token])
    assert len(visitor.workspace.images()) == 0
    assert len(library.open_workspace(token).images()) == 1


def test_a_workspace_file_is_opened_under_a_new_token(visit, shelve, make_png, tmp_path):
    token = shelve([("cat/a.png", make_png(1)), ("dog/b.png", make_png(2))])
    library.open_workspace(token).copy_to(tmp_path / "copy.featx")
    visitor = visit()
    content = (tmp_path / "copy.featx").read_bytes()
    visitor.tab.file_uploader(key="open_file").set_value(("copy.featx", content, "application/octet-stream")).run()
    assert visitor.token != token
    assert visitor.workspace.images().labels == ["cat", "dog"]


def test_a_file_that_is_no_workspace_is_refused_in_one_sentence(visit):
    visitor = visit()
    before = visitor.token
    visitor.tab.file_uploader(key="open_file").set_value(("bad.featx", b"x" * 4096, "application/octet-stream")).run()
    assert visitor.token == before
    assert len(visitor.tab.error) == 1
    assert visitor.has_no_fault
