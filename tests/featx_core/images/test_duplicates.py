import io

import numpy as np
import pytest
from PIL import Image

from featx_core.images import duplicates
from featx_core.images.duplicates import SIDE, Sketches, color_histograms, count_duplicates, duplicate_groups, sketch
from featx_core.images.samples import SAMPLES
from featx_core.workspace.workspace import Workspace


def encode(pixels, form="PNG", **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, form, **options)
    return out.getvalue()


def photograph():
    """A quarter of scikit-learn's photograph."""
    from sklearn.datasets import load_sample_image

    return np.ascontiguousarray(load_sample_image("china.jpg")[:320, :320])


def groups_of(*contents):
    workspace = Workspace.open(":memory:")
    workspace.add([(f"{number}.png", content) for number, content in enumerate(contents)])
    return duplicate_groups(workspace.images()).tolist()


CHANGES = {
    "as JPEG of low quality": lambda pixels: encode(pixels, "JPEG", quality=40),
    "smaller": lambda pixels: encode(np.asarray(Image.fromarray(pixels).resize((200, 200)))),
    "as WebP": lambda pixels: encode(pixels, "WEBP", quality=60),
    "a little brighter": lambda pixels: encode(np.clip(pixels * 1.08 + 4, 0, 255).astype(np.uint8)),
    "the same file": encode,
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_picture_in_another_guise_is_found(change):
    pixels = photograph()
    other = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert groups_of(encode(pixels), encode(other), CHANGES[change](pixels)) == [0, 1, 0]


def test_other_pictures_are_not_taken_for_copies():
    pixels = photograph()
    turned = np.ascontiguousarray(np.rot90(pixels))
    negative = 255 - pixels
    shifted = np.ascontiguousarray(np.roll(pixels, 80, axis=1))
    assert groups_of(*map(encode, (pixels, turned, negative, shifted))) == [0, 1, 2, 3]


def test_plain_pictures_of_other_colours_are_not_copies():
    plain = [np.full((40, 40, 3), color, np.uint8) for color in ((200, 30, 30), (30, 30, 200), (30, 30, 202))]
    assert groups_of(*map(encode, plain)) == [0, 1, 1]


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("name", ["shapes", "digits"])
def test_the_sample_sets_hold_no_duplicates(name):
    workspace = Workspace.open(":memory:")
    workspace.add(SAMPLES[name].make())
    images = workspace.images()
    assert duplicate_groups(images).tolist() == list(range(len(images)))


def test_groups_hang_together_by_pairs_and_follow_the_order():
    pixels = photograph()
    contents = [encode(pixels), CHANGES["smaller"](pixels), CHANGES["as WebP"](pixels)]
    noise = encode(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
    assert groups_of(noise, *contents) == [0, 1, 1, 1]
    assert groups_of(*contents, noise) == [0, 0, 0, 3]
    assert count_duplicates(np.array([0, 1, 1, 1])) == (1, 3)


@pytest.mark.parametrize("n_products", [1, 40 * 7])
def test_groups_do_not_depend_on_how_many_pairs_are_looked_at_together(n_products, monkeypatch):
    rng = np.random.default_rng(0)
    pictures = rng.random((40, SIDE * SIDE, 3), np.float32)
    pictures[20:] = np.clip(pictures[:20] * 0.99 + 0.002, 0, 1)
    sketches = Sketches(pictures, np.zeros((40, 512), np.float32))
    monkeypatch.setattr(duplicates, "PRODUCTS_AT_ONCE", n_products)
    steps = []
    groups = duplicate_groups(sketches, on_progress=lambda *step: steps.append(step))
    assert groups.tolist() == [*range(20), *range(20)]
    step = max(1, n_products // 40)
    assert steps == [(min(40, start + step), 40) for start in range(0, 40, step)]


def test_colour_histograms_are_roots_of_shares():
    half = np.zeros((32, 32, 3), np.uint8)
    half[:, 16:] = [255, 0, 0]
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", encode(half)), ("b.png", encode(half[:, ::-1].copy()))])
    histograms = color_histograms(workspace.images())
    assert histograms.shape == (2, 512)
    np.testing.assert_allclose(np.sum(histograms**2, axis=1), 1, rtol=1e-5)
    assert histograms[0, 0] ** 2 == pytest.approx(0.5, abs=0.05)
    np.testing.assert_allclose(histograms[0], histograms[1], atol=0.1)


def test_sketching_tells_its_progress_and_reads_equal_files_once(workspace):
    seen = []
    found = sketch(workspace.images(), on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 6) for done in range(1, 7)]
    assert found.pictures.shape == (6, 256, 3)
    assert sketch([]).color_histograms.shape == (0, 512)


def test_no_images_make_no_groups():
    assert duplicate_groups([]).tolist() == []
