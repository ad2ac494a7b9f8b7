import dataclasses

import pytest

from featx_core.architecture.rows import layer
from featx_core.images.image_set import ImageSet
from featx_core.learning.history import History
from featx_core.learning.labels_seen import CAUTION, home_of, images_seen, labels_caution, saw_labels
from featx_core.learning.record import TrainingRecord
from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.workspace import Workspace

FIRST, SECOND = "a" * 64, "b" * 64
CUSTOM = CustomSequential(
    layers=(layer("Conv2D", filters=4, kernel_size=3),), weights=f"file:{FIRST}", learned="labels"
)
TUNED = FineTuned(class_names=("cat", "dog"), weights=f"file:{SECOND}")


@pytest.fixture
def workspace():
    """Keeps the records of two trainings."""
    made = Workspace.open(":memory:")
    for weights, seen in ((FIRST, ["1", "2"]), (SECOND, ["2", "3"])):
        record = TrainingRecord(History(), f"file:{weights}", {"training": seen, "digests": ["9"]})
        made.put_result(f"trained:{weights}", record.to_bytes())
    return made


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (Pretrained(), set()),
        (Pretrained(weights=f"file:{FIRST}"), set()),
        (dataclasses.replace(CUSTOM, weights="random", learned=None), set()),
        (dataclasses.replace(CUSTOM, learned="contrast"), set()),
        (dataclasses.replace(CUSTOM, learned="autoencoder"), set()),
        (CUSTOM, {"1", "2"}),
        (TUNED, {"2", "3"}),
        (dataclasses.replace(TUNED, base=CUSTOM), {"1", "2", "3"}),
        (Augmented(base=TUNED), {"2", "3"}),
        (LambdaTransform(expressions=("x * 2",), source=Augmented(base=CUSTOM)), {"1", "2"}),
    ],
)
def test_what_learned_from_labels_and_from_which_images(workspace, spec, expected):
    assert saw_labels(spec) == bool(expected)
    assert images_seen(spec, workspace) == expected


def test_without_a_record_any_image_may_have_been_learned_from(workspace):
    elsewhere = dataclasses.replace(TUNED, weights="file:" + "c" * 64)
    assert images_seen(TUNED) is None
    assert images_seen(elsewhere, workspace) is None
    assert images_seen(dataclasses.replace(elsewhere, base=CUSTOM), workspace) is None
    workspace.put_result(f"trained:{SECOND}", TrainingRecord(History(), f"file:{SECOND}", {}).to_bytes())
    assert images_seen(TUNED, workspace) is None
    assert images_seen(Pretrained()) == frozenset()


def test_what_is_said_beside_features_shown_by_the_labels_they_were_trained_on(workspace):
    assert labels_caution(Pretrained(), ["1", "2"], workspace) == ""
    assert (
        labels_caution(TUNED, ["1", "2", "2", "4"], workspace) == f"{CAUTION} Its training saw 1 of the 3 images shown."
    )
    elsewhere = dataclasses.replace(TUNED, weights="file:" + "c" * 64)
    assert labels_caution(elsewhere, ["1"], workspace) == f"{CAUTION} Which images those are is not known here."


def test_images_know_the_workspace_whose_records_count(make_png):
    here, elsewhere = (Workspace.open(":memory:") for _ in range(2))
    for workspace in (here, elsewhere):
        workspace.add([("1.png", make_png(1)), ("2.png", make_png(2))])
    assert home_of(here.images()) is here
    assert home_of(ImageSet([*here.images(), *elsewhere.images()])) is None
    assert home_of(ImageSet([])) is None
    assert home_of(None) is None
