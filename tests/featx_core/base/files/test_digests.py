"""Canonical JSON and digests."""

import hashlib

import numpy as np
import pytest

from featx_core.base.files.digests import canonical_json, digest_of


def test_equal_values_give_equal_text():
    assert (
        canonical_json({"b": (1, 2), "a": None}) == canonical_json({"a": None, "b": [1, 2]}) == '{"a":null,"b":[1,2]}'
    )


def test_the_digest_is_that_of_the_text():
    assert digest_of(1, {"a": "ü"}) == hashlib.sha256(b'[1,{"a":"\\u00fc"}]').hexdigest()
    assert len({digest_of(1), digest_of("1"), digest_of([1]), digest_of(1, None), digest_of(1.5)}) == 5


def test_canonical_json_refuses_what_is_not_json():
    with pytest.raises(TypeError, match="not JSON serializable"):
        canonical_json({"a": np.float32(1)})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})
