"""A workspace shows the channels of its images in one way; files made before there was a choice stay as they are."""

import contextlib
import sqlite3

import numpy as np
import pytest

from featx_core.images.decoding import decode
from featx_core.images.rendering.choice import Rendering
from featx_core.workspace.rendered_images import many_channeled
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace
from tests.featx_core.images.rendering.test_composites import BARS, FOUR, TWO, stack
from tests.toys.files.odd_files import encoded, picture
from tests.toys.files.tiff_files import tiff

PHOTO = ("photo.png", encoded(picture()))
ALL = [("two.tif", tiff(TWO)), ("four.tif", tiff(FOUR)), ("stack.tif", stack(TWO, imagej=True)), PHOTO]
LARGE = tiff(np.repeat(np.repeat(TWO, 30, axis=0), 30, axis=1))  # of more than a megabyte


def colors(workspace, name):
    return workspace.images().select([name])[0].pixels()[0, 5::10].tolist()


@pytest.fixture
def workspace():
    made = Workspace.open(":memory:")
    made.add(ALL)
    return made


def test_a_choice_holds_for_what_is_here_and_for_what_comes(workspace):
    photo, light = workspace.images()[3], workspace.images()[1].brightness
    assert many_channeled(workspace.images(), "automatic") == {"two.tif": 2, "four.tif": 4, "stack.tif": 2}
    workspace.set_rendering(channels=(2, 1, 0))
    workspace.add([("later.tif", tiff(FOUR[::-1]))])
    assert (
        colors(workspace, "two.tif") == colors(workspace, "stack.tif") == [[0, 255, 0], [255, 0, 0], [0] * 3, [0] * 3]
    )
    assert colors(workspace, "later.tif") == [[0, 255, 0], [200, 0, 0], [0] * 3, [0] * 3]
    assert workspace.images()[1].notes == ("channel 1 of 4 shown as green, 2 as red",)
    assert workspace.images()[1].brightness != light
    assert workspace.images()[3] == photo


def test_the_choice_can_be_made_on_adding_and_is_kept_in_the_file(tmp_path):
    with contextlib.closing(Workspace.open(tmp_path / "a.featx")) as made:
        made.add(ALL, channels=(0, 2, 0))
    with contextlib.closing(Workspace.open(tmp_path / "a.featx")) as again:
        assert again.rendering == Rendering(channels=(0, 2, 0))
        assert colors(again, "two.tif") == [[0] * 3, [0, 255, 0], [0] * 3, [0] * 3]


def test_nothing_is_changed_where_features_of_such_images_are_kept(workspace):
    two, _, _, photo = workspace.images()
    workspace.vectors.save("extractor", {photo.digest: np.ones(3, np.float32)})
    assert not workspace.is_fixed("channels")
    workspace.vectors.save("extractor", {two.digest: np.ones(3, np.float32)})
    assert workspace.is_fixed("channels")
    assert not workspace.is_fixed("scaling")
    workspace.set_rendering(scaling="range")  # none of them has more than 8 bits
    with pytest.raises(WorkspaceError, match=r"several channels, shown as before \(automatic\)\. Remove the runs"):
        workspace.set_rendering(channels="first")
    assert workspace.rendering == Rendering("range")


def test_what_was_kept_for_networks_follows(tmp_path):
    with contextlib.closing(Workspace.open(tmp_path / "a.featx")) as made:
        made.add([("large.tif", LARGE)])
        (record,) = made.images()
        assert made.load_input(record.digest, (224, 224), "crop") is not None
        assert record.fitted((224, 224), "crop")[100, 60].tolist() == [255, 0, 255]
        made.set_rendering(channels=(0, 0, 2))
        assert made.load_input(record.digest, (224, 224), "crop") is None
        assert record.fitted((224, 224), "crop")[100, 60].tolist() == [0, 0, 255]


def as_before_there_was_a_choice(path, sources):
    """Write a file as the featx before wrote it: version 3, with the first of two channels and of a stack alone."""
    with contextlib.closing(Workspace.open(path)) as made:
        made.add(sources, channels="first")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM facts WHERE name IN ('scaling', 'channels')")
        connection.execute("DROP TABLE links")
        connection.execute("PRAGMA user_version = 3")


@pytest.mark.parametrize("sources", [ALL[:1], ALL[2:3], ALL])
def test_a_file_from_before_shows_what_it_showed(tmp_path, sources):
    path = tmp_path / "old.featx"
    as_before_there_was_a_choice(path, sources)
    with contextlib.closing(Workspace.open(path)) as old:
        assert old.rendering == Rendering(channels="first")
        for name in {image.name for image in old.images()} & {"two.tif", "stack.tif"}:
            assert np.array_equal(old.images().select([name])[0].pixels()[..., 0], 255 * BARS)
        assert set(many_channeled(old.images(), "first")) >= {old.images()[0].name}
        old.set_rendering(channels="automatic")
        assert old.images()[0].notes == ("channel 1 of 2 shown as green, 2 as magenta",)
        for image, (_, content) in zip(old.images(), sources, strict=True):
            assert np.array_equal(image.pixels(), decode(content))


def test_a_file_from_before_without_channels_takes_what_is_usual_now(tmp_path):
    path = tmp_path / "old.featx"
    as_before_there_was_a_choice(path, [PHOTO, ALL[1]])
    with contextlib.closing(Workspace.open(path)) as old:
        assert old.rendering == Rendering()


def test_an_unknown_choice_in_the_file_is_passed_over(workspace):
    workspace.set_fact("channels", "of a newer featx")
    assert workspace.rendering == Rendering()
