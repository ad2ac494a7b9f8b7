import io

import numpy as np
import pytest

from featx_core.heatmaps.feature_maps import GAP, GAP_GREY, TILE_SIDE, FeatureMaps, feature_maps, strongest
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.overlay import colored
from tests.toys.heatmap_toys import ToyExtractor, pointwise, sequential


def layer(*amplitudes, height=2, width=3):
    """Each channel rises from 0 to its amplitude, place by place."""
    ramp = np.linspace(0, 1, height * width).reshape(height, width, 1)
    return (ramp * np.array(amplitudes)).astype(np.float32)


def test_channels_come_by_energy_and_equal_ones_in_their_order():
    maps = strongest(layer(1, -5, 2, 0, 2))
    np.testing.assert_array_equal(maps.channels, [1, 2, 4, 0, 3])
    np.testing.assert_allclose(maps.energies, np.array([1, 5, 2, 0, 2]) * np.sqrt(sum((k / 5) ** 2 for k in range(6))))
    np.testing.assert_array_equal(maps.maps[0], layer(-5)[..., 0])


def test_no_more_than_64_maps_are_kept():
    maps = strongest(layer(*range(1, 101)))
    assert (maps.maps.shape, maps.n_channels) == ((64, 2, 3), 100)
    np.testing.assert_array_equal(maps.channels, np.arange(99, 35, -1))


def test_a_mosaic_holds_each_tile_enlarged_by_whole_pixels_at_its_place():
    mosaic = strongest(layer(4, 2, 1, height=2, width=3)).mosaic()
    tile = (TILE_SIDE // 3 * 2, TILE_SIDE)
    assert mosaic.pixels.shape == (2 * tile[0] + GAP, 2 * tile[1] + GAP, 3)
    assert mosaic.n_columns == 2
    np.testing.assert_array_equal(mosaic.channels, [0, 1, 2])
    ramp = np.linspace(0, 1, 6).reshape(2, 3)
    expected = np.rint(colored(ramp / 4, "viridis")).repeat(TILE_SIDE // 3, axis=0).repeat(TILE_SIDE // 3, axis=1)
    np.testing.assert_array_equal(mosaic.pixels[tile[0] + GAP :, : tile[1]], expected)
    np.testing.assert_array_equal(mosaic.pixels[tile[0] : tile[0] + GAP], GAP_GREY)
    np.testing.assert_array_equal(mosaic.pixels[tile[0] + GAP :, tile[1] :], GAP_GREY)


def test_the_scale_is_shared_or_of_each_channel_and_said():
    maps = strongest(layer(4, 2, 0))
    shared, channel = maps.mosaic(), maps.mosaic(scale="channel")
    lightest = colored(np.array(1.0), "viridis")
    second = np.s_[TILE_SIDE // 3 * 2 - 1, -1]  # the last place of the second tile
    np.testing.assert_array_equal(shared.pixels[second], np.rint(colored(np.array(0.5), "viridis")))
    np.testing.assert_array_equal(channel.pixels[second], np.rint(lightest))
    assert (shared.scale, channel.scale) == ("shared", "channel")
    dead = "1 channels are 0 everywhere in this image."
    assert shared.caption == f"3 of 3 channels, strongest first. All tiles share one scale, from 0 to 4. {dead}"
    assert "Each tile has its own scale" in channel.caption


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan, np.inf])
@pytest.mark.parametrize("scale", ["shared", "channel"])
def test_constant_and_not_finite_maps_are_drawn_in_one_colour(value, scale):
    with np.errstate(all="raise"):
        mosaic = strongest(np.full((4, 4, 1), value, np.float32)).mosaic(scale=scale)
    np.testing.assert_array_equal(
        mosaic.pixels, np.broadcast_to(colored(np.array(0.0), "viridis"), mosaic.pixels.shape)
    )
    assert ("not finite" in mosaic.caption) == (not np.isfinite(value))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": "each"}, "`scale` must be one of shared, channel. Received: 'each'"),
        ({"n_tiles": 0}, "`n_tiles` must be from 1 to 64. Received: 0"),
        ({"n_tiles": 65}, "Received: 65"),
        ({"colormap": "jet"}, "There is no colour map 'jet'"),
    ],
)
def test_a_mosaic_names_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        strongest(layer(1)).mosaic(**options)


def test_maps_larger_than_a_tile_are_not_enlarged():
    assert strongest(layer(1, height=80, width=100)).mosaic().pixels.shape == (80, 100, 3)


def test_feature_maps_of_a_network_are_its_channels():
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    extractor = ToyExtractor(sequential(pointwise([[1.0, 0.0], [0.0, 3.0], [0.0, 0.0]], name="pick")))
    maps = feature_maps(image, extractor)
    np.testing.assert_array_equal(maps.channels, [1, 0])
    np.testing.assert_allclose(maps.maps, [image[..., 1] / 85, image[..., 0] / 255], atol=1e-6)
    assert maps.layer == 'layer 1, "pick" (8 x 8 x 2)'


def test_feature_maps_need_a_layer_with_places():
    keras = pytest.importorskip("keras")
    extractor = ToyExtractor(sequential(pointwise(np.eye(3)), keras.layers.GlobalAveragePooling2D()))
    with pytest.raises(HeatmapError, match="A heatmap needs an output with height and width"):
        feature_maps(np.zeros((8, 8, 3), np.uint8), extractor, layer=2)


def test_bytes_give_the_same_maps_again_and_other_bytes_are_refused():
    before = strongest(layer(1, 5, 2), "layer 3")
    after = FeatureMaps.from_bytes(before.to_bytes())
    np.testing.assert_array_equal(after.mosaic().pixels, before.mosaic().pixels)
    assert (after.layer, after.mosaic().caption) == ("layer 3", before.mosaic().caption)
    pickled = io.BytesIO()
    np.savez(pickled, maps=np.array([{}], object))
    for content in (b"", b"text", pickled.getvalue(), before.to_bytes()[:100]):
        with pytest.raises(ValueError, match=r"must be what `FeatureMaps\.to_bytes` wrote"):
            FeatureMaps.from_bytes(content)
