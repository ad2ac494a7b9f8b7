"""The study of a model that the user brought: what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from featx_core.base.other_process import MAX_WAIT
from featx_core.networks.own.bringing import LOAD_SECONDS, model_facts
from featx_core.networks.own.facts import ModelFacts
from featx_core.studies.study import Study
from featx_core.studies.work import Storable, Work

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

CHECKING = "Loading the model in a process of its own"


@dataclass(frozen=True)
class OwnModelStudy(Study[ModelFacts]):
    """What is known of a `.keras` file in the workspace, after it was loaded where it can do no harm.

    Attributes:
        weights: "file:" and its SHA-256.
    """

    kind: ClassVar[str] = "own_model"
    result: ClassVar[type[Storable]] = ModelFacts

    weights: str

    def title(self, workspace: Workspace) -> str:
        """The file."""
        return f"Checking {workspace.artefacts().get(self.weights.removeprefix('file:'), 'a model')}"

    def compute(self, work: Work) -> ModelFacts:
        """Examine it."""
        work.report.stage(CHECKING, limit_seconds=(MAX_WAIT + 1) * LOAD_SECONDS)
        return model_facts(work.workspace, self.weights)
