"""The job that computes studies."""

import pytest

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.studies.comparisons.kernels import KernelsStudy
from featx_core.studies.effects import EffectsStudy
from featx_core.studies.maps.map import MapStudy
from featx_core.tasks.requests import StudyJob
from featx_core.tasks.studies import compute_studies
from tests.toys.entered_runs import Told, enter_run, filled_workspace
from tests.toys.studying import SMALL, do, given_extractors, watched


@pytest.fixture
def filled():
    return filled_workspace()


def refuse(spec):
    raise ValueError(f"{spec.title} cannot be had.")


def test_what_is_kept_is_not_computed_again_and_what_is_asked_for_twice_once(filled):
    study = MapStudy(enter_run(filled, "mobilenet_v2"), "pca")
    with watched(filled) as kinds:
        assert do(filled, study, study) == {"n_computed": 1, "problems": {}}
        assert do(filled, study) == {"n_computed": 0, "problems": {}}
    assert kinds == ["map"]


def test_one_of_several_may_fail_while_the_others_go_on(filled, caplog):
    good = MapStudy(enter_run(filled, "mobilenet_v2"), "pca")
    bad = KernelsStudy(fx.Pretrained(weights="random"))
    with given_extractors(lambda spec: {}["network"]):
        answer = do(filled, bad, good)
    assert answer["n_computed"] == 1
    (sentence,) = answer["problems"].values()
    assert list(answer["problems"]) == [bad.key(filled)]
    assert sentence.startswith("The computation failed (ref ")  # a KeyError of ours is no sentence for people
    assert "kernels failed: KeyError" in caplog.text
    assert good.find(filled) is not None


def test_the_only_one_that_fails_fails_the_job(filled):
    with given_extractors(refuse), pytest.raises(ValueError, match=r"cannot be had\."):
        do(filled, KernelsStudy(SMALL))


def test_cancelling_ends_the_job_whatever_is_left(filled):
    run = enter_run(filled, "mobilenet_v2")
    with pytest.raises(Cancelled):
        do(filled, MapStudy(run, "pca"), MapStudy(run, "pca", 3), told=Told(cancel_at="Drawing the map"))
    assert MapStudy(run, "pca").find(filled) is None


def test_a_run_that_is_gone_fails_the_job_since_nothing_can_be_kept_for_it(filled):
    run = enter_run(filled, "mobilenet_v2")
    with pytest.raises(ValueError, match="This run is no longer in the workspace"):
        do(filled, MapStudy(run, "pca"), MapStudy("0" * 64, "pca"))


def test_a_result_whose_images_changed_while_it_was_computed_is_not_kept(filled, make_png):
    class Adding(Told):
        def stage(self, name, *, limit_seconds=None):
            filled.add([("late.png", make_png(99))])

    study = EffectsStudy(SMALL, (("rotation", 20.0),), 1, 0)
    assert do(filled, study, told=Adding())["n_computed"] == 1
    assert study.find(filled) is None
    filled.remove(["late.png"])
    assert study.find(filled) is None


def test_it_needs_a_workspace():
    with pytest.raises(ValueError, match=r"This computation needs a workspace\. Received: none\."):
        compute_studies(None, StudyJob((KernelsStudy(SMALL),)).to_parameters(), Told())
