"""The Images page in a browser: labels from another level of folders, and removing that is taken back."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.toys.files.odd_files import encoded, picture

pytestmark = pytest.mark.browser


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number, folder in enumerate(("benign/p1", "benign/p2", "malignant/p3", "malignant/p4")):
            made.writestr(f"{folder}/scan.png", encoded(picture(64, 48, seed=number)))
    return out.getvalue()


def test_labels_come_from_another_level_and_what_was_removed_comes_back(server, open_tab):
    page = open_tab(server.url)
    page.get_by_test_id("stMain").get_by_test_id("stFileUploader").locator("input[type=file]").first.set_input_files(
        {"name": "scans.zip", "mimeType": "application/zip", "buffer": archive()}
    )
    page.get_by_text('4 images are ready. Labels come from the folders: "benign" and "malignant".').wait_for()
    page.get_by_role("button", name="Labels from folders").click()
    page.get_by_text("p1, p2 and 2 more").click()
    page.keyboard.press("Escape")
    page.get_by_text("4 images, 4 labels.").wait_for()
    page.locator(".tile").first.click()
    page.get_by_role("button", name="Remove from workspace").click()
    page.get_by_text("1 image was removed.").wait_for()
    expect(page.locator(".tile")).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tile")).to_have_count(4)
    expect(page.get_by_text("1 image was removed.")).to_have_count(0)
    page.locator(".tile").last.click()
    page.get_by_role("button", name="Remove from workspace").click()
    page.get_by_role("button", name="Undo").wait_for()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0, timeout=20_000)
    expect(page.locator(".tile")).to_have_count(3)
