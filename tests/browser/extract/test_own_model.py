"""Bringing in a model that was trained a moment ago, in a real browser, as far as its heatmaps."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from featx_core.images.samples import SAMPLES
from tests.browser.steps import go, settled
from tests.toys.files.model_files import an_input, functional, packed, part

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.browser
SIDE = 32


def trained(path):
    """Train a nested network to tell bright from dark images, and save it with a loss of its own."""
    layers = keras.layers
    eye = keras.Sequential(
        [layers.Input((SIDE, SIDE, 3)), layers.Conv2D(8, 3, activation="relu", name="look")], name="eye"
    )
    image = keras.Input((SIDE, SIDE, 3))
    pooled = layers.GlobalAveragePooling2D()(eye(layers.Rescaling(1 / 255)(image)))
    model = keras.Model(image, layers.Dense(2, activation="softmax", name="kind")(pooled))
    model.compile("adam", loss="sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 2, 64)
    model.fit(rng.uniform(0, 127, (64, SIDE, SIDE, 3)) + 128 * kinds[:, None, None, None], kinds, verbose=0)
    model.save(path)


def test_a_model_that_was_just_trained_becomes_a_run_with_heatmaps_of_its_classes(server, open_tab, shelve, tmp_path):
    trained(tmp_path / "bright or dark.keras")
    hostile = tmp_path / "hostile.keras"
    hostile.write_bytes(packed(functional(an_input(), part("Lambda", "l", "image"))))
    sources = [(name, content) for name, content in SAMPLES["shapes"].make() if name.endswith("1.png")]
    page = open_tab(f"{server.url}?w={shelve(server, sources)}")
    go(page, "Extract")
    page.get_by_text("Your model", exact=True).click()
    chooser = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    chooser.set_input_files(hostile)
    expect(page.get_by_text("uses a Lambda layer, which can run code.")).to_be_visible()

    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(tmp_path / "bright or dark.keras")
    expect(page.get_by_text(re.compile(r"^5 layers, 242 parameters, saved by Keras 3"))).to_be_visible()
    expect(page.get_by_text("(n, 32, 32, 3) → (n, 30, 30, 8) → average → (n, 8)")).to_be_visible()
    expect(page.get_by_text("RGB 0..255; any scaling is inside the network")).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("Extract from")).click()
    expect(page.get_by_text(f"({len(sources)}, 8)")).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_role("button", name="bright or dark")).to_be_visible()

    go(page, "Heatmaps")
    expect(page.get_by_alt_text(re.compile(r": Grad-CAM for class [01], 0\.\d\d$")).first).to_be_visible()


def test_a_network_in_onnx_in_two_files_becomes_a_run_with_heatmaps(server, open_tab, shelve, tmp_path):
    onnx_files = pytest.importorskip("tests.toys.files.onnx_files")
    files = onnx_files.in_two_files(onnx_files.scaled(), tmp_path, "mine.onnx")
    sources = [(name, content) for name, content in SAMPLES["shapes"].make() if name.endswith("1.png")]
    page = open_tab(f"{server.url}?w={shelve(server, sources)}")
    go(page, "Extract")
    page.get_by_text("Your model", exact=True).click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        [tmp_path / name for name in files]
    )
    expect(page.get_by_text(re.compile(r"^5 layers, 169 parameters, saved by PyTorch 2"))).to_be_visible()
    expect(page.get_by_text("(n, 32, 32, 3) → (n, 30, 30, 6) → average → (n, 6)")).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("Extract from")).click()
    expect(page.get_by_text(f"({len(sources)}, 6)")).to_be_visible()

    go(page, "Heatmaps")
    expect(page.get_by_alt_text(re.compile(": first principal component$")).first).to_be_visible()
    expect(page.get_by_text("An ONNX model has no gradients")).to_be_visible()
    expect(page.get_by_text("Grad-CAM", exact=True)).to_have_count(0)
