"""Matching of the models in a file to a network, by the order, names and shapes of layers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from featx_core.architecture.layers import snake_case
from featx_core.networks.saved.models import Place, SavedLayer, SavedModel, place_of

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Expected:
    """A layer of the network that needs weights.

    Attributes:
        place: Where a file has it.
        layer: It itself.
        variables: In the order in which files list them.
    """

    place: Place
    layer: keras.layers.Layer
    variables: Sequence[keras.Variable]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each variable."""
        return [tuple(variable.shape) for variable in self.variables]


@dataclass(frozen=True)
class Match:
    """What a model of a file has for a network.

    Attributes:
        model: The model.
        found: For each layer that is expected, the one in its stead, whatever its shapes are; None: there is none.
        fits: For each layer that is expected, whether its weights are there.
    """

    model: SavedModel
    found: tuple[SavedLayer | None, ...]
    fits: tuple[bool, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every layer has its weights."""
        return all(self.fits)


def expected_layers(network: keras.Model, *, is_older_form: bool) -> list[Expected]:
    """List the layers of a network that need weights, each under its place in a file of that form."""
    if is_older_form:
        listed = [(layer, _variables(layer)) for layer in network.layers]
        needy = [(layer, variables) for layer, variables in listed if variables]
        return [Expected(Place("", number), layer, variables) for number, (layer, variables) in enumerate(needy)]
    leaves = [Expected(place_of(path), layer, _variables(layer)) for path, layer in _leaves(network, "")]
    return [expected for expected in leaves if expected.variables]


def match(expected: Sequence[Expected], model: SavedModel) -> Match:
    """Look for the layers of a network in a model: by their names, or else by their places.

    By names, layers may stand in another order, as long as they are one stretch of the model: others may lie before and behind
    them, but not between, as the network would then be another one, such as ResNet50 in ResNet101.
    """
    by_name = _pair(expected, model, lambda layer: layer.name, lambda wanted: wanted.layer.name)
    if by_name.is_whole and _is_one_stretch(by_name.found):
        return by_name
    return _pair(expected, model, lambda layer: layer.place, lambda wanted: wanted.place)


def _pair(
    expected: Sequence[Expected],
    model: SavedModel,
    key_of_saved: Callable[[SavedLayer], Hashable],
    key_of_expected: Callable[[Expected], Hashable],
) -> Match:
    saved: dict[Any, SavedLayer | None] = {}
    for layer in model.layers:
        key = key_of_saved(layer)
        saved[key] = None if key in saved else layer  # a name that two layers share says nothing
    found = tuple(saved.get(key_of_expected(wanted)) for wanted in expected)
    fits = tuple(
        layer is not None and layer.shapes == wanted.shapes for wanted, layer in zip(expected, found, strict=True)
    )
    return Match(model, found, fits)


def _is_one_stretch(layers: Sequence[SavedLayer | None]) -> bool:
    """Whether the layers of each kind follow one another in the model."""
    numbers: dict[str, list[int]] = {}
    for layer in layers:
        if layer is not None:
            numbers.setdefault(layer.place.kind, []).append(layer.place.number)
    return all(max(found) - min(found) + 1 == len(found) for found in numbers.values())


def _leaves(model: keras.Model, path: str) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Walk a model as Keras 3 does when it names what it saves: by class, numbered within each container."""
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = snake_case(type(layer).__name__)
        number = counts[kind] = counts.get(kind, -1) + 1
        place = f"{path}{kind}_{number}" if number else f"{path}{kind}"
        if hasattr(layer, "layers"):
            yield from _leaves(layer, f"{place}/layers/")
        else:
            yield place, layer


def _variables(layer: keras.layers.Layer) -> list[keras.Variable]:
    return list(layer.trainable_weights + layer.non_trainable_weights)
