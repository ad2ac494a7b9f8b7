"""Image quality: planted faults are found, each for what it is."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

import featx_core as fx
from featx_core.curation.quality import image_quality, sharpness


def texture(seed, size=(120, 90)):
    rng = np.random.default_rng(seed)
    fine = Image.fromarray(rng.integers(60, 196, (size[1] // 2, size[0] // 2, 3), np.uint8))
    return fine.resize(size, Image.Resampling.BICUBIC)


def file_of(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def images():
    workspace = fx.Workspace.open(":memory:")
    workspace.add([(f"{i}.png", file_of(texture(i))) for i in range(30)])
    workspace.add(
        [
            ("dark.png", file_of(texture(40).point(lambda value: value // 6))),
            ("bright.png", file_of(texture(41).point(lambda value: 215 + value // 6))),
            ("blurred.png", file_of(texture(42).filter(ImageFilter.GaussianBlur(4)))),
            ("small.png", file_of(texture(43, (40, 30)))),
            ("elongated.png", file_of(texture(44, (480, 90)))),
        ]
    )
    return workspace.images()


def test_each_planted_fault_is_found_for_what_it_is(images):
    found = image_quality(images)
    names = {image.digest: image.name for image in images}
    seen = {(names[digest], problem) for digest, problem in zip(found.digests, found.problems, strict=True)}
    assert {(f"{problem}.png", problem) for problem in ("dark", "bright", "blurred", "small", "elongated")} <= seen
    assert {name for name, _ in seen} <= {"dark.png", "bright.png", "blurred.png", "small.png", "elongated.png"}
    assert found.n_images == 35
    assert min(found.scores) >= 3.5
    assert list(found.scores) == sorted(found.scores, reverse=True)


def test_a_set_that_is_all_alike_has_none(images):
    assert image_quality(images[:30]).digests == ()
    assert image_quality([]).digests == ()


def test_sharpness_by_hand():
    gray = np.zeros((5, 5))
    gray[2, 2] = 1.0
    # The Laplacian is -4 in the middle, 1 at its four neighbours and 0 elsewhere: variance 20/9; that of the middle is 8/81.
    assert sharpness(gray) == pytest.approx(np.log((20 / 9) / (8 / 81)))
    assert np.isnan(sharpness(np.ones((5, 5))))


def test_contrast_plays_no_part_and_blur_does():
    gray = np.asarray(texture(1).convert("L"), float)
    blurred = np.asarray(texture(1).convert("L").filter(ImageFilter.GaussianBlur(2)), float)
    assert sharpness(0.1 * gray + 50) == pytest.approx(sharpness(gray))
    assert sharpness(blurred) < sharpness(gray) - 1


def test_progress_counts_each_content_once(images):
    told = []
    image_quality([*images, images[0]], on_progress=lambda *step: told.append(step))
    assert told[-1] == (35, 35)
