"""Who waits for which job: their pages are drawn again as soon as it ends, rather than at their next look at it."""

import threading
from collections import OrderedDict

from pages._ui.shell import compat

MAX_WATCHED = 1_000  # jobs; the oldest are forgotten, whose pages look for themselves

_lock = threading.Lock()
_sessions: OrderedDict[str, set[str]] = OrderedDict()  # by the key of the job


def watch(key: str) -> None:
    """Have the page that is being drawn be drawn again when this job ends. Comes before the job is looked at."""
    session = compat.session_id()
    if session is None:
        return
    with _lock:
        _sessions.setdefault(key, set()).add(session)
        while len(_sessions) > MAX_WATCHED:
            _sessions.popitem(last=False)


def job_ended(key: str) -> None:
    """Wake those who wait for this job. Waits for nobody."""
    with _lock:
        waiting = _sessions.pop(key, set())
    for session in waiting:
        compat.wake(session)
