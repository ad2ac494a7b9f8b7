"""Bringing images in and scaling them beside the page, so that leaving it stops nothing."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from featx_core.base.faults import new_reference
from featx_core.base.progress import Cancelled, ProgressCallback
from featx_core.images.examiners import EXAMINERS
from featx_core.images.formats.channels import Channels
from featx_core.worker.jobs import JobRefusedError
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import MAX_UPLOAD_BYTES, MAX_UPLOAD_IMAGES, Workspace

_log = logging.getLogger("featx")
_running: dict[str, "Import"] = {}
_lock = threading.Lock()


@dataclass
class Import:
    """One intake, or one change of how images look, that is going on or has just ended.

    Attributes:
        title: What is shown meanwhile.
        noun: What it is.
        kept: What a stop leaves, in a sentence.
        then: What is done once it is over; not after a stop.
        done: Files that were looked at.
        total: Files in all, as far as known.
        ended: Whether it is over, and what follows has begun.
        message: What went wrong, in words.
        stop: Set to end it.
    """

    title: str
    noun: str = "import"
    kept: str = "Images imported so far are kept."
    then: Callable[[], None] | None = None
    done: int = 0
    total: int = 0
    ended: bool = False
    message: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)


def start(
    workspace: Workspace,
    sources: Iterable[Any],
    *,
    title: str,
    limited: bool,
    expected: int = 0,
    link: bool = False,
    then: Callable[[], None] | None = None,
) -> None:
    """Begin to bring images in. A second intake of the same workspace waits for the first.

    Args:
        workspace: Where they go.
        sources: As `Workspace.add` takes them.
        title: What is shown meanwhile.
        limited: Whether the limits for uploads hold; a local folder is bounded by the disk alone.
        expected: How many images will come, where that is known before.
        link: Whether files of this machine stay where they are.
        then: What is done once all are there, whether or not anybody looks at a page; may raise `JobRefusedError`.
    """
    _begin(
        workspace,
        Import(title, then=then, total=expected),
        lambda on_progress: workspace.add(
            sources,
            max_bytes=MAX_UPLOAD_BYTES if limited else None,
            max_images=MAX_UPLOAD_IMAGES if limited else None,
            link=link,
            on_progress=on_progress,
            look=EXAMINERS.examine,
        ),
    )


def rescale(workspace: Workspace, scaling: str) -> None:
    """Begin to bring the images of more than 8 bits to 8 in another way, see `Workspace.set_rendering`."""
    entry = Import("Scaling your images", noun="scaling", kept="Images are scaled as before.")
    _begin(workspace, entry, lambda on_progress: workspace.set_rendering(scaling=scaling, on_progress=on_progress))


def show_channels(workspace: Workspace, channels: Channels) -> None:
    """Begin to show other channels of the images that have several, see `Workspace.set_rendering`."""
    entry = Import("Changing channels", noun="change", kept="Images are shown as before.")
    _begin(workspace, entry, lambda on_progress: workspace.set_rendering(channels=channels, on_progress=on_progress))


def _begin(workspace: Workspace, entry: Import, work: Callable[[ProgressCallback], object]) -> None:
    with _lock:
        before = _running.get(workspace.path)
        _running[workspace.path] = entry
    threading.Thread(target=_work, args=(work, entry, before), daemon=True).start()


def current(workspace: Workspace) -> Import | None:
    """Return the intake that is going on, or has just ended, or None."""
    return _running.get(workspace.path)


def forget(workspace: Workspace) -> None:
    """Drop an intake that has ended."""
    with _lock:
        entry = _running.get(workspace.path)
        if entry is not None and entry.ended:
            del _running[workspace.path]


def _work(work: Callable[[ProgressCallback], object], entry: Import, before: Import | None) -> None:
    def on_progress(done: int, total: int) -> None:
        entry.done, entry.total = done, max(total, entry.total)
        if entry.stop.is_set():
            raise Cancelled

    while before is not None and not before.ended:
        entry.stop.wait(0.1)
    try:
        work(on_progress)
        if entry.then is not None and not entry.stop.is_set():
            entry.then()
    except Cancelled:
        entry.message = f"The {entry.noun} was stopped. {entry.kept}"
    except (WorkspaceError, JobRefusedError) as error:
        entry.message = str(error)
    except Exception as error:
        reference = new_reference()
        _log.exception("ref %s: %s", reference, type(error).__name__)
        entry.message = f"The {entry.noun} stopped unexpectedly (ref {reference}). {entry.kept}"
    finally:
        entry.ended = True
