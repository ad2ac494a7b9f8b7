"""The pictures that the embedded backbone is trained on: classes, seeds, labels, covers."""

import numpy as np
import pytest

from research.embedded_v1 import masks, scenes, textures


def _banks(n_classes: int = 6) -> scenes.Banks:
    """Two instances of a few classes from everywhere."""
    texture_labels = np.repeat(np.linspace(0, textures.N_CLASSES - 1, n_classes).astype(int), 2)
    mask_labels = np.repeat(np.linspace(0, masks.N_CLASSES - 1, n_classes).astype(int), 2)
    return scenes.Banks(
        np.stack([textures.draw(int(label), seed=i) for i, label in enumerate(texture_labels)]),
        texture_labels,
        np.stack([masks.draw(int(label), seed=i) for i, label in enumerate(mask_labels)]),
        mask_labels,
    )


@pytest.fixture(scope="module")
def shard() -> scenes.Shard:
    return scenes.compose_shard(_banks(), 200, seed=(1,))


@pytest.mark.parametrize("module", [textures, masks])
def test_the_classes_are_shared_out_among_the_families(module) -> None:
    names = [module.family_of(label) for label in range(module.N_CLASSES)]
    assert {name: names.count(name) for name in module.FAMILIES} == dict(module.N_CLASSES_OF)
    with pytest.raises(ValueError, match="less than"):
        module.family_of(module.N_CLASSES)


@pytest.mark.parametrize("module", [textures, masks])
def test_a_picture_follows_from_its_class_and_seed_alone(module) -> None:
    for family in module.FAMILIES:
        label = [module.family_of(i) for i in range(module.N_CLASSES)].index(family)
        first = module.draw(label, seed=3)
        np.random.default_rng(0).random(5)
        assert np.array_equal(first, module.draw(label, seed=3)), family
        assert not np.array_equal(first, module.draw(label, seed=4)), family
        assert first.std() > 0, family


def test_every_shape_can_be_seen() -> None:
    for label in range(0, masks.N_CLASSES, 9):
        cover = masks.draw(label, seed=0)[..., 0]
        assert 0.005 < (cover > 127).mean() < 0.95, (label, masks.family_of(label))


def test_instances_of_a_texture_are_more_alike_than_classes() -> None:
    """By the spectrum of the first field, which neither place nor colour changes."""

    def spectrum(label: int, seed: int) -> np.ndarray:
        field = textures.draw(label, seed=seed)[..., 0].astype(float)
        power = np.log(np.abs(np.fft.fft2(field - field.mean())) + 1)
        coarse = power.reshape(16, 8, 16, 8).mean((1, 3)).ravel()
        return (coarse - coarse.mean()) / coarse.std()

    labels = range(2, textures.N_CLASSES, 16)
    first, second = (np.stack([spectrum(label, seed) for label in labels]) for seed in (0, 1))
    alike = first @ second.T / first.shape[1]
    assert (alike.argmax(1) == np.arange(len(alike))).mean() > 0.6  # chance is 1 in 16


def test_shards_follow_from_their_seed(shard: scenes.Shard) -> None:
    again, other = (scenes.compose_shard(_banks(), 8, seed=seed) for seed in ((1,), (2,)))
    assert np.array_equal(again.pixels[:6], shard.pixels[:6])
    assert not np.array_equal(other.pixels, again.pixels)


def test_labels_say_what_is_there(shard: scenes.Shard) -> None:
    main, every = shard.pixels[..., 3].astype(int), shard.pixels[..., 4].astype(int)
    assert (main <= every + 1).all()
    bare = shard.shapes == scenes.NO_LABEL
    assert 0.05 < bare.mean() < 0.4
    assert not every[bare].any()
    assert (every[~bare].max((1, 2)) > 127).all()
    assert (shard.textures[bare] >= 0).all()
    assert set(shard.shapes) <= {*np.linspace(0, masks.N_CLASSES - 1, 6).astype(int), scenes.NO_LABEL}


def test_a_partner_is_the_same_scene_before_another_ground(shard: scenes.Shard) -> None:
    rows = np.arange(len(shard.partners))
    assert np.array_equal(shard.partners[shard.partners], rows)
    paired = rows[shard.partners != rows]
    assert 0.1 < len(paired) / len(rows) < 0.45
    partners = shard.partners[paired]
    assert np.array_equal(shard.shapes[paired], shard.shapes[partners])
    assert np.array_equal(shard.pixels[paired][..., 3:], shard.pixels[partners][..., 3:])
    assert not np.array_equal(shard.pixels[paired][..., :3], shard.pixels[partners][..., :3])


def test_colour_does_not_tell_the_class() -> None:
    """The mean colour of plain textures, classified by its nearest neighbour, stays near chance."""
    banks = _banks(8)
    shard = scenes.compose_shard(banks, 900, seed=(5,))
    bare = shard.shapes == scenes.NO_LABEL
    colours, labels = shard.pixels[bare][..., :3].mean((1, 2)), shard.textures[bare]
    distance = np.linalg.norm(colours[:, None] - colours[None], axis=-1) + 1e9 * np.eye(len(colours))
    assert (labels[distance.argmin(1)] == labels).mean() < 0.28  # chance is 1 in 8
