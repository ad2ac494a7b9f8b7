"""Columns that are left out of the features stay known as facts of the rows."""

import json

import pytest

import featx_core as fx
from featx_core.extraction.features import load_features
from featx_core.methods import registry as methods
from featx_core.tables import facts as module
from featx_core.tables.apart.in_json import vectors_from_json, words_to_json
from featx_core.tables.facts import facts_from_json
from featx_core.tables.storing import pack, unpack, unpack_facts

CSV = b"""name,label,x,y,age,city,same,empty
owl,bird,1,2,7,Ulm,a,
cat,pet,3.5,4,,Bern\xe2\x80\xae,a,
dog,pet,4.5,NaN,9,Ulm,a,
eel,fish,5.5,6,2.5,,a,
"""
ROLES = {"age": "left out", "city": "left out", "same": "left out"}
EXPECTED = {"age": (7.0, None, 2.5), "city": ("Ulm", "Bern", None)}


@pytest.fixture
def read():
    return fx.read_vectors(("animals.csv", CSV), roles=ROLES)


def test_left_out_columns_are_kept_for_the_rows_that_are_and_those_that_say_nothing_are_not(read):
    assert read.names == ("owl", "cat", "eel")
    assert dict(read.facts) == EXPECTED


def test_they_go_to_another_process_and_into_a_workspace_and_back(read):
    words = json.loads(json.dumps(words_to_json(read)))
    assert dict(vectors_from_json(words, read.values.tobytes()).facts) == EXPECTED
    assert dict(unpack(pack(read)).facts) == unpack_facts(pack(read)) == EXPECTED


def test_vectors_without_facts_give_the_bytes_that_they_always_gave():
    plain = fx.read_vectors(("points.csv", b"name,x,y\nowl,1,2\ncat,3.5,4"))
    assert b"facts" not in pack(plain)
    assert unpack_facts(pack(plain)) == {}


def test_they_are_what_a_run_and_what_is_derived_from_it_tell_of_each_row(read):
    workspace = fx.Workspace.open(":memory:")
    run = fx.add_vectors(workspace, read, title="Animals")
    derived = fx.LambdaTransform(("x ** 2",), source=run.spec)
    for spec in (run.spec, derived):
        features = load_features(workspace, run.digest)
        told = methods.run_colorings(spec, workspace, features)
        assert {key: (each.title, each.values, each.is_number) for key, each in told.items()} == {
            "column age": ("age (of the file)", EXPECTED["age"], True),
            "column city": ("city (of the file)", EXPECTED["city"], False),
        }


def test_long_texts_are_cut_and_columns_beyond_the_limit_left(monkeypatch):
    monkeypatch.setattr(module, "MAX_FACTS", 1)
    long = b"x,one,two\n1,%b,a\n2,b,b\n3.5,c,d" % (b"w" * 500)
    (cells,) = fx.read_vectors(("t.csv", long), roles={"one": "left out", "two": "left out"}).facts.values()
    assert len(cells[0]) == module.MAX_TEXT


@pytest.mark.parametrize(
    "values", [None, [], {"a": [1]}, {"a": [1, "b"]}, {"a": "xy"}, {"a": [True, False]}, {"a": [[1], 2]}]
)
def test_what_is_no_fact_is_refused(values):
    with pytest.raises(ValueError, match="Facts must be"):
        facts_from_json(values, 2)
