"""The study of model files: the network of an extractor as a `.keras` file."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from featx_core.networks.keras_file import keras_file
from featx_core.specs.spec import Spec
from featx_core.studies.study import Study
from featx_core.studies.work import Storable

if TYPE_CHECKING:
    from featx_core.studies.work import Work
    from featx_core.workspace.workspace import Workspace

SAVING = "Saving the network and reading it back"
SAVING_SECONDS = 180.0
MEMBERS = {"config.json", "model.weights.h5"}
"""What a `.keras` file holds at least."""


@dataclass(frozen=True)
class ModelFile:
    """The bytes of a `.keras` file."""

    content: bytes

    def to_bytes(self) -> bytes:
        """Return the bytes of the file."""
        return self.content

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Take the bytes of the file.

        Raises:
            ValueError: If it is another kind of file.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as file:
                is_whole = set(file.namelist()) >= MEMBERS
        except zipfile.BadZipFile:
            is_whole = False
        if not is_whole:
            raise ValueError("These bytes are not a `.keras` file, or it is damaged. Prepare the file again.")
        return cls(content)


@dataclass(frozen=True)
class ModelFileStudy(Study[ModelFile]):
    """The whole network, saved, read back and compared.

    Attributes:
        spec: The extractor.
    """

    kind: ClassVar[str] = "model_file"
    result: ClassVar[type[Storable]] = ModelFile

    spec: Spec

    def title(self, workspace: Workspace) -> str:
        """The extractor."""
        return f"Saving {self.spec.title}"

    def compute(self, work: Work) -> ModelFile:
        """Save the network and check the copy."""
        extractor = work.extractor(self.spec)
        work.report.stage(SAVING, limit_seconds=SAVING_SECONDS)
        return ModelFile(keras_file(extractor))
