import io

import numpy as np
import pytest

from featx_core.base.palette import SEQUENTIAL_SCALES
from featx_core.heatmaps.overlay import UNSEEN, Heatmap, colored
from featx_core.images.fitting import place


def heatmap(grid, width, height, *, fit="stretch", size=(64, 64)):
    grid = np.asarray(grid, np.float32)
    return Heatmap(
        grid, place(width, height, size, fit), width, height, "Grad-CAM for 日本", note="Even.", low=1, high=2.5
    )


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


@pytest.mark.parametrize("opacity", [0, 0.25, 1])
def test_overlay_blends_by_opacity(opacity):
    image = np.full((20, 40, 3), (200, 100, 0), np.uint8)
    blended = heatmap([[0, 1], [0, 1]], 40, 20).overlay(image, opacity=opacity)
    low, high = colored(np.array([0.0, 1.0]), "viridis")
    assert blended.dtype == np.uint8
    np.testing.assert_allclose(blended[5, 2], (1 - opacity) * image[0, 0] + opacity * low, atol=0.51)
    np.testing.assert_allclose(blended[5, 37], (1 - opacity) * image[0, 0] + opacity * high, atol=0.51)


def test_overlay_is_dark_grey_where_the_network_did_not_look():
    image = np.full((100, 200, 3), (30, 60, 210), np.uint8)
    blended = heatmap(np.zeros((4, 4)), 200, 100, fit="crop").overlay(image)
    np.testing.assert_array_equal(blended[:, :48], round(100 * UNSEEN))
    assert len(set(blended[50, 100])) == 3


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
        def pixels(self, *, at_least):
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


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_bytes_give_the_same_heatmap_again(fit):
    before = heatmap(np.random.default_rng(0).random((7, 5)), 300, 170, fit=fit)
    after = Heatmap.from_bytes(before.to_bytes())
    np.testing.assert_array_equal(after.values, before.values)
    for name in ("placement", "width", "height", "title", "layer", "low", "high", "note"):
        assert getattr(after, name) == getattr(before, name)


def test_other_bytes_are_refused_without_unpickling():
    pickled, other = io.BytesIO(), io.BytesIO()
    np.savez(pickled, grid=np.array([{}], object), facts=np.array([{}], object))
    np.savez(other, grid=np.zeros((2, 2)))
    whole = heatmap(np.eye(3), 40, 20).to_bytes()
    for content in (b"", b"text", pickled.getvalue(), other.getvalue(), whole[: len(whole) // 2]):
        with pytest.raises(ValueError, match=r"must be what `Heatmap\.to_bytes` wrote"):
            Heatmap.from_bytes(content)


@pytest.mark.parametrize("colormap", SEQUENTIAL_SCALES)
def test_colour_maps_run_from_dark_to_light_without_turning_back(colormap):
    colors = colored(np.linspace(0, 1, 64), colormap)
    assert colors.shape == (64, 3)
    luminance = colors @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(luminance) > -0.5) or np.all(np.diff(luminance) < 0.5)
    assert np.ptp(luminance) > 100


def test_a_grey_overlay_takes_its_colours_from_the_map_alone():
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[..., 0] = 200
    heatmap = Heatmap(np.zeros((2, 2), np.float32), place(8, 8, (8, 8), "stretch"), 8, 8, "x")
    blended = heatmap.overlay(pixels, opacity=0.0, grey=True)
    assert np.unique(blended).tolist() == [60]  # 0.299 x 200
