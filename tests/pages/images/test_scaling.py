"""Images of more than 8 bits: how they are scaled is one choice for the workspace, made with a click."""

import io

import numpy as np
import pytest
from PIL import Image

from featx_core.images.rendering.scaling import SCALINGS
from pages._ui.images import scaling
from pages._ui.shell import imports
from tests.toys.app.visiting import tiles
from tests.toys.files.tiff_files import ramp, tiff

CAMERA = tiff((ramp() * 4095).astype(np.uint16))


def control(visitor):
    return next(radio for radio in visitor.tab.radio if radio.label == "From more than 8 bits to 8")


def opened(visitor):
    visitor.tab.session_state["scale_images"] = True
    return visitor.run()


def brightest(visitor):
    with Image.open(io.BytesIO(visitor.workspace.images()[0].thumbnail())) as small:
        return int(np.asarray(small).max())


@pytest.fixture
def visitor(visit, shelve, make_png):
    return opened(visit(shelve([("camera.tif", CAMERA), ("photo.png", make_png(1))])))


def test_every_way_has_a_title_and_a_caption():
    assert set(scaling.TITLES) == set(SCALINGS)


def test_a_click_scales_all_deep_images_and_their_thumbnails_get_another_address(visitor):
    assert control(visitor).value == "automatic"
    assert "Holds for 1 image of 2, and for those that come." in visitor.words
    assert "2 images, no labels yet. 1 image uses little of the range: see Scaling." in visitor.words
    before = tiles(visitor)[0]["source"]
    assert brightest(visitor) == 16
    control(visitor).set_value("range")
    visitor.until(
        lambda visitor: imports.current(visitor.workspace) is None and visitor.workspace.rendering.scaling == "range"
    )
    assert brightest(visitor) > 250
    assert control(opened(visitor)).value == "range"
    assert "see Scaling" not in visitor.words
    after = tiles(visitor)[0]
    assert after["source"] == before.replace(visitor.token, f"{visitor.token}/range")
    assert after["note"] == "16-bit scaled to 8 by its range, 0 to 4 095"
    assert visitor.has_no_fault


def test_with_features_of_a_deep_image_the_choice_is_fixed_and_the_page_says_why(visitor):
    photo, camera = visitor.workspace.images()[1], visitor.workspace.images()[0]
    visitor.workspace.vectors.save("extractor", {photo.digest: np.ones(3, np.float32)})
    assert not control(visitor.run()).disabled
    visitor.workspace.vectors.save("extractor", {camera.digest: np.ones(3, np.float32)})
    assert control(visitor.run()).disabled
    assert "Remove those runs, or start a new workspace" in visitor.words


def test_without_deep_images_there_is_no_choice(visit, shelve, make_png):
    visitor = opened(visit(shelve([("photo.png", make_png(1))])))
    assert [radio.label for radio in visitor.tab.radio if radio.label == "From more than 8 bits to 8"] == []
