"""Decoding of chunks: the same pixels as in a workspace, and a reason for each image that gives none."""

import hashlib

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from featx_core.distributed.decoding import decode_chunk
from featx_core.distributed.listing import list_images
from featx_core.distributed.plan import Chunk, Listed
from featx_core.workspace.workspace import Workspace

FORM = (32, 32), "crop"


def test_pixels_are_those_of_a_workspace_and_what_is_left_out_is_named(tmp_path, make_png):
    workspace = Workspace.open(":memory:")
    contents = {f"{number}.png": make_png(number, width=90, height=70) for number in range(3)}
    workspace.add(list(contents.items()))
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "cut.png").write_bytes(contents["0.png"][:200])
    names = ["0.png", "gone.png", "1.png", "cut.png", "2.png"]
    decoded = decode_chunk(Chunk(tuple(Listed(str(tmp_path / name)) for name in names)), *FORM)
    assert [image.path.rpartition("/")[2] for image in decoded.images] == ["0.png", "1.png", "2.png"]
    assert decoded.digests == tuple(hashlib.sha256(contents[f"{number}.png"]).hexdigest() for number in range(3))
    for pixels, image in zip(decoded.pixels, workspace.images(), strict=True):
        np.testing.assert_array_equal(pixels, image.fitted(*FORM))
    assert dict(decoded.left_out) == {
        str(tmp_path / "gone.png"): "does not exist",
        str(tmp_path / "cut.png"): "the file ends early",
    }


def test_images_of_a_parquet_file_come_with_their_labels(tmp_path, make_png):
    path = str(tmp_path / "images.parquet")
    images = [{"bytes": make_png(number), "path": None} for number in range(5)] + [{"bytes": None, "path": "x"}]
    table = pa.table({"image": images, "label": [0, 1, 0, 1, 0, None]})
    parquet.write_table(table, path, row_group_size=2)
    decoded = decode_chunk(Chunk(tuple(list_images([path])[1:])), *FORM)
    assert [(image.path, image.label) for image in decoded.images] == [
        (f"{path}#{row}", str(row % 2)) for row in range(1, 5)
    ]
    assert decoded.digests[0] == hashlib.sha256(images[1]["bytes"]).hexdigest()
    assert decoded.left_out == ((f"{path}#5", "holds no bytes of an image"),)


def test_a_parquet_file_that_vanishes_names_all_its_images(tmp_path):
    images = tuple(Listed(f"x#{row}", None, str(tmp_path / "x.parquet"), row) for row in range(2))
    assert decode_chunk(Chunk(images), *FORM).left_out == (("x#0", "does not exist"), ("x#1", "does not exist"))
