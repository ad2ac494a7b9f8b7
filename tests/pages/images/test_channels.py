"""Images with channels that are no colours: which are shown is one choice for the workspace, made with a click."""

import numpy as np
import pytest

from featx_core.images.formats.channels import CHANNELS
from featx_core.images.rendering.choice import Rendering
from pages._ui.images import channels
from pages._ui.shell import imports
from tests.featx_core.images.rendering.test_composites import FOUR, TWO
from tests.toys.app.visiting import tiles
from tests.toys.files.tiff_files import tiff


def control(visitor):
    return next(radio for radio in visitor.tab.radio if radio.label == "Which channels are shown")


def opened(visitor):
    visitor.tab.session_state["show_channels"] = True
    return visitor.run()


def settled(visitor, rendering):
    visitor.until(
        lambda visitor: imports.current(visitor.workspace) is None and visitor.workspace.rendering == rendering
    )


@pytest.fixture
def visitor(visit, shelve, make_png):
    return opened(visit(shelve([("two.tif", tiff(TWO)), ("four.tif", tiff(FOUR)), ("photo.png", make_png(1))])))


def test_every_way_has_a_title():
    assert set(channels.TITLES) == set(CHANNELS)


def test_channels_are_chosen_for_each_colour_and_thumbnails_get_another_address(visitor):
    assert control(visitor).value == "automatic"
    assert "Holds for 2 images of 3, and for those that come." in visitor.words
    before = tiles(visitor)[0]["source"]
    control(visitor).set_value("chosen")
    visitor.run()
    boxes = {box.label: box for box in visitor.tab.selectbox if box.label in ("Red", "Green", "Blue")}
    assert [boxes[color].value for color in ("Red", "Green", "Blue")] == [2, 1, 3]
    assert boxes["Red"].options == ["None", *(f"Channel {number}" for number in range(1, 5))]
    boxes["Red"].set_value(4)
    visitor.run()
    next(button for button in visitor.tab.button if button.label == "Show these channels").click()
    settled(visitor, Rendering(channels=(4, 1, 3)))
    after = tiles(opened(visitor))
    assert after[0]["source"] == before.replace(visitor.token, f"{visitor.token}/automatic.4-1-3")
    assert after[0]["note"] == "channel 1 of 4 shown as green, 3 as blue, 4 as red"
    assert control(visitor).value == "chosen"
    control(visitor).set_value("first")
    settled(visitor, Rendering(channels="first"))
    assert visitor.has_no_fault


def test_with_features_of_such_an_image_the_choice_is_fixed_and_the_page_says_why(visitor):
    image = visitor.workspace.images()[0]
    visitor.workspace.vectors.save("extractor", {image.digest: np.ones(3, np.float32)})
    assert control(visitor.run()).disabled
    assert "Remove those runs, or start a new workspace" in visitor.words


def test_without_such_images_there_is_no_choice(visit, shelve, make_png):
    visitor = opened(visit(shelve([("photo.png", make_png(1))])))
    assert [radio.label for radio in visitor.tab.radio if radio.label == "Which channels are shown"] == []
