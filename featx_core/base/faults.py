"""From exceptions to messages for the user."""

from __future__ import annotations

import dis
import logging
import secrets
from dataclasses import dataclass
from types import TracebackType

OUT_OF_MEMORY = "The computation ran out of memory (ref {reference}). Choose a smaller batch size or a smaller network."
FAILED = "The computation failed (ref {reference})."
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are mistaken for one another
_PACKAGE = "featx_core"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fault:
    """Why a task failed.

    Attributes:
        message: A plain sentence.
        reference: The code under which the log has more; None when there is no more to know.
        is_out_of_memory: Whether memory ran out, so that the process should not go on.
    """

    message: str
    reference: str | None
    is_out_of_memory: bool = False


def new_reference() -> str:
    """Make a short code that links a message on a page to a line of the log."""
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


def explain_fault(error: Exception, task: str) -> Fault:
    """Find the sentence for an exception, and log the details that it leaves out.

    The text of an exception that featx itself raises is written for people and passes; any other text may hold paths
    and contents, and does not.
    """
    if _is_written_for_people(error):
        return Fault(_text(error), None)
    reference = new_reference()
    _LOG.error("ref %s: %s failed: %s", reference, task, type(error).__qualname__, exc_info=error)
    if is_out_of_memory(error):
        return Fault(OUT_OF_MEMORY.format(reference=reference), reference, True)
    return Fault(FAILED.format(reference=reference), reference)


def _is_written_for_people(error: Exception) -> bool:
    if _is_ours(type(error).__module__):
        return True
    return isinstance(error, ValueError) and _was_raised_here(error.__traceback__)


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(_PACKAGE + ".")


def _was_raised_here(traceback: TracebackType | None) -> bool:
    """Return whether a `raise` of featx raised the exception, and not a function that it called and that is not in Python.

    Such a function (most of numpy) leaves no frame of its own in the traceback.
    """
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    frame = traceback.tb_frame
    instruction = dis.opname[frame.f_code.co_code[traceback.tb_lasti]]
    return _is_ours(frame.f_globals.get("__name__", "")) and instruction == "RAISE_VARARGS"


def _text(error: Exception) -> str:
    return str(error.args[0]) if error.args else str(error)


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, in Python or in TensorFlow."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"
