"""The models in a file of Keras weights, with their layers. The file is untrusted: no code in it is run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from featx_core.base.files.file_names import shown_text

if TYPE_CHECKING:
    import h5py

MAX_LAYERS = 20_000
MAX_GROUPS = 100_000
MAX_DEPTH = 24  # groups within groups
MAX_NAME = 60  # characters of a layer's name that are shown

BESIDE = "/"
"""What the places of layers begin with that stand in no list of layers, but in attributes of a subclassed model."""

_NUMBERED = re.compile(r"(.*?)(?:_(\d{1,6}))?")


class Place(NamedTuple):
    """Where a layer stands in its model: which one of its kind it is. As text, it is spelled as Keras 3 does.

    Attributes:
        kind: As Keras 3 names what it saves: the class, such as "conv2d", after the containers around it. Empty in the older
            form, which lists layers of all kinds one after another.
        number: Counted from 0.
    """

    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}_{self.number}" if self.number else self.kind


@dataclass(frozen=True)
class SavedLayer:
    """A layer with weights, as a file has it.

    Attributes:
        place: In its model.
        name: What its author called it, or Keras did.
        arrays: Not read yet.
    """

    place: Place
    name: str
    arrays: tuple[h5py.Dataset, ...]

    @property
    def is_beside(self) -> bool:
        """Whether an attribute of a subclassed model holds it, which has no order among others."""
        return self.place.kind.startswith(BESIDE)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each array."""
        return [tuple(array.shape) for array in self.arrays]

    @property
    def n_values(self) -> int:
        """How many numbers it has."""
        return sum(math.prod(shape) for shape in self.shapes)


@dataclass(frozen=True)
class SavedModel:
    """A model in a file: the file as a whole, or one that is a layer of another.

    Attributes:
        name: What it was called; empty for the whole file.
        layers: Those with weights, each under its place in this model; those of models within it, too.
    """

    name: str
    layers: tuple[SavedLayer, ...]


def place_of(path: str) -> Place:
    """Read a place from how Keras 3 spells it.

    >>> place_of("conv2d_12"), place_of("sequential_1/layers/dense")
    (Place(kind='conv2d', number=12), Place(kind='sequential_1/layers/dense', number=0))
    """
    container, slash, last = path.rpartition("/")
    match = _NUMBERED.fullmatch(last)
    kind, number = (match[1], match[2]) if match else (last, None)
    return Place(container + slash + kind, int(number or 0))


def is_older_form(file: h5py.File) -> bool:
    """Whether the file lists its layers, as `.h5` files with weights only do, which Keras itself publishes."""
    return "layer_names" in file.attrs or "layer_names0" in file.attrs


def read_models(file: h5py.File) -> list[SavedModel]:
    """List the models of a file, the whole first. No array is read.

    Raises:
        KeyError: If a link leads out of the file, or something that is listed is missing.
        TypeError: If something is no array of numbers.
        ValueError: If there are too many layers.
    """
    return _older_models(file) if is_older_form(file) else _models(file)


def _models(file: h5py.File) -> list[SavedModel]:
    """Find the models in the form of Keras 3, in which each lists its layers in a group "layers"."""
    layers = dict(_layer_groups(file, "", iter(range(MAX_GROUPS))))
    marks = {path[: match.start()] for path in layers for match in re.finditer(r"(?<![^/])layers/", path)}
    models = []
    for root in sorted(marks | {""}):
        start = f"{root}layers/"
        inside = {path.removeprefix(start): group for path, group in layers.items() if path.startswith(start)}
        beside = {} if root else {BESIDE + path: group for path, group in layers.items() if not path.startswith(start)}
        found = tuple(_layer(path, group) for path, group in (*inside.items(), *beside.items()))
        models.append(SavedModel(_given_name(file, root) if root else "", found))
    return models


def _layer_groups(group: h5py.Group, path: str, budget: Iterator[int]) -> Iterator[tuple[str, h5py.Group]]:
    """Walk the groups that hold variables by hard links alone, each under its path; those of an optimizer are left out.

    Links may lead in circles: the walk ends when its budget is used up.
    """
    import h5py

    if path.count("/") > MAX_DEPTH:
        raise ValueError("groups lie too deep")
    for key in group:
        if next(budget, None) is None:
            raise ValueError("too many groups")
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise KeyError(key)
        item = group[key]
        if not isinstance(item, h5py.Group) or (not path and key == "optimizer"):
            continue
        if key != "vars":
            yield from _layer_groups(item, f"{path}{key}/", budget)
        elif path and len(item):
            yield path.removesuffix("/"), item


def _layer(path: str, group: h5py.Group) -> SavedLayer:
    import h5py

    arrays = tuple(child(group, str(i), h5py.Dataset) for i in range(len(group)))
    return SavedLayer(place_of(path), _name_in(group) or path.rpartition("/")[2], arrays)


def _given_name(file: h5py.File, root: str) -> str:
    """Return the name of a model within another: Keras notes it, where it saved that."""
    import h5py

    group = file.get(f"{root}vars")
    return (_name_in(group) if isinstance(group, h5py.Group) else "") or shown_text(root.strip("/"), MAX_NAME)


def _name_in(group: h5py.Group) -> str:
    return shown_text(_text(group.attrs.get("name", "")), MAX_NAME)


def _older_models(file: h5py.File) -> list[SavedModel]:
    """Find the models in the older form: a model within another is one entry with the weights of many layers."""
    entries = [(label, arrays) for label, arrays in older_layers(file) if arrays]
    whole = tuple(
        SavedLayer(Place("", number), shown_text(label, MAX_NAME), tuple(arrays.values()))
        for number, (label, arrays) in enumerate(entries)
    )
    inner = [SavedModel(shown_text(label, MAX_NAME), _split(arrays)) for label, arrays in entries]
    return [SavedModel("", whole), *(model for model in inner if len(model.layers) > 1)]


def older_layers(file: h5py.File) -> Iterator[tuple[str, dict[str, h5py.Dataset]]]:
    """List each entry of the older form with its arrays by name."""
    import h5py

    for label in _names(file, "layer_names"):
        group = child(file, label, h5py.Group)
        yield label, {name: child(group, name, h5py.Dataset) for name in _names(group, "weight_names")}


def _split(arrays: dict[str, h5py.Dataset]) -> tuple[SavedLayer, ...]:
    """Part the weights of a model within another by layer: each is called "<layer>/<variable>"."""
    by_layer: dict[str, list[h5py.Dataset]] = {}
    for name, array in arrays.items():
        by_layer.setdefault(name.rpartition("/")[0], []).append(array)
    return tuple(
        SavedLayer(Place("", number), shown_text(label.rpartition("/")[2], MAX_NAME), tuple(found))
        for number, (label, found) in enumerate(by_layer.items())
    )


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """Read a list of names; long ones are spread over several attributes."""
    if attribute in group.attrs:
        parts = [group.attrs[attribute]]
    else:
        parts = []
        while f"{attribute}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{attribute}{len(parts)}"])
    names = [_text(name) for part in parts for name in part]
    if len(names) > MAX_LAYERS:
        raise ValueError("too many names")
    return names


def _text(value: object) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def child(group: h5py.Group, path: str, kind: type) -> h5py.Group | h5py.Dataset:
    """Follow a path by hard links alone: a soft or external link could lead into another file of this machine.

    Raises:
        KeyError: If there is no such item.
        TypeError: If it is of another kind, or its numbers lie elsewhere.
    """
    import h5py

    item = group
    for part in path.split("/"):
        if not isinstance(item.get(part, getlink=True), h5py.HardLink):
            raise KeyError(path)
        item = item[part]
    if not isinstance(item, kind):
        raise TypeError(path)
    if isinstance(item, h5py.Dataset) and (item.is_virtual or item.external or item.dtype.kind not in "fiu"):
        raise TypeError(path)
    return item
