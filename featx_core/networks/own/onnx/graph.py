"""A network in ONNX as plain data: its steps, its constants, its ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

FLOAT, FLOAT16, DOUBLE = 1, 10, 11
NUMBERS: Mapping[int, str] = MappingProxyType(
    {
        FLOAT: "<f4",
        2: "u1",
        3: "i1",
        4: "<u2",
        5: "<i2",
        6: "<i4",
        7: "<i8",
        9: "?",
        FLOAT16: "<f2",
        DOUBLE: "<f8",
        12: "<u4",
        13: "<u8",
        16: "<u2",
    }
)
"""The kinds of numbers that tensors hold, by ONNX's number, as NumPy calls them; bfloat16 (16) by its bits."""

IS_FLOAT = frozenset({FLOAT, FLOAT16, DOUBLE, 16})


@dataclass(frozen=True, eq=False)
class Tensor:
    """A constant.

    Attributes:
        dims: Its shape.
        kind: A key of `NUMBERS`.
        content: Its values, little-endian.
    """

    dims: tuple[int, ...]
    kind: int
    content: bytes | memoryview

    @property
    def size(self) -> int:
        """How many values it holds."""
        return math.prod(self.dims)

    def values(self) -> np.ndarray:
        """Return the values. Not to be modified."""
        return np.frombuffer(self.content, NUMBERS[self.kind]).reshape(self.dims)


@dataclass(frozen=True, eq=False)
class Node:
    """A step.

    Attributes:
        name: What the layer is called.
        kind: The operator, such as "Conv".
        inputs: The values that it takes; an empty text where one is left out.
        outputs: The values that it gives.
        attributes: Its settings: integers, floats, bytes, tuples of these, or a `Tensor`.
        scopes: The modules of PyTorch that it belongs to, the outermost first, and its own name there, where the file says so.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Value:
    """An input or an output.

    Attributes:
        name: Of the value.
        kind: Of its numbers, a key of `NUMBERS`; 0 where the file does not say.
        dims: Its shape, None where any number goes; None as a whole where the file does not say.
    """

    name: str
    kind: int
    dims: tuple[int | None, ...] | None


@dataclass(frozen=True, eq=False)
class OnnxGraph:
    """A network.

    Attributes:
        nodes: In the order in which they are computed.
        tensors: The constants by name.
        inputs: What it takes, without constants.
        outputs: What it gives.
        opset: The version of ONNX's operators.
        ir_version: The version of the format.
        maker: What wrote the file, such as "pytorch 2.14.1".
    """

    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    opset: int
    ir_version: int
    maker: str

    @property
    def n_parameters(self) -> int:
        """How many numbers its weights are, without those of shapes and indices."""
        return sum(tensor.size for tensor in self.tensors.values() if tensor.kind in IS_FLOAT)
