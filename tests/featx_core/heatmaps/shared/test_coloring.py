"""Shared colours of images: the same part has the same colour, and borders stay out of it."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.shared import coloring
from featx_core.heatmaps.shared.coloring import SharedColors
from tests.toys.heatmap_toys import ToyExtractor, pointwise, sequential

PARTS = np.array([[250, 10, 10], [10, 250, 10], [10, 10, 250], [240, 240, 10]], np.uint8)


@pytest.fixture(scope="module")
def network():
    return sequential(pointwise(np.eye(3, 5)))


def quarters(a, b, c, d, side=8):
    """An image of four squares."""
    where = np.kron(np.array([[a, b], [c, d]]), np.ones((side // 2, side // 2), int))
    return PARTS[where]


def test_a_part_has_its_colour_in_each_image(network):
    images = [quarters(0, 1, 2, 3), quarters(3, 2, 1, 0), quarters(1, 1, 0, 2)]
    steps = []
    found = fx.shared_colors(images, ToyExtractor(network), on_progress=lambda *step: steps.append(step))
    drawn = [found.overlay(index, image) for index, image in enumerate(images)]
    for part in range(4):
        alike = [picture[(image == PARTS[part]).all(axis=-1)] for picture, image in zip(drawn, images, strict=True)]
        assert len(np.unique(np.concatenate(alike), axis=0)) == 1
    assert found.colors.shape == (3, 8, 8, 3)
    assert sum(found.shares) == pytest.approx(1)
    assert steps[-1] == (3, 3)
    assert found.caption.startswith("Red, green and blue are the first three principal components of all places")
    assert "conv2d" in found.caption


def test_opacity_and_hidden_places_leave_the_image(network):
    image = quarters(0, 0, 0, 1)
    found = fx.shared_colors([image], ToyExtractor(network), hide="low")
    np.testing.assert_array_equal(found.overlay(0, image, opacity=0), image)
    shown = found.is_shown[0]
    assert 0 < shown.sum() < 64
    np.testing.assert_array_equal(found.overlay(0, image)[~shown], image[~shown])
    with pytest.raises(ValueError, match=r"`opacity` must be from 0 to 1\. Received: 2"):
        found.overlay(0, image, opacity=2)


def test_grey_borders_stay_out_of_the_components(network):
    """A wide image, padded, has the colours that its parts have without borders."""
    wide = np.concatenate([quarters(0, 1, 2, 3, side=4), quarters(1, 3, 0, 2, side=4)], axis=1)
    padded = fx.shared_colors([wide], ToyExtractor(network, fit="pad"))
    plain = fx.shared_colors([wide], ToyExtractor(sequential(pointwise(np.eye(3, 5)), shape=(4, 8, 3))))
    np.testing.assert_allclose(padded.colors[0, 2:6], plain.colors[0], atol=1e-5)
    np.testing.assert_allclose(padded.overlay(0, wide).astype(int), plain.overlay(0, wide), atol=1)


def test_what_was_not_seen_keeps_its_pixels(network):
    wide = np.concatenate([quarters(0, 1, 2, 3, side=64), quarters(1, 3, 0, 2, side=64)], axis=1)
    found = fx.shared_colors([wide], ToyExtractor(network, fit="crop"))
    drawn = found.overlay(0, wide)
    np.testing.assert_array_equal(drawn[:, :30], wide[:, :30])
    assert (drawn[:, 40:80] != wide[:, 40:80]).any()
    assert found.overlay(0, wide, longest_side=32).shape == (16, 32, 3)


def test_bytes_there_and_back(network):
    found = fx.shared_colors([quarters(0, 1, 2, 3)], ToyExtractor(network))
    again = SharedColors.from_bytes(found.to_bytes())
    assert again.to_bytes() == found.to_bytes()
    with pytest.raises(ValueError, match=r"what `SharedColors\.to_bytes` wrote"):
        SharedColors.from_bytes(b"else")


def test_what_cannot_be_coloured_is_said(network, monkeypatch):
    with pytest.raises(ValueError, match="at least one image"):
        fx.shared_colors([], ToyExtractor(network))
    monkeypatch.setattr(coloring, "MAX_VALUES", 100)
    with pytest.raises(HeatmapError, match=r"1 image gives 320 values.*Pick fewer images or a later layer"):
        fx.shared_colors([quarters(0, 1, 2, 3)], ToyExtractor(network))


def test_places_that_are_all_alike(network):
    found = fx.shared_colors([quarters(0, 0, 0, 0)], ToyExtractor(network))
    assert found.caption.startswith("All places are alike to layer 1")
