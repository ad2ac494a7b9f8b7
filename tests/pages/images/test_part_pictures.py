"""A folder of parts on the Images page: its vectors, and the images that can be reached."""

from pathlib import Path

import pytest

import featx_core as fx
from featx_core.images.decoding import ImageError
from pages._ui.shell import imports
from tests.conftest import png
from tests.toys.part_examples import digest_of, write_parts


def is_brought_in(visitor):
    return imports.current(visitor.workspace) is None and visitor.workspace.last_intake() is not None


@pytest.mark.slow
def test_a_folder_of_parts_comes_in_with_its_images(visit, tmp_path):
    (tmp_path / "photos").mkdir()
    paths = [str(tmp_path / "photos" / f"{number}.png") for number in range(6)]
    for number, path in enumerate(paths[:5]):
        Path(path).write_bytes(png(number))
    write_parts(tmp_path / "parts", paths[:4], paths[4:])
    visitor = visit()
    visitor.tab.text_input[0].set_value(str(tmp_path / "parts")).run()
    visitor.press("Bring in")
    words = visitor.words.replace("\\", "")
    assert "Vectors from parts" in words
    assert "6 rows of 4 numbers" in words
    assert "How each column is used" not in words  # they are known
    (box,) = [box for box in visitor.tab.checkbox if box.key.startswith("pictures_")]
    assert "5 images can be reached" in box.label
    visitor.press("Import these vectors").until(is_brought_in)
    workspace = visitor.workspace
    assert sorted(workspace.images().digests) == sorted(map(digest_of, paths[:5]))
    assert set(workspace.images().labels) == {"photos"}
    features = fx.load_features(workspace, workspace.ledger.runs()[0].digest)
    assert set(features.digests) == set(map(digest_of, paths))
    assert "5 rows belong to images of this workspace" in visitor.words
    assert visitor.has_no_fault
    (tmp_path / "photos" / "0.png").unlink()
    with pytest.raises(ImageError, match="is no longer where it was"):
        next(image for image in workspace.images() if image.name == "0.png").read()
