"""The layer sweep as a study."""

import pytest

import featx_core as fx
from featx_core.comparison.layer_sweep import Sweep, sweep_layers
from featx_core.images.duplicates import duplicate_groups
from featx_core.studies.comparisons import sweep as module
from featx_core.studies.comparisons.sweep import SWEEPING, SweepStudy
from featx_core.studies.sketches import COMPARING, LOOKING
from tests.toys.entered_runs import Told, filled_workspace
from tests.toys.studying import SMALL, do, done, given_extractors

STUDY = SweepStudy(SMALL)


@pytest.fixture
def filled():
    return filled_workspace()


@pytest.fixture
def swept(monkeypatch):
    """Let a sweep only note what it was asked for; gives the notes."""
    asked = []

    def pretend(images, extractor, *, groups, workspace, on_progress):
        asked.append((len(images), extractor, len(groups)))
        return Sweep.from_json('{"table": [], "verdict": "", "notes": [], "facts": {"has_labels": false}}')

    monkeypatch.setattr(module, "sweep_layers", pretend)
    with given_extractors(lambda spec: "network"):
        yield asked


@pytest.mark.slow
def test_it_is_what_the_notebook_gives(filled):
    told = Told()
    found = done(filled, STUDY, told)
    images = filled.images()
    expected = sweep_layers(images, fx.build(SMALL), groups=duplicate_groups(images))
    assert found.table.drop(columns="layer").equals(expected.table.drop(columns="layer"))
    assert (found.verdict, found.facts) == (expected.verdict, expected.facts)
    assert told.stages[-3:] == [LOOKING, COMPARING, SWEEPING]


def test_it_is_kept_and_not_swept_again(filled, swept):
    for _ in range(2):
        do(filled, STUDY)
    assert swept == [(24, "network", 24)]
    assert STUDY.find(filled).facts == {"has_labels": False}


def test_one_that_cannot_be_read_is_swept_again(filled, swept):
    filled.put_result(STUDY.key(filled), b"no json")
    do(filled, STUDY)
    assert len(swept) == 1
    assert STUDY.find(filled).facts == {"has_labels": False}
