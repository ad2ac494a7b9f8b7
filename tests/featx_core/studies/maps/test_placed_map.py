"""New images on an old map: the kept one is taken, and one that is not kept is laid out as it was."""

import numpy as np
import pytest

from featx_core.maps.placing import place
from featx_core.maps.projection import project
from featx_core.studies.maps import placed_map as module
from featx_core.studies.maps.map import MapStudy
from featx_core.studies.maps.placed_map import PlacedMapStudy
from tests.toys.entered_runs import enter_run, picture
from tests.toys.studying import do, done

FAST = (("n_iter", 50),)


@pytest.fixture
def grown(workspace):
    """A workspace with a map of six images, and two images more since."""
    run = enter_run(workspace, "mobilenet_v2")
    do(workspace, MapStudy(run, "tsne", parameters=FAST))
    workspace.add([(f"cat/new{row}.png", picture(90 + row)) for row in range(2)])
    rng = np.random.default_rng(9)
    spec = workspace.ledger.find(run).spec
    workspace.vectors.save(spec.digest, {digest: rng.normal(size=8) for digest in workspace.images().digests[-2:]})
    return workspace, run


def test_the_kept_map_is_taken_and_is_what_the_notebook_gives(grown, monkeypatch):
    workspace, run = grown
    from featx_core.extraction.features import load_features

    vectors = load_features(workspace, run).vectors
    expected = place(project(vectors[:6], "tsne", n_iter=50), vectors, 6)
    monkeypatch.setattr(module, "project", lambda *_, **__: pytest.fail("laid out anew"))
    found = done(workspace, PlacedMapStudy(run, "tsne", 6, parameters=FAST))
    np.testing.assert_allclose(found.coordinates, expected.coordinates, atol=1e-5)
    assert found.details["is_placed"].tolist() == [0] * 6 + [1] * 2


def test_a_map_that_is_not_kept_is_laid_out_as_it_was(grown):
    workspace, run = grown
    found = done(workspace, PlacedMapStudy(run, "tsne", 6, seed=2, parameters=FAST))
    assert found.details["is_placed"].sum() == 2


def test_images_that_are_gone_are_said(grown):
    workspace, run = grown
    with pytest.raises(ValueError, match="no longer all there"):
        do(workspace, PlacedMapStudy(run, "tsne", 9, parameters=FAST))
