"""The base class of studies: data that describes a stored result and knows how to compute it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, cast

from featx_core.base.files.digests import digest_of
from featx_core.specs.fields import to_fields
from featx_core.studies.work import Result, Storable, Work

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Study(ABC, Generic[Result]):
    """One result of a workspace: a map, a heatmap, a comparison.

    A subclass is a frozen dataclass in a file of its own. Its fields are what the user chose: JSON values, tuples of them,
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
    result: ClassVar[type[Storable]]

    @abstractmethod
    def title(self, workspace: Workspace) -> str:
        """What to call the computation on a page, such as "t-SNE of MobileNetV2"."""

    @abstractmethod
    def compute(self, work: Work) -> Result:
        """Compute the result.

        Raises:
            ValueError: If it is not possible. The message is a plain sentence.
            Cancelled: If the work should stop.
        """

    def depends_on(self, workspace: Workspace) -> Any:
        """Return what else the result depends on besides the fields, as JSON values."""
        return None

    @classmethod
    def compute_many(cls, studies: Sequence[Self], work: Work) -> Iterator[tuple[Self, Result]]:
        """Compute several studies of this kind. Override it where they share a pass over a network."""
        for study in studies:
            yield study, study.compute(work)

    def key(self, workspace: Workspace) -> str:
        """Name the result in its workspace."""
        about = self.version, repr(self)  # not `self`: 1 and 1.0 are equal, and give two keys
        return workspace.once(about, lambda: self.key_for(self.depends_on(workspace)))

    def key_for(self, depends_on: Any) -> str:
        """Name the result for other images or labels than those that are there now."""
        return f"{self.kind}:{digest_of(self.version, to_fields(self), depends_on)}"

    def find(self, workspace: Workspace) -> Result | None:
        """Fetch the result; None where it is not there, or is not what this version would have written."""
        return self.find_under(self.key(workspace), workspace)

    def find_under(self, key: str, workspace: Workspace) -> Result | None:
        """Fetch a result of this kind that is kept under a key; None as for `find`."""
        content = workspace.result(key)
        try:
            return None if content is None else cast(Result, self.result.from_bytes(content))
        except Exception:  # whatever the content of an edited file makes fail: it is computed again
            return None
