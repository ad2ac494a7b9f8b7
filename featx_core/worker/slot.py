"""What the worker is busy with, as the server keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from featx_core.worker.queue import QueuedJob


@dataclass
class Slot:
    """What the worker is busy with.

    Attributes:
        run: Tells this run from an earlier one of the same job.
        record: The job. It may be finished already, for its owners: then `released` is set.
        begun: When the worker was given it, in its own time (see `Child.own_seconds`).
        heard: When the worker last said something of it, in its own time.
        has_begun: Whether it said anything of it.
        limit: Seconds of silence that its stage allows; None for the usual ones.
        released: When the worker was told to let go of it, in its own time.
    """

    run: int
    record: QueuedJob
    begun: float
    heard: float
    has_begun: bool = False
    limit: float | None = None
    released: float | None = None
