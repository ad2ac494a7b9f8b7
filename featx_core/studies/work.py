"""What a study receives while it is computed: a workspace, a progress report and extractors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from featx_core.base.files.digests import digest_of
from featx_core.base.progress import StageCallback
from featx_core.extraction.features import Features, load_features

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageRecord, ImageSet
    from featx_core.methods.extractors import Extractors
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.spec import Spec
    from featx_core.workspace.runs import Run
    from featx_core.workspace.workspace import Workspace


class Storable(Protocol):
    """What a workspace keeps as bytes."""

    def to_bytes(self) -> bytes:
        """Write it. Equal results give equal bytes."""

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote. Raises ValueError when it is something else."""


Result = TypeVar("Result", bound=Storable)
Result_co = TypeVar("Result_co", bound=Storable, covariant=True)


class Computable(Protocol[Result_co]):
    """What can be computed and kept: a study."""

    def key(self, workspace: Workspace) -> str:
        """Name the result in its workspace."""

    def find(self, workspace: Workspace) -> Result_co | None:
        """Fetch the result; None where it is not there."""

    def compute(self, work: Work) -> Result_co:
        """Compute the result."""


FIRST_BATCH_SECONDS = 120.0  # the first batch also compiles the network


class JobReport(StageCallback, Protocol):
    """A report of stages that also takes notes on the state of the process.

    Attributes:
        needs_reset: Whether the job built or traced a network, so that the next one should begin with a reset.
        needs_fresh_worker: Whether memory ran out on the way, so that the process should not go on after this job.
    """

    needs_reset: bool
    needs_fresh_worker: bool


class Work:
    """One job over a workspace.

    Attributes:
        workspace: Holds images, runs and weights; takes results.
        report: Told of stages and steps. Raises `Cancelled` when the job should stop.
    """

    def __init__(self, workspace: Workspace, report: JobReport, extractors: Extractors) -> None:
        self.workspace = workspace
        self.report = report
        self._extractors = extractors

    def images(self) -> ImageSet:
        """List the images of the workspace."""
        return self.workspace.images()

    def image(self, digest: str) -> ImageRecord:
        """Find an image by its digest.

        Raises:
            ValueError: If it is no longer there.
        """
        return self.images_of([digest])[0]

    def images_of(self, digests: Iterable[str]) -> list[ImageRecord]:
        """Find images by their digests, in that order.

        Raises:
            ValueError: If one is no longer there.
        """
        wanted = list(digests)
        known = self.images().by_digest(wanted)
        try:
            return [known[digest] for digest in wanted]
        except KeyError:
            raise ValueError("This image is no longer in the workspace. Pick another one.") from None

    def features(self, run_digest: str) -> Features:
        """Fetch the features of a run for the images that the workspace holds now.

        Raises:
            ValueError: If the run or all its images are gone.
        """
        features = load_features(self.workspace, run_digest)
        if features is None:
            raise ValueError("This run is no longer in the workspace. Pick another one, or extract again.")
        return features

    def has_extractor(self, spec: Spec) -> bool:
        """Return whether the network of a spec stands ready."""
        return self._extractors.has(spec)

    def extractor(self, spec: Spec) -> Extractor:
        """Return the extractor of a spec, built where it is not one of the last that were used."""
        return self._extractors.find(spec, self.workspace, self.report)

    def fetch(self, study: Computable[Result]) -> Result:
        """Return the result of another study: the one that is kept, or computed now and kept."""
        found = study.find(self.workspace)
        if found is None:
            key = study.key(self.workspace)
            found = study.compute(self)
            self.keep(study, found, key=key)
        return found

    def remember(self, kind: str, parts: Sequence[Any], compute: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return a part of a result, JSON values: the one that is kept, or computed now and kept.

        Args:
            kind: Names the kind of part.
            parts: All that it depends on, JSON values.
            compute: Computes it.
        """
        key = f"{kind}:{digest_of(*parts)}"
        found = _read_mapping(self.workspace.result(key))
        if found is None:
            found = compute()
            self.workspace.put_result(key, json.dumps(found).encode("utf-8"))
        return found

    def keep(self, study: Computable[Result], result: Result, *, key: str) -> None:
        """Keep the result of a study, unless the images or labels that it depends on have changed meanwhile.

        Args:
            study: What was computed.
            result: What came out.
            key: The key of the study before it was computed.

        Raises:
            DiskFullError: If the file cannot grow.
        """
        if study.key(self.workspace) == key:
            self.workspace.put_result(key, result.to_bytes())


def find_run(workspace: Workspace, digest: str) -> Run:
    """Find a run by the digest of its spec.

    Raises:
        ValueError: If it is no longer there.
    """
    run = workspace.ledger.find(digest)
    if run is None:
        raise ValueError("This run is no longer in the workspace. Pick another one, or extract again.")
    return run


def _read_mapping(content: bytes | None) -> Mapping[str, Any] | None:
    try:
        found = None if content is None else json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
