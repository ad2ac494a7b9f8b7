"""The worker: a separate process that owns Keras, and the supervisor through which the server uses it."""

from featx_core.worker.jobs import Job, JobRefusedError, Limits, TaskFailedError
from featx_core.worker.supervisor import Supervisor

__all__ = ["Job", "JobRefusedError", "Limits", "Supervisor", "TaskFailedError"]
