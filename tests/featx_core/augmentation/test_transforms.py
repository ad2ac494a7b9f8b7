"""Augmentation: each image by its own seed, nothing else; and as a layer inside of training."""

import itertools

import numpy as np
import pytest

from featx_core.augmentation.copies import augment, image_seeds, random_layers
from featx_core.augmentation.transforms import AUGMENTATIONS, PRESETS, check_transforms, transform_words

SLOW_ROWS = {"rand_augment", "aug_mix"}
ROWS = [pytest.param(name, marks=pytest.mark.thorough) if name == "aug_mix" else name for name in AUGMENTATIONS]
CHANGING = [name for name, row in AUGMENTATIONS.items() if row.minimum == 0]


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    images = np.random.default_rng(0).integers(0, 256, (6, 20, 24, 3), dtype=np.uint8)
    images.setflags(write=False)
    return images


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_a_picture_depends_on_itself_and_its_seed_alone(name: str, pictures: np.ndarray) -> None:
    transforms = ((name, AUGMENTATIONS[name].default),)
    seeds = np.arange(6) * 700_000_001 % 2**32
    together = augment(pictures, transforms, seeds=seeds)
    assert (together.shape, together.dtype) == (pictures.shape, np.uint8)
    assert (together != pictures).any()
    np.testing.assert_array_equal(augment(pictures[::-1], transforms, seeds=seeds[::-1])[::-1], together)
    np.testing.assert_array_equal(augment(pictures[3:4], transforms, seeds=seeds[3:4]), together[3:4])
    assert (augment(pictures, transforms, seeds=seeds + 1) != together).any()


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGING)
def test_no_strength_changes_nothing(name: str, pictures: np.ndarray) -> None:
    np.testing.assert_array_equal(augment(pictures, ((name, 0.0),), seeds=range(6)), pictures)


@pytest.mark.parametrize(("name", "axis"), [("horizontal_flip", 2), ("vertical_flip", 1)])
def test_flips_mirror_about_half_of_the_pictures(name: str, axis: int, pictures: np.ndarray) -> None:
    many = np.repeat(pictures[:1], 200, axis=0)
    changed = augment(many, ((name, 0.5),), seeds=range(200))
    mirrored = (changed == np.flip(many, axis)).all(axis=(1, 2, 3))
    same = (changed == many).all(axis=(1, 2, 3))
    assert (mirrored ^ same).all()
    assert 70 <= mirrored.sum() <= 130


def test_shifts_move_whole_pixels_and_mirror_the_border() -> None:
    row = np.arange(10, 250, 10, dtype=np.uint8)
    picture = np.broadcast_to(row[None, None, :, None], (1, 24, 24, 3)).copy()
    moved = augment(picture, (("shift", 0.25),), seeds=[5])[0, 12, :, 0].astype(int)
    steps = np.diff(moved)
    assert np.isin(np.abs(steps[np.abs(steps) > 0]), range(1, 11)).all()  # a ramp still, never a jump to black
    assert np.array_equal(np.clip(moved, row.min(), row.max()), moved)


def test_brightness_adds_the_same_everywhere() -> None:
    grey = np.full((40, 8, 8, 3), 100, np.uint8)
    changed = augment(grey, (("brightness", 0.2),), seeds=range(40))
    added = changed[:, 0, 0, 0].astype(int) - 100
    assert (changed == changed[:, :1, :1, :1]).all()
    assert -51 <= added.min() < -25  # 0.2 of 255
    assert 25 < added.max() <= 51


@pytest.mark.parametrize("name", ["contrast", "blur", "rotation", "shift", "zoom", "shear"])
def test_a_plain_picture_stays_plain(name: str) -> None:
    """No dark border comes in: what lies outside is mirrored."""
    plain = np.full((3, 16, 16, 3), 77, np.uint8)
    np.testing.assert_array_equal(augment(plain, ((name, AUGMENTATIONS[name].default),), seeds=range(3)), plain)


def test_erasing_covers_a_rectangle_of_at_most_its_sides() -> None:
    black = np.zeros((30, 40, 40, 3), np.uint8)
    erased = (augment(black, (("erasing", 0.5),), seeds=range(30)) == 128).all(axis=3)
    heights, widths = erased.any(axis=2).sum(axis=1), erased.any(axis=1).sum(axis=1)
    np.testing.assert_array_equal(erased.sum(axis=(1, 2)), heights * widths)
    assert heights.min() >= 3
    assert max(heights.max(), widths.max()) <= 21  # 0.5 of 40, and a cut pixel


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    grey = np.full((2, 64, 64, 3), 128, np.uint8)
    noisy = augment(grey, (("noise", 0.05),), seeds=[1, 2]).astype(float)
    assert noisy.std() == pytest.approx(0.05 * 255, rel=0.05)


def test_a_transform_draws_the_same_alone_and_in_company(pictures: np.ndarray) -> None:
    alone = augment(augment(pictures, (("rotation", 20.0),), seeds=range(6)), (("brightness", 0.2),), seeds=range(6))
    both = augment(pictures, (("brightness", 0.2), ("rotation", 20.0)), seeds=range(6))
    assert np.abs(alone.astype(int) - both).max() <= 1  # rounded once more on the way


def test_no_transforms_give_a_copy(pictures: np.ndarray) -> None:
    found = augment(pictures, (), seeds=range(6))
    np.testing.assert_array_equal(found, pictures)
    assert found.base is not pictures


def test_no_pictures_give_none() -> None:
    assert augment(np.zeros((0, 8, 8, 3), np.uint8), (("blur", 1.0),), seeds=[]).shape == (0, 8, 8, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in AUGMENTATIONS if name not in SLOW_ROWS] + ["rand_augment"])
def test_layers_for_training_act_in_training_alone_and_repeat(name: str, pictures: np.ndarray) -> None:
    import tensorflow as tf

    images = pictures.astype(np.float32)
    first, second = (random_layers(((name, AUGMENTATIONS[name].default),), 7) for _ in range(2))
    np.testing.assert_allclose(first(images, training=False), images, atol=1e-3)
    graph = tf.function(lambda batch: second(batch, training=True))
    eager = [np.asarray(first(images, training=True)) for _ in range(2)]
    np.testing.assert_allclose(eager, [graph(images).numpy() for _ in range(2)], atol=1e-2)
    assert (eager[0] != eager[1]).any()
    assert np.array_equal(np.clip(eager, 0, 255), eager)


def test_the_layer_without_transforms_changes_nothing(pictures: np.ndarray) -> None:
    np.testing.assert_array_equal(random_layers((), 0)(pictures.astype(np.float32), training=True), pictures)


def test_checking_brings_into_one_order() -> None:
    asked = (("shift", 0.1), ("rotation", 20), ("horizontal_flip", 0.5))
    assert {check_transforms(order) for order in itertools.permutations(asked)} == {PRESETS["tutorial"].transforms}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_in_their_plainest_form(name: str) -> None:
    assert check_transforms(PRESETS[name].transforms) == PRESETS[name].transforms


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_rows_are_whole(name: str) -> None:
    row = AUGMENTATIONS[name]
    assert row.minimum <= row.default <= row.maximum
    assert row.title
    assert row.caveat.endswith(".")
    assert check_transforms([(name, row.maximum)]) == ((name, row.maximum),)


@pytest.mark.parametrize(
    ("transforms", "words"),
    [
        ([("swirl", 1.0)], "There is no transform 'swirl'. The transforms are: horizontal_flip"),
        ([("rotation", 181)], r"strength of 'rotation' must be 0 to 180 \(degrees\). Received: 181"),
        ([("rotation", True)], "strength of 'rotation' must be"),
        ([("rotation", float("nan"))], "strength of 'rotation' must be"),
        ([("horizontal_flip", 1.0)], r"strength of 'horizontal_flip' must be 0.5"),
        ([("blur", 1.0), ("blur", 2.0)], "Received 'blur' twice"),
        (["blur"], "pairs of a name and a strength. Received: 'blur'"),
        ([3], "pairs of a name and a strength. Received: 3"),
    ],
)
def test_impossible_transforms_are_named(transforms: list, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_transforms(transforms)


def test_impossible_pictures_and_seeds_are_named(pictures: np.ndarray) -> None:
    transforms = PRESETS["mild"].transforms
    with pytest.raises(ValueError, match=r"must be uint8 of shape .* Received: float64 of shape \(2, 8, 8, 3\)"):
        augment(np.zeros((2, 8, 8, 3)), transforms, seeds=[0, 1])
    with pytest.raises(ValueError, match=r"one entry for each of 6 images\. Received: 2"):
        augment(pictures, transforms, seeds=[0, 1])
    with pytest.raises(ValueError, match="`seeds` must be 0 to 4294967295"):
        augment(pictures, transforms, seeds=[0, 1, 2, 3, 4, -1])


def test_seeds_depend_on_content_seed_and_copy_alone() -> None:
    seeds = image_seeds(["aa", "bb", "cc"], 3, 4)
    assert seeds.shape == (3, 4)
    assert len(np.unique(seeds)) == 12
    np.testing.assert_array_equal(image_seeds(["cc", "aa"], 3, 2), seeds[[2, 0], :2])
    assert not np.isin(image_seeds(["aa"], 4, 4), seeds).any()
    assert image_seeds([], 0, 3).shape == (0, 3)


def test_transforms_in_words() -> None:
    assert transform_words((("blur", 1.0), ("aug_mix", 0.1))) == "blur 1 px, AugMix 0.1"
