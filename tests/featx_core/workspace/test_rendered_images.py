"""A workspace scales all its deep images in one way, chosen once and kept in its file."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featx_core.base.progress import Cancelled
from featx_core.images.decoding import examine
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import Workspace
from tests.toys.files.odd_files import encoded, picture
from tests.toys.files.tiff_files import ramp, tiff

CAMERA = tiff((ramp() * 4095).astype(np.uint16))
PHOTO = encoded(picture())
DARK = ("16-bit scaled to 8", "uses 6 % of the 16-bit range")
BRIGHT = ("16-bit scaled to 8 by its range, 0 to 4 095",)


def brightest(workspace: Workspace, name: str = "camera.tif") -> int:
    return int(workspace.images().select([name])[0].pixels().max())


def small_brightest(workspace: Workspace) -> int:
    with Image.open(io.BytesIO(workspace.images()[0].thumbnail())) as small:
        return int(np.asarray(small).max())


def test_a_choice_holds_for_what_is_here_and_for_what_comes() -> None:
    workspace = Workspace.open(":memory:")
    assert workspace.rendering.scaling == "automatic"
    workspace.add([("camera.tif", CAMERA), ("photo.png", PHOTO)])
    photo, light = workspace.images()[1], workspace.images()[0].brightness
    assert (brightest(workspace), small_brightest(workspace), workspace.images()[0].notes) == (16, 16, DARK)
    workspace.set_rendering(scaling="range")
    workspace.add([("later.tif", tiff((ramp() * 4000).astype(np.uint16)))])
    assert brightest(workspace) == brightest(workspace, "later.tif") == 255
    assert small_brightest(workspace) > 250
    assert workspace.images()[0].notes == BRIGHT
    assert workspace.images()[0].brightness > 8 * light
    assert workspace.images()[1] == photo
    assert [notes for name, notes in workspace.last_intake().converted if name == "later.tif"] == [
        "16-bit scaled to 8 by its range, 0 to 4 000"
    ]


def test_the_choice_can_be_made_on_adding() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("camera.tif", CAMERA)], scaling="percentiles")
    assert workspace.rendering.scaling == "percentiles"
    assert brightest(workspace) == 255


def test_the_choice_is_kept_in_the_file(tmp_path: Path) -> None:
    with_choice = Workspace.open(tmp_path / "a.featx")
    with_choice.add([("camera.tif", CAMERA)], scaling="range")
    with_choice.close()
    again = Workspace.open(tmp_path / "a.featx")
    assert again.rendering.scaling == "range"
    assert brightest(again) == 255


def test_notes_that_others_added_stay() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("camera.png", CAMERA), ("copy.tif", CAMERA)])
    workspace.set_rendering(scaling="range")
    assert workspace.images()[0].notes == (*BRIGHT, "is a TIFF, named .png")
    assert workspace.images()[1].notes == (*BRIGHT, "same as camera.png")
    workspace.set_rendering(scaling="automatic")
    assert workspace.images()[0].notes == (*DARK, "is a TIFF, named .png")


def test_nothing_is_changed_where_features_of_deep_pictures_are_kept() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("camera.tif", CAMERA), ("photo.png", PHOTO)])
    camera, photo = workspace.images()
    workspace.vectors.save("extractor", {photo.digest: np.ones(3, np.float32)})
    workspace.set_rendering(scaling="range")
    workspace.vectors.save("extractor", {camera.digest: np.ones(3, np.float32)})
    workspace.set_rendering(scaling="range")
    with pytest.raises(
        WorkspaceError, match=r"more than 8 bits, scaled as before \(range\)\. Remove the runs, or add the images"
    ):
        workspace.set_rendering(scaling="type")
    assert workspace.rendering.scaling == "range"
    assert brightest(workspace) == 255


def test_a_change_that_is_cancelled_changes_nothing() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("camera.tif", CAMERA), ("other.tif", tiff((ramp() * 999).astype(np.uint16)))])

    def cancel(n_done: int, _: int) -> None:
        if n_done:
            raise Cancelled

    with pytest.raises(Cancelled):
        workspace.set_rendering(scaling="range", on_progress=cancel)
    assert workspace.rendering.scaling == "automatic"
    assert workspace.images()[0].notes == DARK


def test_progress_counts_deep_pictures() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("camera.tif", CAMERA), ("photo.png", PHOTO)])
    seen = []
    workspace.set_rendering(scaling="range", on_progress=lambda *counts: seen.append(counts))
    assert seen == [(0, 1), (1, 1)]


def test_an_unknown_scaling_is_refused_and_one_in_the_file_is_passed_over() -> None:
    workspace = Workspace.open(":memory:")
    with pytest.raises(
        ValueError, match=r"`scaling` must be one of automatic, type, range, percentiles\. Received: 'log'"
    ):
        workspace.set_rendering(scaling="log")
    workspace.set_fact("scaling", "of a newer featx")
    assert workspace.rendering.scaling == "automatic"


def test_every_deep_picture_is_known_by_its_notes() -> None:
    deep = [
        tiff((ramp() * 65535).astype(np.uint16)),
        tiff(ramp().astype(np.float32)),
        tiff((ramp() * 200 - 100).astype(np.int8)),
        encoded(Image.fromarray((ramp() * 65535).astype(np.uint16))),
        b"P5\n64 48\n100\n" + (ramp() * 100).astype(np.uint8).tobytes(),
    ]
    assert all(any("scaled to 8" in note for note in examine(content)[0].notes) for content in deep)
