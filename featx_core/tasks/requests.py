"""Requests to the worker: jobs and questions as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from featx_core.augmentation.transforms import Transforms
from featx_core.specs.fields import from_fields, to_fields
from featx_core.specs.spec import Spec
from featx_core.studies.registry import study_from_json, study_to_json
from featx_core.studies.study import Study


class Request(Protocol):
    """A job or a question.

    Attributes:
        task: The key of the function that does it.
    """

    task: ClassVar[str]

    def to_parameters(self) -> dict[str, Any]:
        """Write it as JSON values."""


class _Fields:
    """A request whose parameters are its fields."""

    def to_parameters(self) -> dict[str, Any]:
        """Write it as JSON values."""
        return to_fields(self)

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Any:
        """Read what `to_parameters` wrote.

        Raises:
            ValueError: If a spec cannot be read.
        """
        return from_fields(cls, parameters)


@dataclass(frozen=True)
class ExtractJob(_Fields):
    """Train what a spec wants trained, and extract the features of all images.

    Attributes:
        spec: What to extract.
        batch_size: Images per forward pass; None picks one.
    """

    task: ClassVar[str] = "extract"

    spec: Spec
    batch_size: int | None = None


@dataclass(frozen=True)
class WeightsJob(_Fields):
    """Download the ImageNet weights of a backbone, unless they are there.

    Attributes:
        backbone: A key of `BACKBONES`.
        top: Whether with the classifier.
    """

    task: ClassVar[str] = "weights"

    backbone: str
    top: bool = False


@dataclass(frozen=True)
class StudyJob:
    """Compute studies and keep their results.

    Attributes:
        studies: What to compute.
        keys: The key of each as the page knows it, so that the job is another one when images or labels change.
    """

    task: ClassVar[str] = "study"

    studies: tuple[Study[Any], ...]
    keys: tuple[str, ...] = ()

    def to_parameters(self) -> dict[str, Any]:
        """Write it as JSON values."""
        return {"studies": [study_to_json(study) for study in self.studies], "keys": list(self.keys)}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> StudyJob:
        """Read what `to_parameters` wrote.

        Raises:
            ValueError: If a study cannot be read.
        """
        studies = tuple(study_from_json(values) for values in parameters["studies"])
        return cls(studies, tuple(parameters.get("keys", ())))


@dataclass(frozen=True)
class OutlineQuestion(_Fields):
    """List the layers and shapes of a network, without weights.

    Attributes:
        spec: The extractor.
    """

    task: ClassVar[str] = "outline"

    spec: Spec


@dataclass(frozen=True)
class NeighborsQuestion(_Fields):
    """Find the images nearest to one image by features that are too many for the server's memory.

    Attributes:
        run: The digest of the run.
        created: When it was last run.
        rows: The digest of all rows of the features, so that a row is the same one here and there.
        row: Which one.
        n_neighbors: How many, at most.
    """

    task: ClassVar[str] = "neighbors"

    run: str
    created: str
    rows: str
    row: int
    n_neighbors: int


@dataclass(frozen=True)
class CopiesQuestion(_Fields):
    """Show the randomly changed copies of one image that an extractor would look at.

    Attributes:
        spec: The extractor: it says how images are fitted.
        image: The digest of the image.
        transforms: Keys of `AUGMENTATIONS` with their strengths.
        n_copies: How many.
        seed: Seeds everything random.
        with_original: Whether the first is the image as it is.
    """

    task: ClassVar[str] = "copies"

    spec: Spec
    image: str
    transforms: Transforms
    n_copies: int
    seed: int
    with_original: bool
