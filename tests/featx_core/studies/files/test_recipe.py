"""A run as code, as a study and from a notebook."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

import featx_core as fx
from featx_core.recipes.references import N_REFERENCES, other_kinds, references
from featx_core.studies.files.recipe import CHECKING, WRITING, RecipeStudy
from tests.toys.entered_runs import Told
from tests.toys.studying import done

PIXELS = fx.LambdaTransform(("channel_mean(x)",), image_size=(16, 16))


def webp(value):
    out = io.BytesIO()
    Image.new("RGB", (30, 20), (value, 90, 40)).save(out, "WEBP", lossless=True)
    return out.getvalue()


@pytest.mark.slow
def test_the_worker_writes_and_runs_it(workspace):
    features = fx.extract(workspace.images(), fx.build(PIXELS), workspace=workspace)
    told = Told()
    found = done(workspace, RecipeStudy(PIXELS.digest), told)
    assert found.is_reproduced
    assert told.stages[:2] == [WRITING, CHECKING]
    with zipfile.ZipFile(io.BytesIO(found.archive)) as file:
        assert file.namelist() == [
            "features.py",
            "features.ipynb",
            "expected.npy",
            *[f"reference/{i}.png" for i in range(1, 5)],
        ]
        assert file.read("features.py").decode() == found.script
    assert fx.run_as_code(features, workspace).script == found.script


def test_features_of_no_run_are_refused(workspace):
    features = fx.Features(np.zeros((1, 3), np.float32), ("a.png",), (None,), ("0" * 64,), PIXELS)
    with pytest.raises(fx.RecipeError, match="does not hold this run"):
        fx.run_as_code(features, workspace)


def test_images_that_a_script_reads_otherwise_are_named_and_written_as_png(make_png):
    workspace = fx.Workspace.open(":memory:")
    workspace.add([("a.webp", webp(1)), ("b.webp", webp(2))])
    images = list(workspace.images())
    assert "2 images of this run are of kinds that the script does not read as featx does (WebP)" in other_kinds(images)
    found = references(images)
    assert [each.name for each in found] == ["1.png", "2.png"]
    assert Image.open(io.BytesIO(found[0].content)).getpixel((0, 0)) == (1, 90, 40)
    workspace.add([(f"{i}.png", make_png(i)) for i in range(6)])
    found = references(list(workspace.images()))
    assert len(found) == N_REFERENCES
    assert found[0].content == make_png(0)
