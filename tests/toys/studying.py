"""Studies that are computed at once in this process, with real extractors or with given ones."""

import contextlib

import pytest

from featx_core.architecture.rows import layer
from featx_core.methods.extractors import Extractors
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.studies.work import Work
from featx_core.tasks import studies as tasks
from featx_core.tasks.requests import StudyJob
from tests.toys.entered_runs import Told

SMALL = CustomSequential(
    (layer("Conv2D", filters=5, kernel_size=3, activation="relu"), layer("GlobalAveragePooling2D")), image_size=(16, 16)
)
"""A network that is built within a blink."""


class Given:
    """Stands in for `Extractors`: gives what a function makes of each spec."""

    def __init__(self, make):
        self.make = make

    def has(self, spec):
        return True

    def find(self, spec, workspace, report):
        return self.make(spec)


def do(workspace, *studies, told=None):
    """Compute studies as the worker does; gives its answer."""
    return tasks.compute_studies(workspace, StudyJob(studies).to_parameters(), told or Told())


def done(workspace, study, told=None):
    """Compute a study as the worker does, and find its result."""
    do(workspace, study, told=told)
    return study.find(workspace)


def work_on(workspace, *, told=None, extractors=None):
    return Work(workspace, told or Told(), extractors or Extractors())


@contextlib.contextmanager
def given_extractors(make):
    """Let the task work with given extractors for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "EXTRACTORS", Given(make))
        yield


@contextlib.contextmanager
def watched(workspace):
    """List the kinds of results that a workspace takes, in order."""
    kinds, put = [], workspace.put_result
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            workspace, "put_result", lambda key, content: kinds.append(key.split(":")[0]) or put(key, content)
        )
        yield kinds
