"""What a study is handed."""

import json

import pytest

from featx_core.studies.sketches import SketchesStudy
from featx_core.studies.work import find_run
from tests.toys.entered_runs import enter_run, filled_workspace
from tests.toys.studying import SMALL, watched, work_on


@pytest.fixture
def filled():
    return filled_workspace()


def test_images_are_found_in_the_order_asked_for(filled):
    digests = filled.images().digests
    assert [record.digest for record in work_on(filled).images_of([digests[3], digests[0]])] == [digests[3], digests[0]]
    assert work_on(filled).image(digests[5]).name == "5.png"
    with pytest.raises(ValueError, match="This image is no longer in the workspace"):
        work_on(filled).images_of([digests[0], "0" * 64])


def test_another_study_is_fetched_where_it_is_kept_and_else_computed_and_kept(filled):
    study = SketchesStudy(tuple(filled.images().digests[:2]))
    with watched(filled) as kinds:
        first, second = (work_on(filled).fetch(study) for _ in range(2))
    assert kinds == ["sketches"]
    assert first.to_bytes() == second.to_bytes()


@pytest.mark.parametrize("spoilt", [None, b"no json", b"[1]", b"\xff"])
def test_a_part_is_remembered_by_all_that_it_depends_on(filled, spoilt):
    work, asked = work_on(filled), []

    def compute(number):
        asked.append(number)
        return {"value": 1 / 3, "number": number}

    first = work.remember("part", ["a", 1], lambda: compute(1))
    other = work.remember("part", ["a", 2], lambda: compute(2))
    if spoilt is not None:
        (key,) = filled._store.rows("SELECT key FROM results WHERE bytes = ?", (json.dumps(first).encode(),))[0]
        filled.put_result(key, spoilt)
    assert work.remember("part", ["a", 1], lambda: compute(1)) == first
    assert work.remember("part", ["a", 2], lambda: pytest.fail("computed again")) == other
    assert asked == ([1, 2] if spoilt is None else [1, 2, 1])


def test_an_extractor_that_was_built_stands_ready(filled):
    work = work_on(filled)
    assert not work.has_extractor(SMALL)
    built = work.extractor(SMALL)
    assert work.has_extractor(SMALL)
    assert work.extractor(SMALL) is built


def test_a_run_that_is_gone_is_told(filled):
    digest = enter_run(filled, "mobilenet_v2")
    assert find_run(filled, digest).digest == digest
    with pytest.raises(ValueError, match="This run is no longer in the workspace"):
        find_run(filled, "0" * 64)
    with pytest.raises(ValueError, match="This run is no longer in the workspace"):
        work_on(filled).features("0" * 64)
