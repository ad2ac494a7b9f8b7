"""Explanations of why a weights file does not match a network, with advice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from featx_core.backbones.registry import BACKBONES
from featx_core.base.wording import counted
from featx_core.networks.saved.kinds import BRING_VECTORS
from featx_core.networks.saved.matching import Expected, Match
from featx_core.networks.saved.models import BESIDE, SavedLayer, SavedModel

if TYPE_CHECKING:
    import keras

N_NAMED = 5

_UNCHANGED = "The network was not changed."
_CHOOSE = (
    f"Choose the backbone that the file was made with. If it is not on the list, there is another way. {BRING_VECTORS}"
)


def ambiguous(name: str, matches: Sequence[Match]) -> str:
    """Say that several models of a file fit."""
    names = ", ".join(f"`{match.model.name}`" for match in matches[:N_NAMED])
    return (
        f"`{name}` holds {counted(len(matches), 'model')} that match this network: {names}. {_UNCHANGED} Save one of "
        "them alone, with `model.get_layer(...).save_weights('name.weights.h5')`."
    )


def refusal(name: str, network: keras.Model, expected: Sequence[Expected], matches: Sequence[Match]) -> str:
    """Say what does not fit, against the model of the file that comes nearest, and what would.

    Args:
        name: What to call the file.
        network: The network that wants weights.
        expected: Its layers with weights.
        matches: What each model of the file has for it, the whole file first. None is whole.
    """
    whole = matches[0].model
    if len(matches) == 1 and _is_subclassed(whole):
        return (
            f"`{name}` holds the weights of a subclassed model, which do not tell the order of its layers: "
            f"{_list(map(_describe, whole.layers), len(whole.layers))}. {_UNCHANGED} {BRING_VECTORS}"
        )
    best = max(matches, key=lambda match: sum(match.fits))
    wrong = [i for i, fits in enumerate(best.fits) if not fits]
    words = (f"`{expected[i].layer.name}`: {_difference(expected[i], best.found[i])}" for i in wrong)
    place = f" (in `{best.model.name}`)" if best.model.name else ""
    return (
        f"`{name}`{place} does not match this network: {len(wrong)} of {len(expected)} layers with weights differ. "
        f"{_list(words, len(wrong))}. {_UNCHANGED} {_advice(network, expected, wrong, matches)}"
    )


def _is_subclassed(whole: SavedModel) -> bool:
    """Whether attributes of the author's own class hold layers, and not a list of layers alone."""
    return any(layer.is_beside for layer in whole.layers)


def _advice(network: keras.Model, expected: Sequence[Expected], wrong: Sequence[int], matches: Sequence[Match]) -> str:
    head = _classifier_layers(network)
    if all(id(expected[i].layer) in head for i in wrong):
        return "Everything except the classifier matches: turn the classifier off to use the file."
    titles = _backbones_of_that_size([match.model for match in matches])
    if titles:
        return f"It holds as many weights as {' or '.join(titles)}: choose that backbone."
    return _CHOOSE


def _classifier_layers(network: keras.Model) -> set[int]:
    """Find the layers behind the last map of a network that names classes."""
    if len(network.output.shape) != 2:
        return set()
    maps = [
        i for i, layer in enumerate(network.layers) if len(layer.output.shape) == 4 and max(layer.output.shape[1:3]) > 1
    ]
    return {id(layer) for layer in network.layers[max(maps, default=-1) + 1 :]}


def _backbones_of_that_size(models: Sequence[SavedModel]) -> list[str]:
    """Name the backbones that have as many weights as a model of a file, with its dense layers or without them."""
    sizes = {size for model in models for size in _sizes(model)}
    return [
        row.title
        for row in BACKBONES.values()
        if row.n_parameters in sizes or (row.has_classifier and row.n_parameters_with_top in sizes)
    ]


def _sizes(model: SavedModel) -> Iterator[int]:
    yield sum(layer.n_values for layer in model.layers)
    yield sum(layer.n_values for layer in model.layers if not _is_dense(layer))


def _is_dense(layer: SavedLayer) -> bool:
    return max(map(len, layer.shapes), default=0) == 2


def _difference(expected: Expected, found: SavedLayer | None) -> str:
    return f"the network has {_shapes(expected.shapes)}, the file {_shapes(found.shapes if found else ())}"


def _describe(layer: SavedLayer) -> str:
    return f"`{str(layer.place).removeprefix(BESIDE)}` {_shapes(layer.shapes)}"


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    """Spell shapes out; several alike are counted."""
    groups = [(shape, len(list(alike))) for shape, alike in itertools.groupby(shapes)]
    return " and ".join(f"{count} x {shape}" if count > 1 else str(shape) for shape, count in groups) or "nothing"


def _list(words: Iterator[str], count: int) -> str:
    """Spell the first few out, and count the rest."""
    first = "; ".join(word for word, _ in zip(words, range(N_NAMED), strict=False))
    return first if count <= N_NAMED else f"{first}; and {count - N_NAMED} more"
