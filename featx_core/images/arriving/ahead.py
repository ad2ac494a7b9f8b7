"""Files read one after another and looked at by several threads, a few ahead."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from featx_core.base.files.file_names import extension_note
from featx_core.images.arriving.incoming import Incoming, Known
from featx_core.images.decoding import ImageError, ImageFacts
from featx_core.images.found_files import FoundFile, reason_of
from featx_core.images.intake_report import ALREADY_HERE, IntakeReport

_N_EXAMINERS = min(4, os.cpu_count() or 1)
_EXAMINERS = ThreadPoolExecutor(
    _N_EXAMINERS, "featx-intake"
)  # of all intakes together: it bounds the memory of decoding

Examine = Callable[..., tuple[ImageFacts, bytes, float]]


def looked_at_ahead(
    files: Iterable[FoundFile | None], look: Examine, known: Known | None = None
) -> Iterator[tuple[str, Future[Incoming]] | None]:
    """Read files, have several threads examine them a few ahead, and yield them in order."""
    ahead: deque[tuple[str, Future[Incoming]] | None] = deque()
    fault: Exception | None = None
    try:
        try:
            for found in files:
                ahead.append((found.name, _begun(found, look, known)) if found is not None else None)
                if len(ahead) > _N_EXAMINERS:
                    yield ahead.popleft()
        except Exception as error:  # the giver failed: what it gave before still counts
            fault = error
        while ahead:
            yield ahead.popleft()
        if fault is not None:
            raise fault
    finally:
        for pending in ahead:
            if pending is not None:
                pending[1].cancel()


def _begun(found: FoundFile, look: Examine, known: Known | None) -> Future[Incoming]:
    """Read a file and have it examined. Any failure, here or there, becomes part of the outcome."""
    try:
        if known is not None and known.is_unchanged(found):
            raise ImageError(ALREADY_HERE)
        modified = found.file.stat().st_mtime_ns if found.file is not None else 0
        return _EXAMINERS.submit(_looked_at, found, found.read(), modified, look, known)
    except Exception as error:
        failed: Future[Incoming] = Future()
        failed.set_exception(error)
        return failed


def _looked_at(found: FoundFile, content: bytes, modified: int, look: Examine, known: Known | None) -> Incoming:
    digest = hashlib.sha256(content).hexdigest()
    if known is not None and known.is_here(found, digest):
        raise ImageError(ALREADY_HERE)
    try:
        facts, small, lightness = look(content)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # not what reading a file raises: nobody has expected it
        raise RuntimeError(f"Looking at a file raised {type(error).__name__}.") from error
    facts = dataclasses.replace(facts, notes=(*facts.notes, *extension_note(found.path, facts.format)))
    return Incoming(
        name=found.name,
        path=found.path,
        label=found.label,
        digest=digest,
        content=content,
        facts=facts,
        thumbnail=small,
        brightness=lightness,
        origin=found.origin,
        is_streamed=found.is_streamed,
        file=found.file,
        modified=modified,
    )


def settled(name: str, pending: Future[Incoming], report: IntakeReport) -> Incoming | None:
    """Take the outcome for a file: the one place where any failure it caused is caught, and the file named."""
    error = pending.exception()
    if error is not None:
        report.skipped.append((name, reason_of(error)))
        return None
    incoming = pending.result()
    report.converted.extend((name, note) for note in incoming.facts.notes)
    return incoming
