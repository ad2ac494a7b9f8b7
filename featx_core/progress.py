"""How long work reports its progress, and how it is told to stop."""

from collections.abc import Callable

ProgressCallback = Callable[[int, int], None]
"""Called as `on_progress(done, total)`. It stops the work by raising `Cancelled`."""


class Cancelled(Exception):  # noqa: N818 - a request, not a fault
    """Raised by a progress callback to stop the work. What is finished by then is kept."""
