"""The job that computes studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from featx_core.base.faults import explain_fault
from featx_core.networks.weights_loading import WeightsError
from featx_core.studies.study import Study
from featx_core.studies.work import JobReport, Work
from featx_core.tasks.extractors import EXTRACTORS
from featx_core.tasks.requests import StudyJob
from featx_core.tasks.workspaces import needed

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

_EXPECTED = (ValueError, KeyError, WeightsError)
"""What a study raises when it cannot be computed. One of several may fail while the others go on."""


def compute_studies(workspace: Workspace | None, parameters: Mapping[str, Any], report: JobReport) -> dict[str, Any]:
    """Compute studies and keep each result under its key. Those that are kept already are not computed again.

    Args:
        workspace: Holds images and runs; takes the results.
        parameters: Of a `StudyJob`.
        report: Told of the stages.

    Returns:
        `n_computed`, and `problems`: key to a sentence, for those of several studies that cannot be computed.

    Raises:
        ValueError: If what a study depends on is gone, or the only one that was asked for, or all those that share a pass
            over a network, cannot be computed.
    """
    workspace, asked = needed(workspace), StudyJob.from_parameters(parameters)
    work = Work(workspace, report, EXTRACTORS)
    keys = {study: study.key(workspace) for study in asked.studies}
    missing = {study: key for study, key in keys.items() if study.find(workspace) is None}
    left = dict(missing)
    problems: dict[str, str] = {}
    is_one = len(list(_by_kind(list(keys)))) == 1
    for alike in _by_kind(list(missing)):
        try:
            for study, result in type(alike[0]).compute_many(alike, work):
                work.keep(study, result, key=left.pop(study))
        except _EXPECTED as error:
            if is_one:
                raise
            sentence = explain_fault(error, alike[0].kind).message
            problems |= {left[study]: sentence for study in alike if study in left}
    return {"n_computed": len(missing) - len(left), "problems": problems}


def _by_kind(studies: Sequence[Study[Any]]) -> Iterator[list[Study[Any]]]:
    """Deal studies out: those that share passes over a network together, every other one alone."""
    shared: dict[type[Study[Any]], list[Study[Any]]] = {}
    for study in studies:
        if type(study).compute_many.__func__ is Study.compute_many.__func__:  # type: ignore[attr-defined]
            yield [study]
        else:
            shared.setdefault(type(study), []).append(study)
    yield from shared.values()
