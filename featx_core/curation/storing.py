"""Results that are stored as JSON."""

from __future__ import annotations

import json
import typing
from typing import Self

from featx_core.base.files.digests import canonical_json
from featx_core.specs.field_types import matches
from featx_core.specs.fields import from_fields, to_fields


class Stored:
    """A frozen dataclass of JSON values and tuples of them."""

    def to_bytes(self) -> bytes:
        """Write it as JSON."""
        return canonical_json(to_fields(self)).encode("utf-8")

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            found = from_fields(cls, json.loads(content))
            hints = typing.get_type_hints(cls)
            if all(matches(value, hints[name]) for name, value in vars(found).items()):
                return found
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        raise ValueError(f"These bytes are not stored {cls.__name__}.")
