"""The base class of specs: data with a JSON form and a digest."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
import typing
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from featx_core.specs.field_types import described, matches
from featx_core.specs.picture_input import PictureInput

FILE_WEIGHTS = re.compile(r"file:[0-9a-f]{64}")
"""How a spec names weights that a workspace keeps: by their SHA-256."""

MAX_SEED = 2**32 - 1
_LATER = "later"


class SpecError(ValueError):
    """An invalid spec: an unknown field, a wrong type or an impossible value, named."""


@dataclasses.dataclass(frozen=True)
class Spec(ABC):
    """One way to extract features, with all that its result depends on.

    A subclass is a frozen dataclass whose fields are JSON values, tuples of them, or other specs. It sets `method`, its key
    in `METHODS`, whose row says what builds it. It raises `version` whenever the same fields begin to mean other numbers,
    so that stored features are not mistaken for new ones.
    """

    method: ClassVar[str]
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        hints = _hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not matches(value, hints[field.name]):
                raise SpecError(
                    f"`{field.name}` of {type(self).__name__} must be {described(hints[field.name])}. Received: {value!r}."
                )

    @property
    @abstractmethod
    def title(self) -> str:
        """A name that says what it is, such as "MobileNetV2, last layer, average"."""

    @property
    @abstractmethod
    def badge(self) -> str:
        """Where the weights come from, such as "random weights, untrained". Shown wherever the title is."""

    @property
    @abstractmethod
    def picture_input(self) -> PictureInput | None:
        """How images are brought to the network; None for a spec that takes rows of numbers instead."""

    @property
    def takes_images(self) -> bool:
        """Whether it looks at images, and so has layers, an input to show, and heatmaps."""
        return self.picture_input is not None

    @property
    def can_carry_layers(self) -> bool:
        """Whether it describes a plain network that new layers can be put behind and trained."""
        return False

    @property
    def rows_per_image(self) -> int:
        """Rows of features that each image gives. With more than one, stored arrays have them as first axis."""
        return 1

    @property
    def needs_training(self) -> bool:
        """Whether weights are still to be learned from the images of a workspace: `fx.train` does so, `fx.build` refuses."""
        return False

    def to_json(self) -> str:
        """Write the spec as canonical JSON: sorted keys, no spaces, ASCII only."""
        return self._json

    @functools.cached_property
    def _json(self) -> str:
        return json.dumps(_plain(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal: the same in every process and on every Python version."""
        return hashlib.sha256(self._json.encode("ascii")).hexdigest()

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """Make a spec from the fields of its JSON form. Missing fields take their defaults.

        Raises:
            SpecError: If a field is unknown, lacks a default, or has the wrong type.
        """
        known = {field.name: field for field in dataclasses.fields(cls)}
        unknown = sorted(set(fields) - set(known))
        if unknown:
            raise SpecError(f"{cls.__name__} has no field `{unknown[0]}`. Its fields are: {', '.join(known)}.")
        missing = [name for name, field in known.items() if name not in fields and _is_required(field)]
        if missing:
            raise SpecError(f"{cls.__name__} needs the field `{missing[0]}`.")
        return cls(**{name: _frozen(value) for name, value in fields.items()})


def later(default: Any) -> Any:
    """Make a field that a method was given later: its default is not written, so that earlier digests stay what they were."""
    return dataclasses.field(default=default, metadata={_LATER: True})


_hints = functools.cache(typing.get_type_hints)


def parse_spec(text: str, methods: typing.Mapping[str, type[Spec]]) -> Spec:
    """Read a spec from its JSON form.

    Args:
        text: What `Spec.to_json` wrote.
        methods: The spec classes by their method name.

    Raises:
        SpecError: If the text is not such a form, or names an unknown method, version, field or type.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"A spec must be JSON. Received text that is not: {error}.") from None
    try:
        return _thawed(value, methods)
    except RecursionError:
        raise SpecError("Specs are nested too deeply.") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        told = [field for field in dataclasses.fields(value) if not _goes_without_saying(field, value)]
        fields = {field.name: _plain(getattr(value, field.name)) for field in told}
        return {"method": value.method, "version": value.version, **fields}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _goes_without_saying(field: dataclasses.Field[Any], spec: Spec) -> bool:
    return bool(field.metadata.get(_LATER)) and getattr(spec, field.name) == field.default


def _thawed(value: Any, methods: typing.Mapping[str, type[Spec]]) -> Spec:
    if not isinstance(value, dict) or "method" not in value:
        raise SpecError(f"A spec must be an object with a `method`. Received: {type(value).__name__}.")
    fields = dict(value)
    name = fields.pop("method")
    version = fields.pop("version", None)
    if not isinstance(name, str) or name not in methods:
        raise SpecError(f"There is no method {name!r}. The methods are: {', '.join(methods)}.")
    if version != methods[name].version:
        raise SpecError(f"This featx reads version {methods[name].version} of {name!r}. Received: {version!r}.")
    nested = {key: _thawed(item, methods) if isinstance(item, dict) else item for key, item in fields.items()}
    return methods[name].from_fields(nested)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
