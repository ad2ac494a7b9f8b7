"""What each augmentation does, measured with an extractor known by hand."""

import pytest

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.robustness.effects import augmentation_effects
from featx_core.studies.effects import MEASURING, EffectsStudy
from tests.toys.augmented_toys import Means
from tests.toys.entered_runs import Told
from tests.toys.studying import do, done, given_extractors

NETWORK = fx.Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))
TRANSFORMS = (("rotation", 20.0), ("blur", 1.0))
STUDY = EffectsStudy(NETWORK, TRANSFORMS, 1, 3)


@pytest.fixture
def toys():
    """Let the task work with channel means in place of networks."""
    with given_extractors(lambda spec: Means().build()):
        yield


def test_they_are_what_the_notebook_gives_and_are_kept(workspace, toys):
    told = Told()
    expected = augmentation_effects(workspace.images(), Means().build(), TRANSFORMS, n_copies=1, seed=3)
    assert done(workspace, STUDY, told) == expected
    assert told.stages == [MEASURING]
    do(workspace, STUDY, told=Told(cancel_at=MEASURING))  # not again


def test_a_cancelled_study_keeps_nothing(workspace, toys):
    with pytest.raises(Cancelled):
        do(workspace, STUDY, told=Told(cancel_at=MEASURING))
    assert STUDY.find(workspace) is None


def test_the_order_of_the_transforms_does_not_count(workspace):
    other = EffectsStudy(NETWORK, (("blur", 1), ("rotation", 20)), 1, 3)
    assert other == STUDY
    assert other.key(workspace) == STUDY.key(workspace)


def test_the_key_knows_contents_but_neither_order_nor_names(workspace, make_png):
    other = fx.Workspace.open(":memory:")
    other.add([(f"again/{row}.png", make_png(row)) for row in range(5, -1, -1)])
    assert STUDY.key(other) == STUDY.key(workspace)
    other.remove(["0.png"])
    assert STUDY.key(other) != STUDY.key(workspace)


@pytest.mark.parametrize(
    ("transforms", "words"),
    [((("swirl", 1.0),), "There is no transform 'swirl'"), ((("rotation", 400.0),), "must be 0 to 180")],
)
def test_transforms_that_cannot_be_are_named(transforms, words):
    with pytest.raises(ValueError, match=words):
        EffectsStudy(NETWORK, transforms, 1, 3)
