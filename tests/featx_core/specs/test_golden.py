"""Specs are found again by what they were before the modules were moved into rooms: their JSON, digests and titles."""

import json
from pathlib import Path

import pytest

from featx_core.specs.registry import SPECS, spec_from_json
from featx_core.specs.spec import Spec

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "specs.json").read_text(encoding="utf-8"))
MEMBERS = {
    "method", "version", "can_carry_layers", "title", "badge", "picture_input", "takes_images", "rows_per_image",
    "needs_training", "to_json", "digest", "from_fields",
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
def test_no_digest_changed(name):
    known = GOLDEN[name]
    spec = spec_from_json(json.dumps(known["spec"]))
    assert json.loads(spec.to_json()) == known["spec"]
    assert (spec.digest, spec.title) == (known["digest"], known["title"])


def test_every_kind_of_spec_has_golden_digests():
    assert {known["spec"]["method"] for known in GOLDEN.values()} == set(SPECS)
    assert len(GOLDEN) >= 12


def test_the_interface_of_a_spec_is_small_and_does_no_work():
    members = {name for name in {*vars(Spec), *Spec.__annotations__} if not name.startswith("_")}
    assert members == MEMBERS
    assert len(MEMBERS) <= 12
