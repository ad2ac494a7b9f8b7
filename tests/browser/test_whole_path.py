"""The whole path of a user with two photographs and a zip, in a real browser."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from sklearn.datasets import load_sample_images

from tests.browser.steps import PATIENCE, go, names_in, press, settled

pytestmark = pytest.mark.browser

FEATURES = 1280  # of EfficientNet-Lite0


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    """Crops of the two photographs in folders that name them, and one file that ends early."""
    path = tmp_path_factory.mktemp("zip") / "crops.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for label, pixels in zip(("temple", "flower"), load_sample_images().images, strict=True):
            for number in range(4):
                archive.writestr(
                    f"{label}/{label}-{number}.jpg", jpeg(pixels[40 * number : 40 * number + 220, 100:400])
                )
        archive.writestr("temple/cut.jpg", jpeg(pixels)[:4000])
    return path


def jpeg(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()


def lasso(page, corners):
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        page.mouse.move(*corner, steps=8)
    page.mouse.up()


def test_from_upload_to_heatmaps(server, open_tab, zipped, tmp_path):
    page = open_tab(server.url)
    chooser = page.get_by_test_id("stFileUploader").locator("input[type=file]").first
    chooser.set_input_files(load_sample_images().filenames)
    page.get_by_text("2 images are ready.").wait_for()
    page.locator(".tile").nth(1).wait_for()
    assert names_in(page.locator(".gallery")) == {"china.jpg", "flower.jpg"}
    for picture in page.locator(".tile img").all():
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 100

    page.get_by_text("Add more images").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").first.set_input_files(zipped)
    page.get_by_text("8 of 9 images are ready.").wait_for()
    expect(page.get_by_test_id("stMarkdownContainer").filter(has_text="cut.jpg (the file ends early)")).to_be_visible()
    expect(page.get_by_text("10 images, 2 labels").first).to_be_visible()

    press(page, "Extract features")
    page.get_by_text("Open the map").wait_for()
    expect(page.get_by_text(f"(10, {FEATURES})")).to_be_visible()
    expect(page.get_by_text("ImageNet weights").first).to_be_visible()
    page.get_by_test_id("stImage").locator("img").nth(3).wait_for()

    for words, kind in (("NumPy (.npz)", "npz"), ("Table (.csv)", "csv"), ("Parquet (.parquet)", "parquet")):
        settled(page)
        press(page, "Download")
        with page.expect_download() as download:
            press(page, words)
        path = tmp_path / f"features.{kind}"
        download.value.save_as(path)
        check_download(path, kind)
        page.keyboard.press("Escape")

    go(page, "Map")
    page.locator('.map[data-state="drawn"][data-frames]').wait_for()
    settled(page)
    expect(page.locator(".over")).to_have_attribute("aria-label", "PCA map of 10 images in 2 dimensions")
    page.locator(".over").focus()
    page.keyboard.press("l")
    frame = page.locator(".over").bounding_box()
    left, top = frame["x"] + 2, frame["y"] + 2
    right, bottom = frame["x"] + frame["width"] - 2, frame["y"] + frame["height"] - 2
    lasso(page, [(left, top), (right, top), (right, bottom), (left, bottom)])
    page.get_by_text("Selection: 10 images").wait_for()
    page.locator(".tile").nth(9).wait_for()
    assert {"china.jpg", "flower.jpg", "temple-0.jpg"} <= names_in(page.locator(".gallery"))
    page.get_by_text("Shared colours", exact=True).click()
    expect(page.get_by_alt_text("in shared colours")).to_have_count(8)
    page.locator(".over").focus()
    page.keyboard.press("Escape")
    page.get_by_text("Click a point to see its image").wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".card img")).to_have_js_property("complete", True)
    page.keyboard.press("Enter")
    page.get_by_text("Nearest images by features").wait_for()
    expect(page.locator(".st-key-neighbors .tile")).to_have_count(9)

    page.get_by_text("t-SNE", exact=True).click()
    expect(page.locator(".over")).to_have_attribute("aria-label", "t-SNE map of 10 images in 2 dimensions")
    page.get_by_text("Selection: 1 image").wait_for()

    go(page, "Heatmaps")
    page.get_by_test_id("stImage").locator("img").nth(11).wait_for()
    overlay = page.get_by_test_id("stImage").locator("img").nth(1)
    assert overlay.evaluate("image => image.naturalWidth") > 100
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").locator("button").first.click()
    download.value.save_as(tmp_path / "heatmap.png")
    assert np.ptp(np.asarray(Image.open(tmp_path / "heatmap.png"))) > 0
    page.get_by_text("Feature maps, channel by channel").click()
    page.get_by_alt_text("Feature maps of").wait_for()

    page.get_by_text("Shared colours: the same part in the same colour").click()
    page.get_by_alt_text("in shared colours").nth(1).wait_for()
    page.get_by_text("Low side").click()
    page.get_by_alt_text("in shared colours").nth(1).wait_for()

    address = page.url
    page.reload()
    page.get_by_test_id("stImage").locator("img").nth(11).wait_for()
    assert page.url == address
    go(page, "Images")
    page.locator(".tile").nth(9).wait_for()
    page.locator(".tile").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("Find similar").click()
    expect(drawer.get_by_test_id("stImage").locator("img")).to_have_count(10)
    page.keyboard.press("Escape")
    go(page, "Extract")
    page.get_by_text("Result", exact=True).click()
    expect(page.get_by_text(f"(10, {FEATURES})")).to_be_visible()


def check_download(path, kind):
    if kind == "npz":
        with np.load(path, allow_pickle=False) as arrays:
            assert (10, FEATURES) in [arrays[name].shape for name in arrays]
    elif kind == "csv":
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) == 11
        assert lines[0].count(",") >= FEATURES
    else:
        import pandas as pd

        assert len(pd.read_parquet(path)) == 10


def test_labels_are_edited_in_the_drawer_and_the_dialog(server, open_tab, shelve, make_png):
    token = shelve(
        server, [(f"{label}/{number}.png", make_png(number)) for number, label in enumerate(("cat", "cat", "dog"))]
    )
    page = open_tab(f"{server.url}?w={token}")
    page.locator(".tile").nth(1).click()
    drawer = page.get_by_role("dialog")
    field = drawer.get_by_label("Label")
    field.fill("lion")
    field.press("Enter")
    page.get_by_text("3 images, 3 labels.").wait_for()
    settled(page)
    press(page, "Edit labels")
    press(page.get_by_role("dialog"), "Remove all labels")
    page.get_by_text("3 images, no labels yet.").wait_for()


def test_an_image_is_removed_in_the_drawer(server, open_tab, shelve, make_png):
    token = shelve(server, [(f"{number}.png", make_png(number)) for number in range(3)])
    page = open_tab(f"{server.url}?w={token}")
    page.locator(".tile").nth(1).click()
    page.get_by_role("dialog").get_by_text("Remove from workspace").click()
    page.get_by_text("2 images, no labels yet.").wait_for()
    expect(page.locator(".tile")).to_have_count(2, timeout=PATIENCE)
    assert names_in(page.locator(".gallery")) == {"0.png", "2.png"}
