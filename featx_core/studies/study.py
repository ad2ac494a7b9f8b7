"""What every result that a workspace keeps has in common: it is asked for by data, and knows how to compute itself."""

from __future__ import annotations

import dataclasses
import json
import typing
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar

from featx_core.base.digests import digest_of
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import Spec

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace


class Storable(Protocol):
    """What a workspace keeps as bytes."""

    def to_bytes(self) -> bytes:
        """Write it. Equal results give equal bytes."""

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote. Raises ValueError when it is something else."""


Result = TypeVar("Result", bound=Storable)
Asked = TypeVar("Asked", bound="Study")


@dataclass(frozen=True)
class Study(ABC, Generic[Result]):
    """One result of a workspace: a map, a heatmap, a comparison.

    A subclass is a frozen dataclass in a file of its own. Its fields are what the person chose: JSON values, tuples of them,
    or specs. What else the answer depends on, such as the images and labels of the workspace, stands in `depends_on`. The
    workspace keeps the result under `key`, so that the same study asked for again is not computed again, and one whose
    images have changed is.

    Attributes:
        kind: Names the kind of result in keys and messages.
        version: Raised whenever the same fields begin to give another result.
        result: The class of the result.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    result: ClassVar[type]

    @abstractmethod
    def title(self, workspace: Workspace) -> str:
        """What to call the computation on a page, such as "t-SNE of MobileNetV2"."""

    @abstractmethod
    def compute(self, work: Work) -> Result:
        """Compute the result.

        Raises:
            ValueError: If it cannot be. The message is a plain sentence.
            Cancelled: If the work should stop.
        """

    def depends_on(self, workspace: Workspace) -> Any:
        """Give what else the result depends on besides the fields, as JSON values."""
        return None

    @classmethod
    def compute_many(cls, studies: Sequence[Self], work: Work) -> Iterator[tuple[Self, Result]]:
        """Compute several studies of this kind. Override it where they share a pass over a network."""
        for study in studies:
            yield study, study.compute(work)

    def key(self, workspace: Workspace) -> str:
        """Name the result in its workspace."""
        return f"{self.kind}:{digest_of(self.version, self.to_fields(), self.depends_on(workspace))}"

    def find(self, workspace: Workspace) -> Result | None:
        """Fetch the result; None where it is not there, or another version wrote it in another form."""
        content = workspace.result(self.key(workspace))
        try:
            return None if content is None else self.result.from_bytes(content)
        except ValueError:
            return None

    def to_fields(self) -> dict[str, Any]:
        """Write the study as JSON values: its fields by name."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_fields` wrote.

        Raises:
            ValueError: If a spec among the fields cannot be read.
        """
        hints = typing.get_type_hints(cls)
        return cls(**{name: _frozen(value, hints[name]) for name, value in fields.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        return json.loads(value.to_json())
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _frozen(value: Any, hint: Any) -> Any:
    if hint is Spec:
        return spec_from_json(json.dumps(value))
    return _tuples(value)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
