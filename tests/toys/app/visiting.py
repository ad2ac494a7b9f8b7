"""What the tests of the pages share: a worker that works at once in this process, and a visitor."""

import dataclasses
import functools
import gc
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from featx_core.base.faults import explain_fault
from featx_core.base.files.digests import canonical_json
from featx_core.base.keras_setup import load_keras
from featx_core.base.progress import Cancelled
from featx_core.images.image_set import ImageRecord
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks.registry import LIGHT_TASKS, TASKS
from featx_core.tasks.requests import StudyJob
from featx_core.worker.jobs import Job, TaskFailedError
from featx_core.worker.keys import job_key
from featx_core.worker.report import Report
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import library

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0  # seconds
SPEC = Pretrained(backbone="mobilenet_v2", weights="random", image_size=(64, 64))


class InlineWorker:
    """Stands in for the supervisor: does each job at once, in this process, with the real tasks.

    Attributes:
        holds: Whether jobs are taken on and left running instead.
        facts: What the worker says of its machine.
        why_waiting: Why nothing is computed just now.
        submitted: What was asked for, in order: for studies their kind, for other jobs the task.
    """

    def __init__(self) -> None:
        self.holds = False
        self.facts: dict[str, bool] = {}
        self.why_waiting: str | None = None
        self.submitted: list[str] = []
        self._jobs: dict[str, Job] = {}

    def submit(self, task: str, *, workspace_path: str, parameters: Mapping[str, Any], title: str, owner: str) -> Job:
        key = job_key(task, workspace_path, parameters)
        before = self._jobs.get(key)
        if before is None or before.is_finished:
            self.submitted.append(_kind_of(task, parameters))
            job = Job(
                key, task, title, (owner,), workspace_path, dict(parameters), "running", stage="Extracting", total=8
            )
            self._jobs[key] = job
            if not self.holds:
                self.finish(key)
        return self._jobs[key]

    def finish(self, key: str) -> None:
        """Do a job that was held."""
        job = self._jobs[key]
        workspace = Workspace.open(str(job.workspace_path), check=False)
        try:
            leave_keras_to_itself()
            result = TASKS[job.task](workspace, job.parameters, quiet_report())
            self.change(key, state="done", result=json.loads(canonical_json(result)))
        except Cancelled:
            self.change(key, state="cancelled")
        except Exception as error:
            fault = explain_fault(error, job.task)
            self.change(key, state="failed", message=fault.message, reference=fault.reference)
        finally:
            workspace.close()

    def change(self, key: str, **facts: Any) -> None:
        self._jobs[key] = dataclasses.replace(self._jobs[key], **facts)

    def ask(
        self, task: str, parameters: Mapping[str, Any], timeout: float = 10.0, *, workspace_path: str | None = None
    ) -> Any:
        workspace = Workspace.open(workspace_path, check=False) if workspace_path is not None else None
        try:
            leave_keras_to_itself()
            return json.loads(json.dumps(LIGHT_TASKS[task](workspace, parameters)))
        except Exception as error:
            raise TaskFailedError(explain_fault(error, task).message) from None
        finally:
            if workspace is not None:
                workspace.close()

    def job(self, key: str) -> Job | None:
        return self._jobs.get(key)

    def jobs(self, owner: str | None = None) -> list[Job]:
        return [job for job in self._jobs.values() if owner is None or owner in job.owners]

    def cancel(self, key: str, owner: str) -> None:
        self.change(key, state="cancelled")

    def is_waited_for(self, task: str) -> bool:
        return False  # nobody else is here

    def forget(self, key: str) -> None:
        self._jobs.pop(key, None)


def _kind_of(task: str, parameters: Mapping[str, Any]) -> str:
    if task != StudyJob.task:
        return task
    (kind,) = {values["kind"] for values in parameters["studies"]}
    return kind


@functools.cache
def leave_keras_to_itself() -> None:
    """Take what TensorFlow made out of the garbage collector's way, which Streamlit calls after each run of a page."""
    load_keras()
    gc.collect()
    gc.freeze()


def quiet_report() -> Report:
    return Report(1, lambda message: None, lambda: False, lambda: None)


class Visitor:
    """A user with a browser tab: one session of the app."""

    def __init__(self, token: str | None = None) -> None:
        self.tab = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
        if token is not None:
            self.tab.query_params["w"] = token
        self.tab.run()

    @property
    def token(self) -> str:
        return self.tab.session_state["token"]

    @property
    def workspace(self) -> Workspace:
        return library.open_workspace(self.token)

    def open(self, page: str) -> "Visitor":
        self.tab.switch_page(f"pages/{page}.py").run()
        return self

    def run(self) -> "Visitor":
        self.tab.run()
        return self

    def press(self, label: str) -> "Visitor":
        """Press the button with this label, which must be there once."""
        found = [button for button in self.tab.button if button.label == label]
        assert len(found) == 1, f"{label!r} is there {len(found)} times among {self.buttons}"
        found[0].click().run()
        return self

    @property
    def buttons(self) -> list[str]:
        return [button.label for button in self.tab.main.button]

    def until(self, condition: Callable[["Visitor"], Any]) -> "Visitor":
        """Draw the page again and again until the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition(self.run()):
            assert time.monotonic() < deadline, self.words
            time.sleep(0.05)
        return self

    @property
    def words(self) -> str:
        """All the text that the page carries, whatever shows it: labels, captions, tables' names, help, data."""
        return "\n".join(text for node in nodes(self.tab._tree) for text in texts(node))

    @property
    def has_no_fault(self) -> bool:
        return not self.tab.exception and "could not be drawn" not in self.words


def nodes(block: Any) -> Iterator[Any]:
    """Walk all elements and blocks of a page."""
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from nodes(child)


def texts(node: Any) -> Iterator[str]:
    proto = getattr(node, "proto", None)
    if proto is not None and hasattr(proto, "DESCRIPTOR"):
        yield from _strings(MessageToDict(proto))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def keep_run(workspace: Workspace, vectors: np.ndarray, spec: Pretrained = SPEC) -> None:
    rows = dict(zip(workspace.images().digests, np.asarray(vectors, np.float32), strict=True))
    workspace.vectors.save(spec.digest, rows)
    workspace.ledger.save(spec, {"feature_shape": list(vectors.shape[1:]), "seconds": 1.0, "batch_size": 8})


def named(records: list[ImageRecord] | Any, name: str) -> ImageRecord:
    return next(record for record in records if record.name == name)


def element(visitor: Visitor, key: str) -> Any:
    """Find the one element with this key."""
    found = [node for node in nodes(visitor.tab._tree) if getattr(node, "key", None) == key]
    assert len(found) == 1, f"{key!r} is there {len(found)} times"
    return found[0]


def tiles(visitor: Visitor, key: str = "gallery") -> list[dict[str, Any]]:
    """Return what a gallery draws: one mapping a thumbnail."""
    return json.loads(element(visitor, key).proto.json)["items"]
