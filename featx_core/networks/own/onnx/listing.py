"""The layers of a network in ONNX: the steps that compute something a user may want, as maps, tokens or rows of values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featx_core.architecture.layers import LayerInfo, gates_of, numbered_stages, stages_by_resolution
from featx_core.networks.own.naming import SEPARATOR
from featx_core.networks.own.onnx.allowed import MOVING
from featx_core.networks.own.onnx.graph import IS_FLOAT, Node, OnnxGraph
from featx_core.networks.own.onnx.layouts import FIRST, LAST, ROW, TOKENS, Layout, Shape, n_first_tokens

CLASS_TOKEN = "class_token"
_ATTENDING = frozenset({"Softmax", "Attention"})
_WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


@dataclass(frozen=True)
class View:
    """How a value is given as the output of a layer.

    Attributes:
        value: Its name.
        axes: What its axes are, see `Layout`; empty where it is given as one row.
        grid: Rows and columns of patches; None where they are no tokens.
        n_first: Tokens before the patches.
        only_first: Whether only the first token is given.
        shape: Of the output for one image.
    """

    value: str
    axes: str
    shape: Shape
    grid: tuple[int, int] | None = None
    n_first: int = 0
    only_first: bool = False


@dataclass(frozen=True)
class Listed:
    """A layer and how its output is made.

    Attributes:
        info: The layer.
        view: Of its value.
        before: Indices of the layers that it is computed from, its own included.
    """

    info: LayerInfo
    view: View
    before: frozenset[int]


def list_steps(graph: OnnxGraph, shapes: Mapping[str, Shape], layouts: Mapping[str, Layout]) -> tuple[Listed, ...]:
    """List the layers of a network with one output.

    Args:
        graph: The network.
        shapes: Of its values for one image.
        layouts: Of the values that depend on the images.
    """
    end = graph.outputs[0].name
    rows = _rows(graph, shapes, layouts, end)
    parents, own = _graph_of(graph)
    needed = _needed(parents)
    weighted = {number for number, node in enumerate(graph.nodes) if node.kind in _WEIGHTED}
    shown = [view.shape for _, _, view in rows]
    spatial = [len(shape) == 3 and max(shape[:2]) > 1 for shape in shown]
    gates = gates_of(parents)
    candidates = [i for i, (number, _, _) in enumerate(rows) if spatial[i] and not weighted.isdisjoint(needed[number])]
    open_rows = {i for i, (number, _, _) in enumerate(rows) if number in gates}
    blocks = _after_blocks(graph, rows, open_rows)
    stages = numbered_stages(blocks) if blocks else stages_by_resolution(shown, candidates, open_rows)
    places = {number: i for i, (number, _, _) in reversed(list(enumerate(rows)))}
    return tuple(
        Listed(
            LayerInfo(
                i,
                name,
                graph.nodes[number].kind,
                view.shape,
                0 if view.only_first else own[number],
                sum(own[each] for each in needed[number]),
                stages.get(i),
                spatial[i],
            ),
            view,
            frozenset({i, *(places[each] for each in needed[number] if each in places and each != number)}),
        )
        for i, (number, name, view) in enumerate(rows)
    )


def _rows(
    graph: OnnxGraph, shapes: Mapping[str, Shape], layouts: Mapping[str, Layout], end: str
) -> list[tuple[int, str, View]]:
    """List the steps that are shown: their numbers, names and views, and the first token before the last patches."""
    rows = []
    for number, node in enumerate(graph.nodes):
        value = end if end in node.outputs else node.outputs[0]
        view = _view(node, value, shapes.get(value), layouts.get(value), is_end=value == end)
        if view is not None:
            rows.append((number, node.name, view))
    with_first = [i for i, (_, _, view) in enumerate(rows) if view.n_first]
    if with_first:
        number, name, view = rows[with_first[-1]]
        first = View(view.value, view.axes, view.shape[-1:], view.grid, view.n_first, only_first=True)
        rows.insert(with_first[-1], (number, f"{name}{SEPARATOR}{CLASS_TOKEN}", first))
    return rows


def _view(node: Node, value: str, shape: Shape | None, layout: Layout | None, *, is_end: bool) -> View | None:
    """Return how a step is shown; None where it only moves values, or its axes are not known."""
    if shape is None or layout is None or not shape or shape[0] != 1 or (node.kind in MOVING and not is_end):
        return None
    if layout.axes == FIRST and len(shape) == 4:
        return View(value, FIRST, (*shape[2:], shape[1]))
    if layout.axes == LAST and len(shape) == 4:
        return View(value, LAST, shape[1:])
    n_first = n_first_tokens(layout, shape)
    if n_first is not None and layout.grid is not None:
        return View(value, TOKENS, (*layout.grid, shape[2]), layout.grid, n_first)
    if layout.axes in (TOKENS, ROW) and len(shape) == len(layout.axes):
        return View(value, layout.axes, shape[1:])
    return View(value, "", (math.prod(shape),)) if is_end else None


def _after_blocks(graph: OnnxGraph, rows: Sequence[tuple[int, str, View]], open_rows: set[int]) -> list[int]:
    """Return the maps of the patches after each block of attention, and the last one; none in a network without tokens.

    Args:
        graph: The network.
        rows: The layers: their steps, names and views.
        open_rows: Those that no branch runs beside.
    """
    ends = [i for i in sorted(open_rows) if rows[i][2].grid is not None and not rows[i][2].only_first]
    looks = [number for number, node in enumerate(graph.nodes) if node.kind in _ATTENDING]
    before = [[i for i in ends if rows[i][0] < number] for number in looks[1:]]
    return sorted({found[-1] for found in (*before, ends) if found})


def _graph_of(graph: OnnxGraph) -> tuple[list[set[int]], list[int]]:
    """Return the steps that each step takes from, and how many weights each brings that no step before it did."""
    given: dict[str, int] = {}
    seen: set[str] = set()
    parents, own = [], []
    for number, node in enumerate(graph.nodes):
        parents.append({given[name] for name in node.inputs if name in given})
        constants = {name for name in node.inputs if name in graph.tensors} - seen
        own.append(sum(graph.tensors[name].size for name in constants if graph.tensors[name].kind in IS_FLOAT))
        seen |= constants
        given |= dict.fromkeys(node.outputs, number)
    return parents, own


def _needed(parents: list[set[int]]) -> list[frozenset[int]]:
    """Return for each step all that it is computed from, its own included."""
    needed: list[frozenset[int]] = []
    for number, before in enumerate(parents):
        needed.append(frozenset({number}).union(*(needed[parent] for parent in before)))
    return needed
