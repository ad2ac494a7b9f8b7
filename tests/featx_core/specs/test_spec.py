import dataclasses
import os
import subprocess
import sys
from typing import ClassVar, Literal

import pytest

from featx_core.specs.spec import Spec, SpecError, parse_spec

DIGEST = "2e40b094fbd5977517e3f0f0d1c75642d23ff24924e5127d26aa8ae5493e576b"
"""Of one spec, once and for all: stored features are found again by it."""


@dataclasses.dataclass(frozen=True)
class Toy(Spec):
    method: ClassVar[str] = "toy"

    name: str
    strength: float = 0.5
    size: tuple[int, int] | None = None
    steps: tuple[str, ...] = ()
    mode: Literal["a", "b"] | None = "a"
    inner: Spec | None = None
    is_on: bool = False

    title = badge = "a toy"
    picture_input = None


METHODS = {"toy": Toy}


@pytest.fixture
def toy():
    return Toy("ü", size=(3, 4), steps=("x", "y"), inner=Toy("inside", mode=None, is_on=True))


def test_json_there_and_back(toy):
    again = parse_spec(toy.to_json(), METHODS)
    assert again == toy
    assert again.to_json() == toy.to_json()


def test_json_is_canonical():
    assert Toy("ü").to_json() == (
        '{"inner":null,"is_on":false,"method":"toy","mode":"a","name":"\\u00fc",'
        '"size":null,"steps":[],"strength":0.5,"version":1}'
    )


def test_missing_fields_take_their_defaults():
    assert parse_spec('{"method": "toy", "version": 1, "name": "n"}', METHODS) == Toy("n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must be JSON"),
        ("[1]", "must be an object with a `method`. Received: list"),
        ('{"version": 1}', "must be an object with a `method`"),
        ('{"method": "other", "version": 1}', "no method 'other'. The methods are: toy"),
        ('{"method": ["toy"], "version": 1}', "no method"),
        ('{"method": "toy", "name": "n"}', "reads version 1 of 'toy'. Received: None"),
        ('{"method": "toy", "version": 2, "name": "n"}', "Received: 2"),
        ('{"method": "toy", "version": 1}', "needs the field `name`"),
        ('{"method": "toy", "version": 1, "name": "n", "colour": 1}', "no field `colour`. Its fields are: name"),
        ('{"method": "toy", "version": 1, "name": 3}', "`name` of Toy must be str. Received: 3"),
        ('{"method": "toy", "version": 1, "name": "n", "strength": true}', "`strength` of Toy must be float"),
        (
            '{"method": "toy", "version": 1, "name": "n", "size": [1, 2, 3]}',
            "`size` of Toy must be a tuple of int, int",
        ),
        ('{"method": "toy", "version": 1, "name": "n", "size": [1, "2"]}', "`size` of Toy"),
        ('{"method": "toy", "version": 1, "name": "n", "steps": [1]}', "`steps` of Toy"),
        ('{"method": "toy", "version": 1, "name": "n", "mode": "c"}', "`mode` of Toy must be 'a' or 'b' or None"),
        ('{"method": "toy", "version": 1, "name": "n", "is_on": 1}', "`is_on` of Toy must be bool. Received: 1"),
        ('{"method": "toy", "version": 1, "name": "n", "inner": {"method": "toy", "version": 1}}', "needs the field"),
        ('{"method": "toy", "version": 1, "name": "n", "inner": {"a": 1}}', "must be an object with a `method`"),
    ],
)
def test_wrong_json_is_refused_by_name(text, message):
    with pytest.raises(SpecError, match=message):
        parse_spec(text, METHODS)


def test_every_field_changes_the_digest(toy):
    others = {
        "name": "v",
        "strength": 0.25,
        "size": None,
        "steps": ("y", "x"),
        "mode": "b",
        "inner": None,
        "is_on": True,
    }
    digests = {dataclasses.replace(toy, **{name: value}).digest for name, value in others.items()} | {toy.digest}
    assert len(digests) == 1 + len(others)


@pytest.mark.slow
def test_a_digest_says_the_same_everywhere():
    code = "from featx_core import Pretrained; print(Pretrained('resnet50', weights='random', seed=7).digest)"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert digests == {DIGEST}


def test_the_fields_cannot_be_changed(toy):
    with pytest.raises(dataclasses.FrozenInstanceError):
        toy.name = "other"
