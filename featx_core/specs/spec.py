"""What every way to extract features has in common: it is data, with a JSON form and a digest."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import typing
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from featx_core.specs.field_types import described, matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras
    import numpy as np

    from featx_core.architecture.outline import Outline
    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.extraction.columns import RunColumn
    from featx_core.extraction.features import Features
    from featx_core.images.preprocessing import NetworkInput
    from featx_core.learning.record import Record
    from featx_core.networks.extractor import Extractor
    from featx_core.tables.rows import Rows, Table
    from featx_core.workspace.workspace import Workspace


_LATER = "later"


class SpecError(ValueError):
    """A spec that cannot be: an unknown field, a wrong type or an impossible value, named."""


@dataclasses.dataclass(frozen=True)
class Spec(ABC):
    """One way to extract features, with all that its result depends on.

    A subclass is a frozen dataclass whose fields are JSON values, tuples of them, or other specs. It sets `method`,
    its key in `METHODS`, with its `method_title` and `method_sentence` for people, and raises `version` whenever the same
    fields begin to mean other numbers, so that stored features are not mistaken for new ones. `takes_tables` says whether
    the method can also work in a workspace that holds rows of numbers and no images.
    """

    method: ClassVar[str]
    method_title: ClassVar[str]
    method_sentence: ClassVar[str]
    version: ClassVar[int] = 1
    can_carry_layers: ClassVar[bool] = False
    """Whether new layers can be put behind its network and trained: `architecture` and `build` then give flat networks."""
    takes_tables: ClassVar[bool] = False

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
        """Where the weights come from, in words that may not be left out, such as "random weights, untrained"."""

    @abstractmethod
    def build(self, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> Extractor:
        """Make the network with its weights. Takes seconds, and memory for the weights."""

    @abstractmethod
    def outline(self, workspace: Workspace | None = None) -> Outline:
        """List the layers and the shapes that this spec will give, without any weights."""

    @abstractmethod
    def network_input(self, pixels: np.ndarray) -> NetworkInput:
        """Show what the network receives for one picture (uint8 `(height, width, 3)`). Needs no TensorFlow."""

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names of the values of the network's last layer, if that is a classifier."""
        return None

    @property
    def rows_per_image(self) -> int:
        """Rows of features that each image gives. With more than one, the arrays that are kept have them as first axis."""
        return 1

    @property
    def first_row_is_plain(self) -> bool:
        """Whether the first of several rows of an image is that of the image as it is."""
        return False

    @property
    def is_light(self) -> bool:
        """Whether `outline` needs no Keras, and takes no longer than a click may: pages then need not ask the worker."""
        return False

    @property
    def is_fast(self) -> bool:
        """Whether its network computes in a precision below float32."""
        return False

    @property
    def pace_key(self) -> str:
        """Specs with equal ones take about the same time an image."""
        return self.digest

    @property
    def caption(self) -> str:
        """What people should know of heatmaps and feature maps of this extractor; empty where nothing would surprise."""
        return ""

    @property
    def needs_training(self) -> bool:
        """Whether weights are still to be learned from the images of a workspace: `train` does so, `build` refuses."""
        return False

    def train(self, workspace: Workspace, report: StageCallback) -> Spec:
        """Learn the weights from the images of a workspace, keep them there, and give the spec that names them.

        Training that was finished before, with the same images and labels, is not done again. A cancelled one keeps the
        best weights so far, then lets `Cancelled` through.
        """
        return self

    def training_record(self, workspace: Workspace) -> Record | None:
        """Fetch how the training went or goes, also while it is under way; None where there is none. Needs no TensorFlow."""
        return None

    def kept(self, workspace: Workspace) -> Spec | None:
        """Give the trained spec, where the workspace holds what was learned, be it by a training that was cancelled.

        Needs no TensorFlow. None where nothing was learned yet.
        """
        return None if self.needs_training else self

    def architecture(self) -> tuple[keras.Model, keras.KerasTensor]:
        """Make the network and the tensor of its features, with whatever weights it has at first.

        Raises:
            SpecError: If no layers can be put behind it.
        """
        raise SpecError(f"No layers can be put behind {self.title}: choose a pretrained network or one of your own.")

    def columns(self, workspace: Workspace, features: Features) -> Mapping[str, RunColumn]:
        """Tell what this run says of each image besides the features, such as a predicted class. Needs no TensorFlow."""
        return {}

    @property
    def takes_images(self) -> bool:
        """Whether it looks at images: it has layers, an input to show, heatmaps. If not, `table` gives its rows."""
        return True

    def table(self, workspace: Workspace) -> Table | None:
        """Give the rows of a spec that takes numbers rather than images; None for all that work on images."""
        return None

    @property
    def derived_from(self) -> Spec | None:
        """Another spec whose features are all that `derive` needs to give these, without a network; None: there is none."""
        return None

    def derive(self, values: np.ndarray) -> np.ndarray:
        """Compute features from those of `derived_from`.

        Args:
            values: float32 `(n_images, *feature_shape)`, with the copies as second axis where an image gives several rows.
                Not modified.

        Returns:
            float32, of the same images in the same order.
        """
        raise NotImplementedError(f"{type(self).__name__} is not derived from another spec.")

    def rows(self, workspace: Workspace) -> Rows:
        """List what there are features of in a workspace now, with equal images as often as they are there."""
        table = self.table(workspace)
        return table.rows if table is not None else workspace.rows(self.digest)

    def load(self, workspace: Workspace, digests: Sequence[str]) -> dict[str, np.ndarray]:
        """Fetch the features of some of its `rows`, by digest; those that are not there are left out."""
        table = self.table(workspace)
        if table is None:
            return workspace.vectors.load(self.digest, digests)
        wanted = set(digests)
        return {key: row for key, row in zip(table.digests, table.values, strict=True) if key in wanted}

    def shape_steps(self, outline: Outline) -> tuple[tuple[int, ...] | str, ...]:
        """Tell the way from the input to the features: shapes for one image, and words for what happens in between."""
        return ((*outline.image_size, 3), outline.feature_shape)

    def to_json(self) -> str:
        """Write the spec as canonical JSON: sorted keys, no spaces, ASCII only."""
        return json.dumps(_plain(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal: the same in every process and on every Python version."""
        return hashlib.sha256(self.to_json().encode("ascii")).hexdigest()

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """Make a spec from the fields of its JSON form; missing ones take their defaults.

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
        raise SpecError("A spec may hold another one, but this one holds too many, one in the other.") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        told = [field for field in dataclasses.fields(value) if not _goes_without_saying(field, value)]
        fields = {field.name: _plain(getattr(value, field.name)) for field in told}
        return {"method": value.method, "version": value.version, **fields}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _goes_without_saying(field: dataclasses.Field, spec: Spec) -> bool:
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


def _is_required(field: dataclasses.Field) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
