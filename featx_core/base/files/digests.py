"""Digests: the SHA-256 of canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any


def canonical_json(value: Any) -> str:
    r"""Write JSON values so that equal values give equal text: sorted keys, no spaces, ASCII only.

    Raises:
        ValueError: If there is a NaN or an infinite number.
        TypeError: If something is not a JSON value.

    >>> canonical_json({"b": 1, "a": [None, "ü"]})
    '{"a":[null,"\\u00fc"],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest_of(*parts: Any) -> str:
    """Return the SHA-256 of JSON values, in hexadecimal. Raises as `canonical_json` does."""
    return hashlib.sha256(canonical_json(parts).encode("ascii")).hexdigest()


def digest_of_all(digests: Iterable[str]) -> str:
    """Return the SHA-256 of digests in their order, one a line."""
    return hashlib.sha256("\n".join(digests).encode("ascii")).hexdigest()
