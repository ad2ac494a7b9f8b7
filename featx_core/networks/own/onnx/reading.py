"""Gate 1: a file in ONNX is walked without any library. What it declares is held against what it holds."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from featx_core.base.files.file_names import shown_text
from featx_core.networks.own.allowed import MAX_SHOWN
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.limits import MAX_FILE_BYTES, MAX_LAYERS, MAX_PARAMETERS
from featx_core.networks.own.onnx.allowed import DOMAINS, TEXTS, problem_of
from featx_core.networks.own.onnx.consistency import checked
from featx_core.networks.own.onnx.graph import NUMBERS, Node, OnnxGraph, Tensor, Value
from featx_core.networks.own.onnx.wire import Field, Wire, as_bytes, as_floats, as_integer, as_text

MAX_RANK = 8
_SCOPES = "pkg.torch.onnx.name_scopes"
_QUOTED = re.compile(r"'([^'\\]*)'")
_MAX_SCOPES = 4_000  # characters
_EXTERNAL = 1
_DAMAGED = "is damaged: its parts cannot be read. Export the model again."
_FLOAT, _INT, _STRING, _TENSOR, _FLOATS, _INTS, _STRINGS = 1, 2, 3, 4, 6, 7, 8

Beside = Callable[[str], "bytes | None"]
"""From the name of a file beside the model to its bytes; None where it is not there."""


def read_onnx(content: bytes, beside: Beside = lambda name: None) -> OnnxGraph:
    """Read a file in ONNX. Its weights stay where they are in memory.

    Args:
        content: The file.
        beside: Gives the files with weights beside it.

    Raises:
        ModelFileError: If it is damaged, names what is not allowed, declares more than it holds, or lacks a file. The message
            can follow the name of the file.
    """
    return _Reader(beside).model(memoryview(content))


@dataclass
class _Parts:
    """What a graph holds, as it is read."""

    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)


class _Reader:
    """Reads the messages of ONNX, by the numbers of their fields in its `onnx.proto`."""

    def __init__(self, beside: Beside) -> None:
        self._wire = Wire()
        self._left = MAX_FILE_BYTES
        self._beside = functools.cache(beside)  # each file is read once, and holds many weights

    def model(self, message: memoryview) -> OnnxGraph:
        ir_version, opset, maker = 0, 0, ["", ""]
        parts: _Parts | None = None
        for number, value in self._wire.fields(message):
            if number == 1:
                ir_version = as_integer(value)
            elif number in (2, 3):
                maker[number - 2] = shown_text(as_text(value), MAX_SHOWN)
            elif number == 7 and parts is None:
                parts = self._graph(as_bytes(value))
            elif number == 8:
                opset = max(opset, self._opset(as_bytes(value)))
            elif number == 25:
                raise ModelFileError(
                    "holds functions of its own. Export the model with the default settings of its exporter, which writes "
                    "operators in their place."
                )
        if parts is None or not parts.nodes or not parts.outputs or not opset:
            raise ModelFileError("is no model in ONNX, or is damaged. Export the model again.")
        inputs = tuple(value for value in parts.inputs if value.name not in parts.tensors)
        nodes, outputs, words = tuple(parts.nodes), tuple(parts.outputs), " ".join(filter(None, maker))
        return checked(OnnxGraph(nodes, parts.tensors, inputs, outputs, opset, ir_version, words))

    def _opset(self, message: memoryview) -> int:
        fields = dict(self._wire.fields(message))
        domain = as_text(fields[1]) if 1 in fields else ""
        return as_integer(fields.get(2, 0)) if domain in DOMAINS else 0

    def _graph(self, message: memoryview) -> _Parts:
        parts = _Parts()
        for number, value in self._wire.fields(message):
            if number == 1:
                parts.nodes.append(self._node(as_bytes(value)))
            elif number == 5:
                name, tensor = self._tensor(as_bytes(value))
                parts.tensors[name] = tensor
            elif number in (11, 12):
                (parts.inputs if number == 11 else parts.outputs).append(self._value(as_bytes(value)))
            elif number == 15:
                raise ModelFileError("holds sparse weights, which featx does not read. Export them as they are.")
            if len(parts.nodes) > MAX_LAYERS:
                raise ModelFileError(f"has more than {MAX_LAYERS} steps.")
        return parts

    def _node(self, message: memoryview) -> Node:
        ends: dict[int, list[str]] = {1: [], 2: []}
        texts = {3: "", 4: "", 7: ""}
        settings: list[memoryview] = []
        scopes: tuple[str, ...] = ()
        for number, value in self._wire.fields(message):
            if number in ends:
                ends[number].append(as_text(value))
            elif number in texts:
                texts[number] = as_text(value)
            elif number == 5:
                settings.append(as_bytes(value))
            elif number == 9:
                scopes = scopes or self._scopes(as_bytes(value))
        node = Node(texts[3], texts[4], tuple(ends[1]), tuple(ends[2]), {}, scopes)
        if words := problem_of(node, texts[7]):
            raise ModelFileError(words)
        attributes = dict(map(self._attribute, settings))
        kept = {name: value for name, value in attributes.items() if name in TEXTS or not _is_text(value)}
        node = dataclasses.replace(node, attributes=kept)
        if words := problem_of(node, texts[7]):
            raise ModelFileError(words)
        return node

    def _scopes(self, message: memoryview) -> tuple[str, ...]:
        fields = dict(self._wire.fields(message))
        if 1 not in fields or 2 not in fields or as_text(fields[1]) != _SCOPES:
            return ()
        return tuple(_QUOTED.findall(as_text(fields[2])[:_MAX_SCOPES]))

    def _attribute(self, message: memoryview) -> tuple[str, Any]:
        name, kind = "", 0
        single: dict[int, Field] = {}
        rows: dict[int, list[Any]] = {7: [], 8: [], 9: []}
        for number, value in self._wire.fields(message):
            if number == 1:
                name = as_text(value)
            elif number == 20:
                kind = as_integer(value)
            elif number == 7:
                found = as_floats(value)
                self._wire.spend(len(found))
                rows[7] += found.tolist()
            elif number == 8:
                rows[8] += self._wire.integers(value)
            elif number == 9:
                rows[9].append(bytes(as_bytes(value)))
            else:
                single[number] = value
        if kind == _TENSOR and 5 in single:
            return name, self._tensor(as_bytes(single[5]))[1]
        plain: dict[int, Any] = {_FLOATS: rows[7], _INTS: rows[8], _STRINGS: rows[9]}
        if kind in plain:
            return name, tuple(plain[kind])
        if kind == _INT:
            return name, as_integer(single.get(3, 0))
        if kind == _FLOAT and len(one := as_floats(single.get(2, memoryview(bytes(4))))) == 1:
            return name, float(one[0])
        if kind == _STRING:
            return name, bytes(as_bytes(single.get(4, memoryview(b""))))
        raise ModelFileError(
            "holds a setting of a kind that featx does not read, such as a network within the network."
        )

    def _value(self, message: memoryview) -> Value:
        name, kind = "", 0
        dims: tuple[int | None, ...] | None = None
        for number, value in self._wire.fields(message):
            if number == 1:
                name = as_text(value)
            elif number == 2:
                for inner, tensor in self._wire.fields(as_bytes(value)):
                    if inner != 1:
                        raise ModelFileError("takes or gives something else than numbers.")
                    kind, dims = self._type(as_bytes(tensor))
        return Value(name, kind, dims)

    def _type(self, message: memoryview) -> tuple[int, tuple[int | None, ...] | None]:
        kind, dims = 0, None
        for number, value in self._wire.fields(message):
            if number == 1:
                kind = as_integer(value)
            elif number == 2:
                dims = tuple(
                    self._side(as_bytes(side)) for inner, side in self._wire.fields(as_bytes(value)) if inner == 1
                )
        return kind, dims

    def _side(self, message: memoryview) -> int | None:
        side = as_integer(dict(self._wire.fields(message)).get(1, 0))
        return side if side > 0 else None

    def _tensor(self, message: memoryview) -> tuple[str, Tensor]:
        name, kind, place = "", 0, 0
        dims: list[int] = []
        raw: memoryview | None = None
        typed: dict[int, list[Any]] = {}
        where: dict[str, str] = {}
        for number, value in self._wire.fields(message):
            if number == 1:
                dims += self._wire.integers(value)
            elif number == 2:
                kind = as_integer(value)
            elif number == 8:
                name = as_text(value)
            elif number == 9:
                raw = as_bytes(value)
            elif number == 13:
                pair = dict(self._wire.fields(as_bytes(value)))
                where[as_text(pair.get(1, memoryview(b"")))] = as_text(pair.get(2, memoryview(b"")))
            elif number == 14:
                place = as_integer(value)
            elif number in (4, 5, 7, 10, 11):
                typed.setdefault(number, []).append(value)
            elif number in (3, 6):
                raise ModelFileError("holds weights that are no numbers, or in segments.")
        if kind not in NUMBERS:
            raise ModelFileError("holds numbers of a kind that featx does not read. Export the model in float32.")
        n_bytes = _n_bytes(dims, kind)
        content = self._external(where, n_bytes) if place == _EXTERNAL else self._inside(raw, typed, kind, n_bytes)
        self._left -= len(content)  # several may lie in one place of a file: written anew, each has its own
        if self._left < 0:
            raise ModelFileError(f"is too large with its weights: the limit is {MAX_FILE_BYTES / 1e6:.0f} MB.")
        if len(content) != n_bytes:
            raise ModelFileError(f"is damaged: it declares weights of {n_bytes:.3g} bytes and holds {len(content)}.")
        return name, Tensor(tuple(dims), kind, content)

    def _inside(
        self, raw: memoryview | None, typed: dict[int, list[Any]], kind: int, n_bytes: int
    ) -> bytes | memoryview:
        if raw is not None or not typed:
            return b"" if raw is None else raw
        if len(typed) > 1:
            raise ModelFileError(_DAMAGED)
        number, values = next(iter(typed.items()))
        if number in (4, 10):  # float32 and float64, in their own bytes
            return b"".join(as_bytes(value) for value in values)
        if n_bytes > 8 * MAX_PARAMETERS:
            raise ModelFileError(_DAMAGED)
        found = np.array([each for value in values for each in self._wire.integers(value)], np.int64)
        small = (
            found.astype(f"<u{np.dtype(NUMBERS[kind]).itemsize}") if kind in (10, 16) else found.astype(NUMBERS[kind])
        )
        return small.tobytes()

    def _external(self, where: dict[str, str], n_bytes: int) -> memoryview:
        """Take weights from a file beside the model."""
        location = where.get("location", "")
        if not location or re.search(r"[/\\:]|^\.\.?$", location.removeprefix("./")):
            raise ModelFileError(
                "leads to weights outside its folder. Export it again, with its weights beside it or inside."
            )
        name = location.removeprefix("./")
        content = self._beside(name)
        if content is None:
            raise ModelFileError(
                f"keeps its weights in a second file, `{shown_text(name, MAX_SHOWN)}`. Bring in both files together, or a zip "
                "of both."
            )
        try:
            start, length = int(where.get("offset", "0")), int(where.get("length", str(n_bytes)))
        except ValueError:
            raise ModelFileError(_DAMAGED) from None
        if start < 0 or length < 0 or start + length > len(content):
            raise ModelFileError(
                f"expects more weights than `{shown_text(name, MAX_SHOWN)}` holds. Bring in the two files of one export."
            )
        return memoryview(content)[start : start + length]


def _is_text(value: Any) -> bool:
    return isinstance(value, bytes) or (isinstance(value, tuple) and any(isinstance(each, bytes) for each in value))


def _n_bytes(dims: list[int], kind: int) -> int:
    if len(dims) > MAX_RANK or any(side < 0 for side in dims):
        raise ModelFileError(_DAMAGED)
    return math.prod(dims) * np.dtype(NUMBERS[kind]).itemsize
