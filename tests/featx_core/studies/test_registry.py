"""What holds for every kind of study: its form in messages, its key, what is kept under it."""

import dataclasses
import json
from pathlib import Path

import pytest

from featx_core.studies.maps.map import MapStudy
from featx_core.studies.registry import STUDIES, study_from_json, study_to_json
from tests.toys.entered_runs import picture
from tests.toys.study_examples import EXAMPLES, ONE, OTHER, filled_with_runs, numbers


@pytest.fixture
def filled():
    return filled_with_runs()


EVENTS = {
    "image": lambda workspace: add_image(workspace, with_features=True),
    "image without features": lambda workspace: add_image(workspace, with_features=False),
    "label": lambda workspace: workspace.set_labels({"0.png": "cat"}),
    "time": lambda workspace: workspace.ledger.save(ONE, {"ms_per_image": 4.0}),
    "another result": lambda workspace: workspace.put_result("map:0", b"0"),
}


def add_image(workspace, *, with_features):
    workspace.add([("cat/new.png", picture(99))])
    if with_features:
        for spec, n_features in ((ONE, 8), (OTHER, 8)):
            workspace.vectors.save(spec.digest, {workspace.images().digests[-1]: numbers(n_features)})


def variants(kind):
    """List a study of a kind and, for each of its fields, one in which that field alone is another."""
    study, others = EXAMPLES[kind].study, EXAMPLES[kind].others
    return [study, *(dataclasses.replace(study, **{name: value}) for name, value in others.items())]


def test_every_kind_has_an_example_a_module_and_tests_of_its_own():
    assert set(EXAMPLES) == set(STUDIES)
    for name, kind in STUDIES.items():
        *folders, module = kind.__module__.removeprefix("featx_core.studies.").split(".")
        assert module == name
        assert Path(__file__).parent.joinpath(*folders, f"test_{name}.py").is_file()


@pytest.mark.parametrize("kind", STUDIES)
def test_every_field_has_another_value(kind):
    assert set(EXAMPLES[kind].others) == {field.name for field in dataclasses.fields(STUDIES[kind])}
    assert type(EXAMPLES[kind].study) is STUDIES[kind]
    assert isinstance(EXAMPLES[kind].result, STUDIES[kind].result)


@pytest.mark.parametrize("kind", STUDIES)
def test_a_message_brings_a_study_back_with_its_key(kind, filled):
    for study in variants(kind):
        again = study_from_json(json.loads(json.dumps(study_to_json(study))))
        assert again == study
        assert hash(again) == hash(study)
        assert again.key(filled) == study.key(filled)


@pytest.mark.parametrize("kind", STUDIES)
def test_the_key_names_the_kind_and_depends_on_every_field(kind, filled):
    keys = [study.key(filled) for study in variants(kind)]
    assert len(set(keys)) == len(keys)
    assert {key.split(":")[0] for key in keys} == {kind}


@pytest.mark.parametrize("kind", STUDIES)
def test_the_key_depends_on_the_version(kind, filled, monkeypatch):
    before = EXAMPLES[kind].study.key(filled)
    monkeypatch.setattr(STUDIES[kind], "version", STUDIES[kind].version + 1)
    assert EXAMPLES[kind].study.key(filled) != before


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("kind", STUDIES)
def test_the_key_changes_with_what_the_answer_depends_on_and_with_nothing_else(kind, event, filled):
    before = EXAMPLES[kind].study.key(filled)
    EVENTS[event](filled)
    assert (EXAMPLES[kind].study.key(filled) != before) is (event in EXAMPLES[kind].depends_on)


@pytest.mark.parametrize("kind", STUDIES)
def test_the_title_is_a_few_words(kind, filled):
    assert 3 < len(EXAMPLES[kind].study.title(filled)) < 120


@pytest.mark.parametrize("values", [{}, {"kind": "mapp"}, {"kind": None, "run": "0"}])
def test_a_kind_that_there_is_not_is_named_with_those_there_are(values):
    with pytest.raises(ValueError, match=r"There is no study .*\. The studies are: map, heatmap, "):
        study_from_json(values)


def test_a_spec_that_cannot_be_read_is_told():
    with pytest.raises(ValueError, match="There is no method 'vgg'"):
        study_from_json({"kind": "kernels", "spec": {"method": "vgg", "version": 1}})


def test_equal_numbers_of_two_kinds_have_two_keys_in_whatever_order_they_are_asked_for(filled):
    whole, broken = (MapStudy(ONE.digest, "tsne", parameters=(("perplexity", value),)) for value in (5, 5.0))
    assert whole == broken
    keys = [study.key(filled) for study in (whole, broken, whole)]
    assert keys[0] == keys[2] == whole.key_for(whole.depends_on(filled))
    assert keys[1] == broken.key_for(broken.depends_on(filled)) != keys[0]
