from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

from research.embedded_v1 import evaluation
from research.embedded_v1.evaluation import boxes, descriptors, photographs, picture_cache
from research.embedded_v1.evaluation.alterations import ALTERATIONS
from research.embedded_v1.evaluation.held_out import (
    cellular_automata,
    julia,
    l_systems,
    moire,
    reaction_diffusion,
    solids,
    truchet,
)
from research.embedded_v1.evaluation.held_out.colors import LUMINANCE, colored, two_colors
from research.embedded_v1.evaluation.patches import china_patches, cut
from research.embedded_v1.evaluation.suites_development import family_task
from research.embedded_v1.evaluation.suites_test import without_class
from research.embedded_v1.evaluation.wild_digits import digits, pools, wild_digits

DRAWN = (truchet, julia, cellular_automata, moire, l_systems)
TRAINING = {"textures", "masks", "scenes", "scene_pool", "generate", "views", "losses", "train", "trainer"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_cache, "folder", lambda: tmp_path / "suites")


def _random(index: int = 0) -> np.random.Generator:
    return np.random.default_rng((7, index))


def _images(n_images: int) -> np.ndarray:
    return np.stack([colored(_random(i), truchet.draw(_random(i), i % 8)) for i in range(n_images)])


@pytest.mark.parametrize("family", DRAWN, ids=lambda each: each.__name__.rpartition(".")[2])
def test_families_are_the_same_for_the_same_seed_and_fill_their_range(family) -> None:
    for number in range(family.N_CLASSES):
        picture = family.draw(_random(number), number)
        assert picture.shape == (112, 112)
        assert 0 <= picture.min() < picture.max() <= 1
        assert np.array_equal(picture, family.draw(_random(number), number))
        assert not np.array_equal(picture, family.draw(_random(number + 100), number))


def test_nothing_that_measures_uses_what_trains() -> None:
    files = sorted(Path(evaluation.__file__).parent.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in getattr(node, "names", [])]
            assert not [name for name in names if "embedded" in str(name) and set(str(name).split(".")) & TRAINING]
            assert not set(names) & TRAINING


def test_elementary_rule_90_adds_its_neighbours() -> None:
    rows = cellular_automata.elementary(_random(), 90)
    assert np.array_equal(rows[1:], np.roll(rows[:-1], 1, 1) ^ np.roll(rows[:-1], -1, 1))


def test_reaction_and_diffusion_form_patterns_from_squares() -> None:
    cells = reaction_diffusion.simulate(_random(), 1, n_steps=60)
    assert cells.shape == (8, 1, 80, 80)
    assert np.isfinite(cells).all()
    assert cells.min() == 0
    assert cells.max() == 1
    assert reaction_diffusion.view(_random(), cells[0, 0]).shape == (112, 112)


def test_a_sphere_fills_the_share_of_the_picture_that_it_should() -> None:
    xy = np.stack(np.meshgrid(*2 * [np.linspace(-1, 1, 201)]), axis=-1).astype(np.float32)
    is_hit, normals = solids._trace(solids.BODIES[0], xy, np.eye(3, dtype=np.float32))
    assert is_hit.mean() == pytest.approx(np.pi * 0.85**2 / 4, abs=0.01)
    assert normals[100, 100] == pytest.approx([0, 0, -1], abs=0.01)  # towards the viewer


@pytest.mark.parametrize("number", range(solids.N_CLASSES))
def test_every_solid_is_seen(number: int) -> None:
    assert solids.picture(_random(number), number).std(axis=(0, 1)).max() > 5


def test_two_colors_differ_in_luminance() -> None:
    pairs = [two_colors(_random(i)) for i in range(20)]
    assert min(abs(float((first - last) @ LUMINANCE)) for first, last in pairs) >= 60
    with pytest.raises(ValueError, match="At most 255"):
        two_colors(_random(), 300)


def test_a_class_can_be_left_out_of_both_parts() -> None:
    task = family_task("two", truchet, 1, 2)
    train, test = without_class(task, 0).folds[0]
    assert sorted(task.classes[train]) == list(range(1, 8))
    assert sorted(task.classes[test]) == list(range(1, 8))


def test_pools_of_digits_do_not_overlap() -> None:
    development, test = pools()
    assert len(development) == 898
    assert sorted([*development, *test]) == list(range(1797))


def test_renderings_of_a_digit_are_on_one_side() -> None:
    rows = np.concatenate([np.flatnonzero(digits()[1] == digit)[:2] for digit in range(10)])
    task = wild_digits("few", rows, 1)
    train, test = task.folds[0]
    assert task.images.shape == (40, 112, 112, 3)
    assert not set(task.groups[train]) & set(task.groups[test])
    assert np.bincount(task.classes[train]).tolist() == [2] * 10
    assert np.array_equal(task.classes, digits()[1][rows].repeat(2))


def test_pictures_are_kept_and_a_damaged_file_is_drawn_again(tmp_path: Path) -> None:
    first = family_task("two", truchet, 1, 2)
    file = next((tmp_path / "suites").glob("two_1.npz"))
    file.write_bytes(b"damaged")
    again = family_task("two", truchet, 1, 2)
    assert np.array_equal(first.images, again.images)
    assert picture_cache.kept("two", 1, lambda: pytest.fail("drawn a third time")).shape == (16, 112, 112, 3)


def test_a_straight_cut_is_a_slice() -> None:
    photograph = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    assert np.abs(cut(photograph, 100, 90, 112).astype(int) - photograph[34:146, 44:156]).max() <= 1


def test_places_of_china_are_all_in_the_gallery() -> None:
    task = china_patches("china", 1)
    assert task.images.shape == (360, 112, 112, 3)
    assert np.bincount(task.answers).tolist() == [2] * 120


@pytest.mark.parametrize("alter", ALTERATIONS, ids=lambda each: each.__name__)
def test_alterations_change_a_copy(alter) -> None:
    image = _images(1)[0]
    before = image.copy()
    altered = alter(_random(), image)
    assert altered.shape == image.shape
    assert altered.dtype == np.uint8
    assert not np.array_equal(altered, image)
    assert np.array_equal(image, before)


def test_even_heat_gives_1_and_heat_inside_gives_the_inverse_of_the_area() -> None:
    mask = np.zeros((112, 224), bool)
    mask[:56, :56] = True
    framing = boxes.Framing(0, np.zeros((112, 224, 3), np.uint8), mask)
    assert boxes.heat_ratio(np.ones((7, 14)), framing) == 1
    assert boxes.heat_ratio(mask.astype(float), framing) == pytest.approx(8)
    assert boxes.heat_ratio(~mask * 3.0, framing) == 0


@pytest.mark.parametrize(
    ("describe", "n_dimensions"),
    [(descriptors.pixels, 3072), (descriptors.color_histogram, 512), (descriptors.gabor_energies, 240)],
)
def test_descriptors_see_one_picture_at_a_time(describe, n_dimensions: int) -> None:
    images = _images(5)
    together = describe(images)
    assert together.shape == (5, n_dimensions)
    assert np.concatenate([describe(images[i : i + 1]) for i in range(5)]) == pytest.approx(
        together, rel=1e-4, abs=1e-5
    )


def test_gabor_energy_is_greatest_at_the_wave_that_is_there() -> None:
    wave = 128 + 100 * np.cos(2 * np.pi * np.arange(112) / 8)  # an upright grating: period 8 pixels along x
    image = np.broadcast_to(wave[None, :, None], (112, 112, 3)).astype(np.uint8)
    means = descriptors.gabor_energies(image[None]).reshape(40, 6)[:, 0].reshape(5, 8)
    wavelength = np.geomspace(4, 32, 5)
    scale, orientation = np.unravel_index(means.argmax(), means.shape)
    assert orientation == 0
    assert abs(np.log2(wavelength[scale] / 8)) < 0.5


@pytest.mark.parametrize(("name", "n_dimensions"), [("LBP", 54), ("HOG", 1296)])
def test_descriptors_of_scikit_image_have_the_size_of_the_protocol(name: str, n_dimensions: int) -> None:
    pytest.importorskip("skimage")
    assert descriptors.CLASSICAL[name](_images(2)).shape == (2, n_dimensions)


@pytest.mark.parametrize("name", ["LBP", "HOG"])
def test_without_scikit_image_the_error_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    with pytest.raises(ImportError, match='pip install "scikit-image'):
        descriptors.CLASSICAL[name](_images(1))
    with pytest.raises(ImportError, match="The test suite needs scikit-image"):
        photographs.picture_path("moon.png")


@pytest.mark.slow
def test_whitened_patches_see_one_picture_at_a_time() -> None:
    images = _images(3)
    together = descriptors.CLASSICAL["whitened patches"](images)
    assert together.shape == (3, 4096)
    assert descriptors.CLASSICAL["whitened patches"](images[1:2])[0] == pytest.approx(together[1], rel=1e-3, abs=1e-4)
