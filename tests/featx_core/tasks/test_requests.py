"""Jobs and questions as messages."""

import dataclasses
import json

import pytest

import featx_core as fx
from featx_core.studies.comparisons.kernels import KernelsStudy
from featx_core.studies.maps.map import MapStudy
from featx_core.tasks import requests
from featx_core.tasks.registry import LIGHT_TASKS, TASKS
from featx_core.tasks.requests import (
    CopiesQuestion,
    ExtractJob,
    NeighborsQuestion,
    OutlineQuestion,
    StudyJob,
    WeightsJob,
)

SPEC = fx.Augmented(fx.Pretrained(weights="random"), n_copies=3)
EXAMPLES = (
    ExtractJob(SPEC),
    ExtractJob(SPEC, batch_size=3),
    WeightsJob("vgg16", top=True),
    StudyJob((KernelsStudy(SPEC), MapStudy("0" * 64, "tsne", parameters=(("perplexity", 5),))), ("kernels:0", "map:1")),
    OutlineQuestion(SPEC),
    NeighborsQuestion("0" * 64, "2026-01-01T00:00:00+00:00", "1" * 64, 7, 10),
    CopiesQuestion(SPEC, "0" * 64, SPEC.transforms, 3, 4, True),
)


def test_every_request_has_an_example_and_a_task():
    kinds = {
        kind
        for kind in vars(requests).values()
        if dataclasses.is_dataclass(kind) and kind.__module__ == requests.__name__
    }
    assert kinds == {type(each) for each in EXAMPLES}
    assert {kind.task for kind in kinds} == {*TASKS, *LIGHT_TASKS}


@pytest.mark.parametrize("asked", EXAMPLES, ids=lambda asked: type(asked).__name__)
def test_a_message_brings_a_request_back(asked):
    assert type(asked).from_parameters(json.loads(json.dumps(asked.to_parameters()))) == asked


def test_other_keys_make_another_job():
    one, other = (StudyJob((KernelsStudy(SPEC),), (key,)).to_parameters() for key in ("kernels:0", "kernels:1"))
    assert one != other


@pytest.mark.parametrize("kind", [ExtractJob, OutlineQuestion])
def test_a_spec_that_cannot_be_read_is_told(kind):
    with pytest.raises(ValueError, match="There is no method 'vgg'"):
        kind.from_parameters({"spec": {"method": "vgg", "version": 1}})
