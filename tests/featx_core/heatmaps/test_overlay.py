import io
import json

import numpy as np
import pytest

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.heatmaps.overlay import CLEAR, FRAME, FULL, Heatmap, colored, faded
from featx_core.images.fitting import FITS, Cells, place


def heatmap(grid, width, height, *, fit="stretch", size=(64, 64)):
    grid = np.asarray(grid, np.float32)
    cells, placement = Cells.evenly(*grid.shape), place(width, height, size, fit)
    return Heatmap(grid, cells, placement, width, height, "Grad-CAM for 日本", note="Even.", low=1, high=2.5)


def test_values_are_laid_on_the_original_between_zero_and_one():
    values = heatmap([[0, 1], [0, 1]], 40, 20).values
    assert (values.shape, values.dtype) == ((20, 40), np.float32)
    assert (values[:, :10].max(), values[:, 30:].min()) == (0, 1)
    assert np.all(np.diff(values[0]) >= 0)


def test_what_a_crop_cut_off_is_nan_and_counted():
    wide = heatmap(np.ones((4, 4)), 200, 100, fit="crop")
    assert np.isnan(wide.values[:, :49]).all()
    assert np.isnan(wide.values[:, 151:]).all()
    np.testing.assert_array_equal(wide.values[:, 51:149], 1)
    assert wide.seen == pytest.approx(0.5, abs=0.02)
    assert heatmap(np.ones((4, 4)), 200, 100, fit="pad").seen == 1


def test_values_lie_between_the_centres_of_the_cells():
    grid = np.array([[0.0, 1.0]], np.float32)
    leaning = Heatmap(grid, Cells((0.5, 0.5), (1, 0.5)), place(8, 1, (8, 8), "stretch"), 8, 1, "x")
    np.testing.assert_allclose(leaning.values[0], [0, 0, 0, 0, 0.125, 0.375, 0.625, 0.875])


@pytest.mark.parametrize("opacity", [0, 0.25, 1])
def test_overlay_is_bare_where_the_map_is_low_and_blends_by_opacity_where_it_is_high(opacity):
    image = np.full((20, 40, 3), (200, 100, 0), np.uint8)
    blended = heatmap([[0, 1], [0, 1]], 40, 20).overlay(image, opacity=opacity)
    assert blended.dtype == np.uint8
    np.testing.assert_array_equal(blended[:, :12], image[:, :12])  # the map reaches 0.2 at column 13.5
    high = (1 - opacity) * image[0, 0] + opacity * colored(np.array(1.0), "viridis")
    np.testing.assert_allclose(blended[5, 37], high, atol=0.51)


def test_colours_fade_in_smoothly_by_hand():
    middle = (CLEAR + FULL) / 2
    np.testing.assert_allclose(faded(np.array([0, CLEAR, middle, FULL, 1])), [0, 0, 0.5, 1, 1])
    quarter = CLEAR + (FULL - CLEAR) / 4
    assert faded(np.array(quarter)) == pytest.approx(3 / 16 - 2 / 64)


def test_overlay_keeps_and_frames_what_the_network_did_not_see():
    image = np.full((100, 200, 3), (30, 60, 210), np.uint8)
    map_ = heatmap(np.zeros((4, 4)), 200, 100, fit="crop")
    blended = map_.overlay(image)
    np.testing.assert_array_equal(blended[:, :50], image[:, :50])
    np.testing.assert_array_equal(blended[3:97, 53:147], image[3:97, 53:147])
    for color, at in zip(FRAME, (50, 51), strict=True):
        np.testing.assert_array_equal(blended[50, at], color)
        np.testing.assert_array_equal(blended[50, 199 - at], color)
    assert map_.seen_sentence == "The network saw the part inside the frame, 50\u00a0% of the image."


def test_what_was_seen_whole_has_no_frame_and_what_is_too_small_for_one_neither():
    image = np.full((100, 200, 3), 7, np.uint8)
    for fit in ("pad", "stretch"):
        whole = heatmap(np.zeros((4, 4)), 200, 100, fit=fit)
        assert (whole.seen_sentence, whole.overlay(image).tolist()) == ("", image.tolist())
    tiny = heatmap(np.zeros((4, 4)), 20, 4, fit="crop", size=(2, 2)).overlay(image[:4, :20])
    np.testing.assert_array_equal(tiny, image[:4, :20])


def test_overlay_can_be_smaller_and_leaves_its_image_alone():
    image = np.random.default_rng(0).integers(0, 256, (200, 400, 3), np.uint8)
    before = image.copy()
    map_ = heatmap(np.eye(3), 400, 200)
    assert map_.overlay(image, longest_side=100).shape == (50, 100, 3)
    assert map_.overlay(image, longest_side=1000).shape == (200, 400, 3)
    assert map_.overlay(image[::4, ::4]).shape == (50, 100, 3)
    np.testing.assert_array_equal(image, before)


def test_overlay_takes_a_record():
    class TrainingRecord:
        def shown_pixels(self, *, at_least):
            assert at_least == (10, 20)
            return np.zeros((100, 200, 3), np.uint8)

    assert heatmap(np.eye(3), 400, 200).overlay(TrainingRecord(), longest_side=20).shape == (10, 20, 3)


@pytest.mark.parametrize(
    ("image", "options", "message"),
    [
        (np.zeros((40, 20, 3), np.uint8), {}, "40 x 20 pixels or that shape scaled. Received: 20 x 40"),
        (np.zeros((20, 40), np.uint8), {}, r"uint8 `\(height, width, 3\)` RGB. Received: uint8 \(20, 40\)"),
        (np.zeros((20, 40, 3)), {}, r"Received: float64 \(20, 40, 3\)"),
        (np.zeros((20, 40, 3), np.uint8), {"opacity": 1.1}, "`opacity` must be from 0 to 1. Received: 1.1"),
        (np.zeros((20, 40, 3), np.uint8), {"longest_side": 0}, "`longest_side` must be at least 1. Received: 0"),
        (np.zeros((20, 40, 3), np.uint8), {"colormap": "jet"}, "no colour map 'jet'. The colour maps are: .*viridis"),
    ],
)
def test_overlay_names_what_is_wrong(image, options, message):
    with pytest.raises(ValueError, match=message):
        heatmap(np.eye(3), 40, 20).overlay(image, **options)


@pytest.mark.parametrize("fit", FITS)
def test_bytes_give_the_same_heatmap_again(fit):
    before = heatmap(np.random.default_rng(0).random((7, 5)), 300, 170, fit=fit)
    after = Heatmap.from_bytes(before.to_bytes())
    np.testing.assert_array_equal(after.values, before.values)
    for name in ("cells", "placement", "width", "height", "title", "layer", "low", "high", "note"):
        assert getattr(after, name) == getattr(before, name)


def test_other_bytes_are_refused_without_unpickling():
    pickled, other = io.BytesIO(), io.BytesIO()
    np.savez(pickled, grid=np.array([{}], object), facts=np.array([{}], object))
    np.savez(other, grid=np.zeros((2, 2)))
    whole = heatmap(np.eye(3), 40, 20).to_bytes()
    before_cells = io.BytesIO()
    facts = json.loads(str(np.load(io.BytesIO(whole))["facts"]))
    np.savez(before_cells, grid=np.eye(3), facts=np.array(json.dumps({k: v for k, v in facts.items() if k != "cells"})))
    for content in (
        b"",
        b"text",
        pickled.getvalue(),
        other.getvalue(),
        before_cells.getvalue(),
        whole[: len(whole) // 2],
    ):
        with pytest.raises(ValueError, match=r"must be what `Heatmap\.to_bytes` wrote"):
            Heatmap.from_bytes(content)


@pytest.mark.parametrize("colormap", SEQUENTIAL_SCALES)
def test_colour_maps_run_from_dark_to_light_without_turning_back(colormap):
    colors = colored(np.linspace(0, 1, 64), colormap)
    assert colors.shape == (64, 3)
    luminance = colors @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(luminance) > -0.5) or np.all(np.diff(luminance) < 0.5)
    assert np.ptp(luminance) > 100
