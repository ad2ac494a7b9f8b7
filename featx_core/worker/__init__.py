"""The worker: a process of its own that owns Keras, and the supervisor that the server talks to it through."""

from featx_core.worker.jobs import Job, JobRefusedError, Limits, TaskFailedError
from featx_core.worker.supervisor import Supervisor

__all__ = ["Job", "JobRefusedError", "Limits", "Supervisor", "TaskFailedError"]
