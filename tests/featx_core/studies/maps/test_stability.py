"""The stability of neighbours, measured with an extractor known by hand."""

import pytest

import featx_core as fx
from featx_core.robustness.stability import neighbor_stability
from featx_core.studies.maps.stability import CHANGING, StabilityStudy
from featx_core.tasks import studies as tasks
from tests.toys.augmented_toys import Means
from tests.toys.entered_runs import Told, enter_table
from tests.toys.studying import do, done, given_extractors

NETWORK = fx.Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))
LOST = fx.Pretrained("vgg16", weights="file:" + "0" * 64)
STUDY = StabilityStudy(NETWORK)


@pytest.fixture
def toys():
    """Let the task work with channel means in place of networks."""
    with given_extractors(lambda spec: Means().build()):
        yield


def test_it_is_what_the_notebook_gives_and_is_kept(workspace, toys):
    told = Told()
    assert done(workspace, STUDY, told) == neighbor_stability(workspace.images(), Means().build())
    assert told.stages == [CHANGING.format("MobileNetV3Small")]
    again = Told()
    assert do(workspace, STUDY, told=again) == {"n_computed": 0, "problems": {}}
    assert again.stages == []


def test_those_that_cannot_be_had_leave_the_others_measured(workspace):
    real = tasks.EXTRACTORS
    with given_extractors(lambda spec: real.find(spec, workspace, Told()) if spec == LOST else Means().build()):
        answer = do(workspace, STUDY, StabilityStudy(LOST))
    assert answer["n_computed"] == 1
    assert set(answer["problems"]) == {StabilityStudy(LOST).key(workspace)}
    assert "file" in answer["problems"][StabilityStudy(LOST).key(workspace)]
    assert STUDY.find(workspace) == neighbor_stability(workspace.images(), Means().build())
    assert StabilityStudy(LOST).find(workspace) is None


def test_the_key_knows_contents_but_neither_order_nor_names(workspace, make_png):
    other = fx.Workspace.open(":memory:")
    other.add([(f"again/{row}.png", make_png(row)) for row in range(5, -1, -1)])
    assert STUDY.key(other) == STUDY.key(workspace)
    other.remove(["0.png"])
    assert STUDY.key(other) != STUDY.key(workspace)


def test_the_key_knows_how_images_are_changed(workspace, monkeypatch):
    before = STUDY.key(workspace)
    monkeypatch.setattr("featx_core.studies.maps.stability.MILD", (("rotation", 6.0),))
    assert STUDY.key_for(STUDY.depends_on(workspace)) != before


def test_rows_of_numbers_have_no_stability(workspace, toys):
    table = enter_table(workspace, ("a", "b"), (None, None))
    with pytest.raises(ValueError, match="These are vectors: there are no images to augment"):
        do(workspace, StabilityStudy(table.spec))


def test_too_few_images_are_a_reason(toys, make_png):
    few = fx.Workspace.open(":memory:")
    few.add([(f"{row}.png", make_png(row)) for row in range(3)])
    with pytest.raises(ValueError, match=r"At least 5 different images are needed\. Received: 3\."):
        do(few, STUDY)
