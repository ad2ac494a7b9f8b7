"""The wire format of protocol buffers, in which ONNX files are written: its fields, read within bounds and written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from featx_core.networks.own.errors import ModelFileError

MAX_FIELDS = 1_000_000
VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5
_FIXED = {EIGHT_BYTES: 8, FOUR_BYTES: 4}
_MAX_VARINT_BYTES = 10
_DAMAGED = "is damaged: its parts cannot be read. Export the model again."

Field: TypeAlias = "int | memoryview"
Chunks: TypeAlias = list[bytes | memoryview]
"""A message in pieces, so that weights are not copied before all is put together."""


class Wire:
    """Reads messages. The number of fields in all of them is bounded: what they take in memory is bounded by it, too."""

    def __init__(self) -> None:
        self._left = MAX_FIELDS

    def fields(self, message: memoryview) -> Iterator[tuple[int, Field]]:
        """List the fields of a message: their numbers, and an integer or the bytes of each.

        Raises:
            ModelFileError: If the message is damaged, or there are too many fields.
        """
        at, end = 0, len(message)
        while at < end:
            self.spend(1)
            key, at = _varint(message, at)
            number, kind = key >> 3, key & 7
            if kind == VARINT:
                value, at = _varint(message, at)
                yield number, value
                continue
            size = _FIXED.get(kind)
            if kind == BYTES:
                size, at = _varint(message, at)
            if size is None or size > end - at:
                raise ModelFileError(_DAMAGED)
            yield number, message[at : at + size]
            at += size

    def integers(self, value: Field) -> list[int]:
        """Read a repeated field of signed integers, of which files hold one or a row at a time."""
        if isinstance(value, int):
            return [_signed(value)]
        found, at = [], 0
        while at < len(value):
            self.spend(1)
            number, at = _varint(value, at)
            found.append(_signed(number))
        return found

    def spend(self, n_fields: int) -> None:
        """Take so many fields off what may still be read."""
        self._left -= n_fields
        if self._left < 0:
            raise ModelFileError("is too large: it holds too many parts.")


def as_bytes(value: Field) -> memoryview:
    """Return the bytes of a field.

    Raises:
        ModelFileError: If it holds an integer.
    """
    if isinstance(value, int):
        raise ModelFileError(_DAMAGED)
    return value


def as_integer(value: Field) -> int:
    """Return the signed integer of a field.

    Raises:
        ModelFileError: If it holds bytes.
    """
    if not isinstance(value, int):
        raise ModelFileError(_DAMAGED)
    return _signed(value)


def as_text(value: Field) -> str:
    """Return the text of a field. What is no UTF-8 is replaced."""
    return bytes(as_bytes(value)).decode("utf-8", "replace")


def as_floats(value: Field) -> np.ndarray:
    """Return the float32 values of a field.

    Raises:
        ModelFileError: If it holds something else.
    """
    content = as_bytes(value)
    if len(content) % 4:
        raise ModelFileError(_DAMAGED)
    return np.frombuffer(content, "<f4")


def varint(number: int, value: int) -> bytes:
    """Write a field that holds an integer."""
    return _written(number << 3 | VARINT) + _written(value & 0xFFFF_FFFF_FFFF_FFFF)


def text(number: int, value: str) -> bytes:
    """Write a field that holds text."""
    return b"".join(nested(number, [value.encode("utf-8")]))


def integers(number: int, values: Sequence[int]) -> bytes:
    """Write a repeated field of integers."""
    return b"".join(varint(number, value) for value in values)


def floats(number: int, values: Iterable[float]) -> bytes:
    """Write a repeated field of float32 values."""
    return b"".join(_written(number << 3 | FOUR_BYTES) + np.float32(value).tobytes() for value in values)


def nested(number: int, chunks: Chunks) -> Chunks:
    """Write a field that holds another message."""
    size = sum(len(chunk) for chunk in chunks)
    return [_written(number << 3 | BYTES) + _written(size), *chunks]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for position in range(min(_MAX_VARINT_BYTES, len(message) - at)):
        byte = message[at + position]
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + position + 1
    raise ModelFileError(_DAMAGED)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _written(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
