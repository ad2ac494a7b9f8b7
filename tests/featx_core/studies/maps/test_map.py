"""The map of a run as a study."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.specs.augmented import Augmented
from featx_core.studies.maps.map import PROJECTING, MapStudy
from tests.toys.entered_runs import Told, enter_run, filled_workspace
from tests.toys.studying import do, done


@pytest.fixture
def filled():
    return filled_workspace()


@pytest.fixture
def run(filled):
    return enter_run(filled, "mobilenet_v2")


@pytest.mark.parametrize(
    ("name", "n_components", "parameters"), [("pca", 3, {}), ("tsne", 2, {"perplexity": 5, "n_iter": 300})]
)
def test_it_is_what_the_notebook_gives(filled, run, name, n_components, parameters):
    told = Told()
    found = done(filled, MapStudy(run, name, n_components, 4, tuple(parameters.items())), told)
    vectors = fx.load_features(filled, run).vectors
    expected = fx.project(vectors, name, n_components=n_components, seed=4, **parameters)
    np.testing.assert_array_equal(found.coordinates, expected.coordinates)
    assert found.parameters == expected.parameters
    assert found.notes == expected.notes
    assert told.stages == [PROJECTING]


def test_the_order_of_the_parameters_does_not_count(filled, run):
    one, other = (MapStudy(run, "tsne", parameters=pairs) for pairs in ((("a", 1), ("b", 2)), (("b", 2), ("a", 1))))
    assert one == other
    assert one.key(filled) == other.key(filled)


def test_the_rows_of_copies_are_laid_out_or_their_means(filled):
    copies = Augmented(fx.Pretrained("mobilenet_v2", weights="random"), n_copies=2, gives="copies")
    values = np.random.default_rng(0).normal(size=(24, 2, 5)).astype(np.float32)
    filled.vectors.save(copies.digest, dict(zip(filled.images().digests, values, strict=True)))
    filled.ledger.save(copies, {})
    assert done(filled, MapStudy(copies.digest, "pca")).coordinates.shape == (48, 2)
    means = done(filled, MapStudy(copies.digest, "pca", per_image=True))
    np.testing.assert_array_equal(means.coordinates, fx.project(values.mean(axis=1), "pca").coordinates)


def test_the_title_names_projection_and_run(filled, run):
    assert MapStudy(run, "tsne").title(filled) == "t-SNE of MobileNetV2, last layer, average"


def test_a_run_that_is_gone_is_told(filled):
    with pytest.raises(ValueError, match="This run is no longer in the workspace"):
        do(filled, MapStudy("0" * 64, "pca"))


def test_a_run_without_images_is_told(filled, run):
    filled.remove(filled.images().names)
    with pytest.raises(ValueError, match="This run is no longer in the workspace"):
        do(filled, MapStudy(run, "pca"))


def test_images_that_go_while_a_map_is_drawn_leave_no_map_of_others(filled, run):
    """A map of 24 images must not be found where 23 are left."""

    class Removing(Told):
        def __call__(self, done, total):
            if "3.png" in filled.images().names:
                filled.remove(["3.png"])

    do(filled, MapStudy(run, "tsne"), told=Removing())
    assert len(filled.images()) == 23
    assert MapStudy(run, "tsne").find(filled) is None
    assert len(done(filled, MapStudy(run, "tsne")).coordinates) == 23
