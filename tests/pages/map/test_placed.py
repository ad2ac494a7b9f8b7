"""Images that came after a map was laid out: placed on it with a ring, until it is laid out anew."""

import numpy as np
import pytest

from featx_core.maps.projection import project
from tests.toys.app.map_packs import places
from tests.toys.app.visiting import SPEC, element


def vectors(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 6)).astype(np.float32)


def caption(visitor):
    return " ".join(text.value for text in visitor.tab.main.caption).replace("\\", "")


def grow(visitor, make_png, n_new=3):
    """Add images with features, as a second extraction does."""
    visitor.workspace.add([(f"cat/new{row}.png", make_png(100 + row)) for row in range(n_new)])
    digests = visitor.workspace.images().digests[-n_new:]
    visitor.workspace.vectors.save(SPEC.digest, dict(zip(digests, vectors(n_new, seed=1), strict=True)))
    return visitor.run()


def test_new_images_are_placed_and_the_others_stay(visit, shelve_features, make_png):
    visitor = visit(shelve_features(vectors(20))).open("map")
    before = project(vectors(20), "pca").coordinates
    grow(visitor, make_png)
    found = places(visitor)
    assert found["placed"].tolist() == [0] * 20 + [1] * 3
    shown = found["places"].reshape(-1, 3)[:, :2] * found["unit"] + found["middle"]
    np.testing.assert_allclose(shown[:20], before, atol=1e-5)
    assert "3 images that came later, in a ring, were placed on this map" in caption(visitor)


def test_the_map_is_laid_out_anew_on_request(visit, shelve_features, make_png):
    visitor = grow(visit(shelve_features(vectors(20))).open("map"), make_png)
    visitor.press("Lay out anew")
    assert places(visitor)["placed"].tolist() == [0] * 23
    assert "came later" not in caption(visitor)
    assert "Lay out anew" not in visitor.buttons


@pytest.mark.slow
def test_where_a_first_image_is_gone_it_is_laid_out_anew(visit, shelve_features, make_png):
    visitor = visit(shelve_features(vectors(20))).open("map")
    visitor.workspace.remove(["0.png"])
    grow(visitor, make_png)
    assert places(visitor)["placed"].tolist() == [0] * 22


@pytest.mark.slow
def test_t_sne_places_them_in_the_worker(visit, shelve_features, make_png, worker):
    visitor = visit(shelve_features(vectors(20))).open("map")
    element(visitor, "projection").set_value("tsne")
    visitor.run().run()
    grow(visitor, make_png).run()
    assert worker.submitted == ["map", "placed_map"]
    assert places(visitor)["placed"].sum() == 3


@pytest.mark.parametrize("fact", ["", "x", "20", "20:", "-3:0", "99999999999:1", "20:00000000"])
def test_a_fact_that_was_edited_lays_the_map_out_anew(visit, shelve_features, fact):
    visitor = visit(shelve_features(vectors(12)))
    visitor.workspace.set_fact(f"map_rows:{SPEC.digest[:16]}", fact)
    assert places(visitor.open("map"))["placed"].tolist() == [0] * 12
    assert visitor.has_no_fault
