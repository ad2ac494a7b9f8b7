"""Progress of long computations, and cancellation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

ProgressCallback = Callable[[int, int], None]
"""Called as `on_progress(done, total)`. It stops the work by raising `Cancelled`."""


class Cancelled(Exception):  # noqa: N818 - a request, not a fault
    """Raised by a progress callback to stop the work. What is finished by then is kept."""


@runtime_checkable
class StageCallback(Protocol):
    """A progress callback that is also told the stages of long work, one after the other."""

    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        """Begin a stage.

        Args:
            name: What the user reads, such as "Training the head".
            limit_seconds: How long the stage may be silent before it counts as hung; None for the usual time.
        """

    def __call__(self, done: int, total: int) -> None:
        """Tell how many steps of the stage are done. Raises `Cancelled` to stop the work."""


class Stages:
    """A stage callback around a plain progress callback, which is not told the names of the stages.

    Args:
        on_progress: Called with steps done and steps in all of each stage; None is never called.
    """

    def __init__(self, on_progress: ProgressCallback | None = None) -> None:
        self._on_progress = on_progress

    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        """Begin a stage: tell of 0 steps."""
        self(0, 0)

    def __call__(self, done: int, total: int) -> None:
        """Pass the steps on."""
        if self._on_progress is not None:
            self._on_progress(done, total)


def as_stages(on_progress: StageCallback | ProgressCallback | None) -> StageCallback:
    """Turn any progress callback into a stage callback."""
    return on_progress if isinstance(on_progress, StageCallback) else Stages(on_progress)
