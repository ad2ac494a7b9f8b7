import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from featx_core.images import fitting
from featx_core.images.decoding import decode
from featx_core.images.fitting import FITS, PAD_GREY, Cells, fit_image, place, to_original
from tests.toys.files.odd_files import WRITTEN, encoded, picture

sides = st.integers(16, 200)


def ramp(width: int, height: int) -> np.ndarray:
    """Return an image whose red is its column and whose green is its row, in shares of 255."""
    across = np.broadcast_to((np.arange(width) + 0.5) / width, (height, width))
    down = np.broadcast_to(((np.arange(height) + 0.5) / height)[:, None], (height, width))
    return np.rint(np.stack([across, down, np.zeros_like(across)], axis=2) * 255).astype(np.uint8)


@pytest.mark.parametrize("fit", ["crop", "stretch", "pad"])
def test_a_picture_of_the_right_size_is_not_changed(fit: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert np.array_equal(fit_image(pixels, (40, 60), fit), pixels)


def test_crop_keeps_the_middle() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = 255
    assert np.all(fit_image(pixels, (50, 50), "crop")[:, 2:-2] == 255)


def test_stretch_keeps_all_and_distorts() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, :150] = 255
    fitted = fit_image(pixels, (60, 60), "stretch")
    assert np.all(fitted[:, :28] == 255)
    assert np.all(fitted[:, 32:] == 0)


def test_pad_keeps_all_between_grey_borders() -> None:
    fitted = fit_image(np.full((100, 200, 3), 255, np.uint8), (80, 80), "pad")
    assert np.all(fitted[:20] == PAD_GREY)
    assert np.all(fitted[60:] == PAD_GREY)
    assert np.all(fitted[20:60] == 255)


def test_odd_borders_of_pad_lie_on_whole_pixels() -> None:
    left, top, right, bottom = place(100, 31, (17, 17), "pad").box
    fitted = fit_image(np.full((31, 100, 3), 255, np.uint8), (17, 17), "pad")
    seen = np.flatnonzero(fitted[:, 0, 0] == 255)
    share = (np.arange(18) / 17) * (bottom - top) + top
    assert (left, right) == (0, 1)
    assert share[seen[0]] == pytest.approx(0)
    assert share[seen[-1] + 1] == pytest.approx(1)


def test_making_smaller_averages_fine_stripes() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(fit_image(stripes, (50, 50), "crop").astype(int) - 127).max() <= 3


def test_the_input_is_not_modified() -> None:
    pixels = ramp(90, 70)
    before = pixels.copy()
    for fit in FITS:
        fit_image(pixels, (32, 32), fit)
    assert np.array_equal(pixels, before)


@settings(max_examples=60, deadline=None)
@given(width=sides, height=sides, frame_height=sides, frame_width=sides, fit=st.sampled_from(FITS))
def test_place_says_where_fit_image_puts_the_picture(
    width: int, height: int, frame_height: int, frame_width: int, fit: str
) -> None:
    left, top, right, bottom = place(width, height, (frame_height, frame_width), fit).box
    fitted = fit_image(ramp(width, height), (frame_height, frame_width), fit).astype(float) / 255
    x = left + (np.arange(frame_width) + 0.5) / frame_width * (right - left)
    y = top + (np.arange(frame_height) + 0.5) / frame_height * (bottom - top)
    inside_x, inside_y = (x > 0.1) & (x < 0.9), (y > 0.1) & (y < 0.9)
    seen = fitted[np.ix_(inside_y, inside_x)]
    if seen.size:
        assert np.abs(seen[..., 0] - x[inside_x][None, :]).max() < 0.05
        assert np.abs(seen[..., 1] - y[inside_y][:, None]).max() < 0.05


@settings(max_examples=40, deadline=None)
@given(width=sides, height=sides, fit=st.sampled_from(FITS))
def test_a_map_of_the_fitted_frame_lies_where_it_was_seen(width: int, height: int, fit: str) -> None:
    size = (64, 48)
    fitted = fit_image(ramp(width, height), size, fit).astype(np.float32) / 255
    back = to_original(fitted[..., 0], Cells.evenly(*size), place(width, height, size, fit), width, height)
    expected = np.broadcast_to((np.arange(width) + 0.5) / width, (height, width))
    middle = np.isfinite(back) & (expected > 0.15) & (expected < 0.85)
    middle[: height // 5], middle[height - height // 5 :] = False, False
    assert back.shape == (height, width)
    assert back.dtype == np.float32
    if middle.any():
        assert np.abs(back - expected)[middle].max() < 0.06


def test_what_the_network_did_not_see_is_nan() -> None:
    back = to_original(np.ones((7, 7), np.float32), Cells.evenly(7, 7), place(200, 100, (64, 64), "crop"), 200, 100)
    assert np.isnan(back[:, :50]).all()
    assert np.isnan(back[:, 150:]).all()
    assert np.array_equal(back[:, 50:150], np.ones((100, 100), np.float32))


@pytest.mark.parametrize("fit", ["stretch", "pad"])
def test_stretch_and_pad_see_the_whole_picture(fit: str) -> None:
    grid = np.full((5, 5), 0.25, np.float32)
    back = to_original(grid, Cells.evenly(5, 5), place(201, 97, (64, 48), fit), 201, 97)
    assert np.allclose(back, 0.25, atol=1e-6)


def test_a_grid_of_two_cells_is_laid_bilinearly() -> None:
    grid = np.array([[0.0, 1.0]], np.float32)
    back = to_original(grid, Cells.evenly(1, 2), place(8, 1, (16, 16), "stretch"), 8, 1)
    assert np.allclose(back[0], [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1])


def test_cells_are_laid_where_their_centres_lie() -> None:
    """Two columns, centred on pixel 1 and pixel 5 of 8: in between values rise by a quarter a pixel, beyond they stay."""
    grid, cells = np.array([[0.0, 1.0]], np.float32), Cells((0.5, 1.5 / 8), (1, 4 / 8))
    back = to_original(grid, cells, place(8, 1, (16, 16), "stretch"), 8, 1)
    assert np.allclose(back[0], [0, 0, 0.25, 0.5, 0.75, 1, 1, 1])
    assert to_original(grid.T, Cells((-0.5, 0.5), (2, 1)), place(1, 3, (9, 9), "pad"), 1, 3)[1, 0] == 0.5


def torchvision(pixels: np.ndarray, resize: int, crop: int) -> np.ndarray:
    """`Resize` and `CenterCrop` of torchvision 0.2x on a Pillow image, written out from its sources."""
    image = Image.fromarray(pixels)
    short, long = sorted(image.size)
    resized_long = int(resize * long / short)
    size = (resize, resized_long) if image.width <= image.height else (resized_long, resize)
    image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (round((side - crop) / 2.0) for side in size)
    return np.asarray(image.crop((left, top, left + crop, top + crop)))


@pytest.mark.parametrize(("resize", "crop"), [(256, 224), (342, 299), (128, 112), (64, 56)])
@pytest.mark.parametrize(("width", "height"), [(640, 427), (427, 640), (300, 300), (90, 211), (17, 400)])
def test_resize_crop_gives_the_pixels_of_torchvision(resize: int, crop: int, width: int, height: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert np.array_equal(fit_image(pixels, (crop, crop), "resize_crop"), torchvision(pixels, resize, crop))


def test_resize_crop_by_hand() -> None:
    """400 x 200 becomes 512 x 256; of that the frame keeps columns 144 to 368 and rows 16 to 240."""
    assert place(400, 200, (224, 224), "resize_crop").box == (144 / 512, 16 / 256, 368 / 512, 240 / 256)
    assert place(200, 400, (224, 224), "resize_crop").box == (16 / 256, 144 / 512, 240 / 256, 368 / 512)


def test_resize_crop_of_a_frame_that_is_not_square_scales_the_side_that_fills_it_last() -> None:
    left, top, right, bottom = place(400, 200, (112, 224), "resize_crop").box
    assert (left, top, right, bottom) == (16 / 256, 8 / 128, 240 / 256, 120 / 128)


def test_a_very_elongated_picture_is_fitted_without_being_resized_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 900, 3), dtype=np.uint8)
    whole = fit_image(pixels, (56, 56), "resize_crop").astype(int)
    monkeypatch.setattr(fitting, "MAX_RESIZED_PIXELS", 64)
    assert np.abs(fit_image(pixels, (56, 56), "resize_crop") - whole).max() <= 2


def test_an_unknown_fit_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="crop, stretch, pad, resize_crop"):
        place(10, 10, (5, 5), "zoom")


def test_pixels_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be uint8 of shape \(height, width, 3\)"):
        fit_image(np.zeros((4, 4)), (2, 2), "crop")


@pytest.mark.parametrize("form", WRITTEN)
def test_a_file_is_fitted_to_the_bit_as_its_pixels_are(form: str) -> None:
    content = encoded(picture(900, 640), WRITTEN[form])
    for fit in FITS:
        expected = fit_image(decode(content, at_least=(96, 64)), (96, 64), fit)
        np.testing.assert_array_equal(decode(content, at_least=(96, 64), fit=fit), expected)
    with pytest.raises(ValueError, match="`fit` must be one of crop"):
        decode(content, at_least=(96, 64), fit="squeeze")
