"""The layers of a network: output shapes, stable names, and stages by resolution."""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from featx_core.architecture.patches import patch_side
from featx_core.base.compat import parents_of

if TYPE_CHECKING:
    import keras

SAME_STAGE = 0.75
"""Maps whose sides differ by less than this factor are one stage: convolutions without padding trim a few pixels."""

NOT_A_STAGE = frozenset({"InputLayer", "Rescaling", "Normalization", "ZeroPadding2D", "Cropping2D"})
"""Kinds of layers that only prepare the input of another."""


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a network.

    Attributes:
        index: Its position in `network.layers`, the same in every process.
        name: Its name as in a fresh process. Keras keeps counting ("conv2d_3") within a process.
        kind: The name of its class, such as "Conv2D".
        output_shape: What it gives for one image, without the batch axis.
        n_parameters: Its own.
        n_parameters_so_far: Its own and those of all layers that it needs.
        stage: Alias such as "stage2", counted from the input, when it is the last layer at its resolution (the last that
            no branch runs beside, where there is one); in a network of tokens, when it is the map of the patches after a block;
            else None.
        is_spatial: Whether it gives a map that is wider or higher than one pixel.
    """

    index: int
    name: str
    kind: str
    output_shape: tuple[int, ...]
    n_parameters: int
    n_parameters_so_far: int
    stage: str | None
    is_spatial: bool


def list_layers(network: keras.Model) -> tuple[LayerInfo, ...]:
    """Describe the layers of a flat functional network, from input to output."""
    names = stable_names([(layer.name, type(layer).__name__) for layer in network.layers])
    shapes = [tuple(layer.output.shape[1:]) for layer in network.layers]
    spatial = [len(shape) == 3 and max(shape[:2]) > 1 for shape in shapes]
    kinds = [type(layer).__name__ for layer in network.layers]
    candidates = [i for i, kind in enumerate(kinds) if spatial[i] and kind not in NOT_A_STAGE]
    parents = parents_of(network)
    patches = [i for i in candidates if patch_side(network.layers[i]) is not None]
    stages = numbered_stages(patches) if patches else stages_by_resolution(shapes, candidates, _gates(network, parents))
    totals = _parameters_so_far(network, parents)
    return tuple(
        LayerInfo(i, names[i], kinds[i], shapes[i], layer.count_params(), totals[i], stages.get(i), spatial[i])
        for i, layer in enumerate(network.layers)
    )


def chain_of_layers(
    kinds: Sequence[str], shapes: Sequence[tuple[int, ...]], n_parameters: Sequence[int]
) -> tuple[LayerInfo, ...]:
    """Describe a network whose layers follow one another, as `list_layers` would, without building it.

    Args:
        kinds: The class of each layer, the input first.
        shapes: What each gives for one image.
        n_parameters: The parameters of each.
    """
    names = stable_names([(f"{snake_case(kind)}_{i}", kind) for i, kind in enumerate(kinds)])
    spatial = [len(shape) == 3 and max(shape[:2]) > 1 for shape in shapes]
    candidates = [i for i, kind in enumerate(kinds) if spatial[i] and kind not in NOT_A_STAGE]
    stages = stages_by_resolution(shapes, candidates, set(range(len(kinds))))
    totals = itertools.accumulate(n_parameters)
    rows = zip(names, kinds, shapes, n_parameters, totals, spatial, strict=True)
    return tuple(
        LayerInfo(i, name, kind, shape, own, total, stages.get(i), is_spatial)
        for i, (name, kind, shape, own, total, is_spatial) in enumerate(rows)
    )


def find_layer(layers: Sequence[LayerInfo], layer: int | str | None) -> int:
    """Look a layer up.

    Args:
        layers: As `list_layers` gives them.
        layer: An index, a stage such as "stage3", a name, or None for the last layer.

    Returns:
        Its index.

    Raises:
        ValueError: If there is no such layer.
    """
    if layer is None:
        return len(layers) - 1
    if isinstance(layer, int):
        if 0 <= layer < len(layers):
            return layer
        raise ValueError(f"`layer` must be 0 to {len(layers) - 1} for this network. Received: {layer}.")
    by_word = {info.name: info.index for info in layers} | {info.stage: info.index for info in layers if info.stage}
    if layer in by_word:
        return by_word[layer]
    stages = [info.stage for info in layers if info.stage]
    near = difflib.get_close_matches(layer, [word for word in by_word if word], n=3)
    hint = f" Close names: {', '.join(near)}." if near else ""
    raise ValueError(f"There is no layer {layer!r} in this network.{hint} Its stages are: {', '.join(stages)}.")


def stable_names(names_and_kinds: Sequence[tuple[str, str]]) -> list[str]:
    """Number the names that Keras made up as a fresh process does, so that they mean the same layer everywhere.

    Keras calls the layers of a second network "conv2d_94", ... where those of the first were "conv2d", "conv2d_1", ...
    in the order in which they were made. Names that the network's author gave are kept.

    Args:
        names_and_kinds: Name and class name of each layer.

    Returns:
        The names, in the same order.

    >>> stable_names([("conv2d_7", "Conv2D"), ("mixed0", "Concatenate"), ("conv2d_5", "Conv2D")])
    ['conv2d_1', 'mixed0', 'conv2d']
    """
    numbers: dict[str, list[int]] = {}
    parts = [_made_up(name, kind) for name, kind in names_and_kinds]
    for stem, number in filter(None, parts):
        numbers.setdefault(stem, []).append(number)
    ranks = {stem: {number: rank for rank, number in enumerate(sorted(found))} for stem, found in numbers.items()}
    stable = []
    for (name, _), part in zip(names_and_kinds, parts, strict=True):
        rank = ranks[part[0]][part[1]] if part else None
        stable.append(name if part is None else f"{part[0]}_{rank}" if rank else part[0])
    return stable


def snake_case(kind: str) -> str:
    """Spell a class name as Keras does in the names that it makes up.

    >>> snake_case("BatchNormalization"), snake_case("Conv2D"), snake_case("ReLU")
    ('batch_normalization', 'conv2d', 're_lu')
    """
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


def _made_up(name: str, kind: str) -> tuple[str, int] | None:
    match = re.fullmatch(rf"({snake_case(kind)})(?:_(\d+))?", name)
    return (match[1], int(match[2] or 0)) if match else None


def stages_by_resolution(
    shapes: Sequence[tuple[int, ...]], candidates: Sequence[int], gates: set[int]
) -> dict[int, str]:
    """Name the last layer at each resolution, see `LayerInfo.stage`.

    Args:
        shapes: What each layer gives for one image.
        candidates: Indices of layers with height and width.
        gates: Indices of layers that no branch runs beside, see `gates_of`.

    Returns:
        The names by index.
    """
    last_at: dict[tuple[int, ...], int] = {}
    for i in candidates:
        last = last_at.get(shapes[i][:2])
        if last is None or i in gates or last not in gates:
            last_at[shapes[i][:2]] = i
    indices = sorted(last_at.values())
    kept = [i for i, following in pairwise(indices) if not _same_stage(shapes[i], shapes[following])] + indices[-1:]
    return numbered_stages(kept)


def numbered_stages(indices: Sequence[int]) -> dict[int, str]:
    """Name layers as stages, in their order. Gives the names by index."""
    return {i: f"stage{number}" for number, i in enumerate(indices, start=1)}


def _same_stage(shape: tuple[int, ...], following: tuple[int, ...]) -> bool:
    return math.sqrt(following[0] * following[1] / (shape[0] * shape[1])) > SAME_STAGE


def _gates(network: keras.Model, parents: Mapping[int, set[int]]) -> set[int]:
    place = {id(operation): i for i, operation in enumerate(network.operations)}
    gates = gates_of([{place[parent] for parent in parents[id(operation)]} for operation in network.operations])
    return {index for index, layer in enumerate(network.layers) if place[id(layer)] in gates}


def gates_of(parents: Sequence[set[int]]) -> set[int]:
    """Return the steps through which all that a network computes must pass: no branch runs beside them.

    Args:
        parents: For each step, in the order in which they are computed, those that it takes from.

    >>> sorted(gates_of([set(), {0}, {0}, {1, 2}]))
    [0, 3]
    """
    reach = list(range(len(parents)))
    for i, before in enumerate(parents):
        for parent in before:
            reach[parent] = max(reach[parent], i)
    gates, furthest = set(), 0
    for i, to in enumerate(reach):
        if furthest <= i:
            gates.add(i)
        furthest = max(furthest, to)
    return gates


def _parameters_so_far(network: keras.Model, parents: Mapping[int, set[int]]) -> list[int]:
    needed: dict[int, frozenset[int]] = {}
    own: dict[int, int] = {}
    for operation in network.operations:
        needed[id(operation)] = frozenset({id(operation)}).union(*(needed[parent] for parent in parents[id(operation)]))
        own[id(operation)] = operation.count_params() if hasattr(operation, "count_params") else 0
    return [sum(own[item] for item in needed[id(layer)]) for layer in network.layers]
