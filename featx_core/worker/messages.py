"""Messages about jobs that did not finish."""

from __future__ import annotations

_KEPT = "Finished results are kept. Other work was not affected."

BUSY = "The server is busy; your files are kept. Try again in a moment."
CLOSED = "The computation was stopped because the app was closed."


def too_many(limit: int) -> str:
    """Say that this owner has enough jobs."""
    return f"You have {limit} computations running or waiting already. Wait until one is done, or cancel one."


def died(reference: str) -> str:
    """Say that the worker ended in the middle of the job."""
    return f"The computation stopped unexpectedly (ref {reference}). Other work was not affected."


def stalled(seconds: float, how_far: str, reference: str) -> str:
    """Say that a job gave no sign of life."""
    return f"The computation did not answer for {seconds:.0f} s and was ended {how_far} (ref {reference}). {_KEPT}"


def took_too_long(seconds: float, how_far: str, reference: str) -> str:
    """Say that a job ran for longer than jobs may."""
    return f"The computation was ended {how_far}: the limit for one job is {seconds:.0f} s (ref {reference}). {_KEPT}"


def too_large(n_bytes: int, limit: int, how_far: str, reference: str) -> str:
    """Say that a job took more memory than the worker may have."""
    used, most = (f"{size / 1024**3:.1f} GB" for size in (n_bytes, limit))
    return (
        f"The computation was ended {how_far}: it used {used} of memory; the limit is {most} (ref {reference}). "
        f"Choose a smaller batch size or a smaller network. {_KEPT}"
    )


def paused(seconds: float) -> str:
    """Say that the worker is not started again at once."""
    return f"The computation stopped several times in a row; it starts again in {seconds:.0f} s. Your job is kept."


def loading(seconds: float, *, is_first: bool, is_held_up: bool) -> str:
    """Say that the worker is on its way, and why that takes long.

    >>> loading(40.2, is_first=True, is_held_up=False)
    'Loading TensorFlow, 40 s so far; only at the first run'
    >>> loading(140, is_first=True, is_held_up=True)
    'Loading TensorFlow, 140 s so far; this computer is busy with other work'
    """
    why = "; this computer is busy with other work" if is_held_up else "; only at the first run" if is_first else ""
    return f"Loading TensorFlow{'' if is_first else ' again'}, {max(seconds, 0.0):.0f} s so far{why}"


def no_answer(seconds: float) -> str:
    """Say that a light request got no answer in time."""
    return f"There was no answer within {seconds:.0f} s: the computer is busy. Try again in a moment."


def how_far(stage: str, done: int, total: int) -> str:
    """Say how far a job got.

    >>> how_far("Extracting", 128, 240)
    'at “Extracting”, 128 of 240'
    """
    steps = f"{done:,} of {total:,}".replace(",", " ")
    return f"at “{stage or 'Starting'}”" + (f", {steps}" if total else "")
