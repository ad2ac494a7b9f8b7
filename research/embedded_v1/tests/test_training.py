"""Training of the embedded backbone: losses against their formulas, views, one batch learned, going on."""

import math

import numpy as np
import pytest

from featx_core.base.keras_setup import load_keras
from research.embedded_v1 import scenes
from research.embedded_v1.tests.test_scenes import _banks


@pytest.fixture(scope="module", autouse=True)
def keras():
    return load_keras()


def _unit(rng: np.random.Generator, n: int) -> np.ndarray:
    values = rng.normal(size=(n, 5)).astype("float32")
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_contrastive_loss_is_the_formula_of_the_paper() -> None:
    from research.embedded_v1.losses import TEMPERATURE, decoupled_contrastive

    rng = np.random.default_rng(0)
    first, second = _unit(rng, 4), _unit(rng, 4)
    is_same = np.eye(4, dtype=bool)
    is_same[0, 2] = is_same[2, 0] = True
    views, owner = np.concatenate([first, second]), np.tile(np.arange(4), 2)
    terms = []
    for i, view in enumerate(views):
        positive = views[(i + 4) % 8] @ view / TEMPERATURE
        negatives = [views[j] @ view / TEMPERATURE for j in range(8) if not is_same[owner[i], owner[j]]]
        terms.append(-positive + math.log(sum(math.exp(value) for value in negatives)))
    assert float(decoupled_contrastive(first, second, is_same)) == pytest.approx(np.mean(terms), rel=1e-5)


def test_alike_are_equal_shapes_and_equal_textures_without_shape() -> None:
    from research.embedded_v1.losses import same_scene_or_class

    shapes, textures = np.array([3, 3, -1, -1, -1]), np.array([1, 2, 2, 2, -1])
    alike = np.asarray(same_scene_or_class(shapes, textures))
    expected = np.eye(5, dtype=bool)
    expected[0, 1] = expected[1, 0] = expected[2, 3] = expected[3, 2] = True
    assert np.array_equal(alike, expected)


def test_cross_entropies_by_hand() -> None:
    from research.embedded_v1.losses import mask_cross_entropy, weighted_cross_entropy

    logits = np.log(np.array([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]], "float32"))
    value = weighted_cross_entropy(logits, np.array([0, 1, -1]), np.array([1.0, 3.0, 5.0], "float32"))
    assert float(value) == pytest.approx((math.log(2) + 3 * math.log(10)) / 4, rel=1e-5)
    cover = np.zeros((1, 16, 16), "float32")
    cover[0, :8, :8] = 1
    flat = mask_cross_entropy(np.zeros((1, 2, 2, 1), "float32"), cover)
    assert float(flat) == pytest.approx(math.log(2), rel=1e-5)
    right = mask_cross_entropy(np.array([[[[20.0], [-20]], [[-20], [-20]]]], "float32"), cover)
    assert float(right) < 1e-6


def test_a_view_through_the_whole_window_is_the_scene() -> None:
    from research.embedded_v1.views import _sample

    pixels = np.random.default_rng(0).uniform(0, 255, (2, 96, 96, 5)).astype("float32")
    whole = np.tile(np.array([[1, 0, 0], [0, 1, 0]], "float32"), (2, 1, 1))
    assert np.abs(np.asarray(_sample(pixels, whole, 96)) - pixels)[:, 1:-1, 1:-1].max() < 0.1
    quarter = np.tile(np.array([[0.5, 0, -0.5], [0, 0.5, 0.5]], "float32"), (2, 1, 1))
    assert np.abs(np.asarray(_sample(pixels, quarter, 48)) - pixels[:, 48:, :48])[:, 1:-1, 1:-1].max() < 0.1
    mirrored = np.tile(np.array([[-1, 0, 0], [0, 1, 0]], "float32"), (2, 1, 1))
    assert np.abs(np.asarray(_sample(pixels, mirrored, 96)) - pixels[:, :, ::-1])[:, 1:-1, 1:-1].max() < 0.1


def test_views_stay_in_range_and_carry_their_masks(keras) -> None:
    from research.embedded_v1.views import mix_scenes, random_views

    scene = np.random.default_rng(0).uniform(0, 255, (64, 96, 96, 5)).astype("float32")
    scene[..., 3:] = 255
    seed = keras.random.SeedGenerator(0)
    first, second, share = mix_scenes(scene, scene, seed)
    assert np.array_equal(first, second)
    share = np.asarray(share)
    assert share.min() > 0.49
    assert share.max() == 1
    assert 0.1 < (share < 1).mean() < 0.5
    views = random_views(first, 48, seed)
    images = np.asarray(views.images)
    assert images.shape == (64, 48, 48, 3)
    assert images.min() >= 0
    assert images.max() <= 255
    assert np.allclose(views.main, 1)
    assert np.allclose(views.every, 1)


@pytest.mark.slow
def test_a_few_steps_lower_the_loss_and_going_on_is_the_same() -> None:
    from research.embedded_v1.trainer import Trainer

    shard = scenes.compose_shard(_banks(), 32, seed=(1,))
    batch = shard.pixels, shard.pixels[shard.partners], shard.shapes, shard.textures
    trainer = Trainer(0)
    trainer.set_learning_rate(1e-3)
    losses = [trainer.step(*batch) for _ in range(24)]
    for name in ("contrast", "shape", "texture", "mask"):
        assert np.mean([x[name] for x in losses[-4:]]) < 0.95 * np.mean([x[name] for x in losses[:4]]), name
    trainer.average(0.5)
    kept = trainer.everything()
    expected = trainer.step(*batch)
    other = Trainer(1)
    other.restore(kept)
    assert other.step(*batch) == pytest.approx(expected, rel=1e-3)
    before = {name: value.copy() for name, value in other.averaged().items()}
    other.focus([shard.pixels])
    focused = other.averaged()
    assert {name for name in before if not np.array_equal(before[name], focused[name])} == {
        "features_norm/gamma",
        "features_norm/beta",
    }


def test_gains_are_the_ratio_of_what_channels_answer_to_objects_and_to_the_ground() -> None:
    from research.embedded_v1 import focus

    maps = np.ones((2, 2, 2, 4), "float32")
    cover = np.zeros((2, 2, 2), "float32")
    cover[0, 0] = 1
    maps[0, 0] = [3, 1, 1000, 0]  # on the objects; 1 everywhere else
    gains = focus.channel_gains([(maps[:1], cover[:1]), (maps[1:], cover[1:])])
    expected = [3**focus.POWER, 1, focus.MOST_GAIN, 1 / focus.MOST_GAIN]
    np.testing.assert_allclose(gains, expected, rtol=1e-4)
    masks = np.zeros((1, 6, 6), "float32")
    masks[0, :3, 3:] = 1
    masks[0, 3, 0] = 1
    np.testing.assert_allclose(focus.cover_of(masks, 2), [[[0, 1], [1 / 9, 0]]], rtol=1e-6)


def test_gains_multiply_the_features_exactly() -> None:
    from featx_core.networks.embedded import network
    from research.embedded_v1 import focus

    model = network.build((48, 48), is_folded=False)
    images = np.random.default_rng(0).uniform(0, 255, (2, 48, 48, 3)).astype("float32")
    before = np.asarray(model(images, training=False))
    gains = np.linspace(0.25, 4, network.N_FEATURES)
    focus.apply_gains(model, gains)
    assert before.std() > 0.01
    np.testing.assert_allclose(model(images, training=False), before * gains, rtol=1e-4, atol=1e-6)
