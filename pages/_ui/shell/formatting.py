"""Small pieces of text and images that several pages show in the same way."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from featx_core.base.palette import NO_LABEL_COLOR
from featx_core.base.wording import spreadsheet_safe
from featx_core.images.decoding import ImageError
from featx_core.images.examiners import FOR_PAGES
from featx_core.images.image_set import ImageRecord
from featx_core.images.rendering.choice import Rendering
from featx_core.workspace.runs import Run
from featx_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

PREVIEW_SIDE = 1024  # pixels
BLANK = "&nbsp;"
"""A line of Markdown without words: Streamlit strips the character itself, and nothing would keep the line's place."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&])")


def escape(text: str) -> str:
    """Write any text so that Markdown shows it as it is."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def run_dot(run: Run) -> str:
    """Return the coloured dot of a run, the same on every page."""
    return f"![](/run-dot/{run.number - 1})"


def run_words(run: Run) -> str:
    """Name a run in a select box: title, badge when it matters, number of images."""
    return f"{run.title}, {run.spec.badge}"


def size(n_bytes: float) -> str:
    """Write a number of bytes with a unit.

    >>> size(900), size(1_260_000), size(3_400_000_000)
    ('900 bytes', '1.26 MB', '3.4 GB')
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.3g} {unit}"
    return f"{n_bytes:.0f} bytes"


def shape(sides: Sequence[int]) -> str:
    """Write the shape of features of n images.

    >>> shape((7, 7, 1280)), shape((512,))
    ('(n, 7, 7, 1280)', '(n, 512)')
    """
    return f"(n, {', '.join(map(str, sides))})"


def counted(number: int, noun: str) -> str:
    """Write a count with its noun.

    >>> counted(1, "image"), counted(2400, "image")
    ('1 image', '2 400 images')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", " ")


def ago(changed: float) -> str:
    """Write how long ago a time (seconds since the epoch) was."""
    hours = (time.time() - changed) / 3600
    if hours < 1:
        return "just now"
    return f"{hours:.0f} h ago" if hours < 36 else f"{hours / 24:.0f} days ago"


def file_stem(title: str) -> str:
    """Make a file name out of a title.

    >>> file_stem("Trip to Kyoto: day 1")
    'Trip-to-Kyoto-day-1'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-") or "featx"


def short_note(notes: Sequence[str]) -> str:
    """Return the mark that stands on a thumbnail: the first note, or nothing."""
    return notes[0] if notes else ""


def snapshot(workspace: Workspace) -> bytes:
    """Write a workspace into one file and give its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.featx"
        workspace.copy_to(path)
        return path.read_bytes()


@st.cache_data(max_entries=64, show_spinner=False)
def _preview(digest: str, rendering: str, _record: ImageRecord) -> bytes:
    return FOR_PAGES.examine(_record.read(), side=PREVIEW_SIDE, rendering=Rendering.parse(rendering))[1]


def preview(record: ImageRecord) -> bytes:
    """Return an image large enough to look at (WebP, longest side at most 1 024 pixels).

    Where it is damaged, or its file is gone, its thumbnail; without one, or once it was removed, a grey one.
    """
    looks: tuple[Callable[[], bytes], ...] = (
        lambda: _preview(record.digest, str(record.workspace.rendering), record),
        record.thumbnail,
    )
    for look in looks:
        with contextlib.suppress(ImageError, KeyError):
            return look()
    out = BytesIO()
    Image.new("RGB", (64, 64), NO_LABEL_COLOR).save(out, "WEBP")
    return out.getvalue()


def why_unread(record: ImageRecord) -> str:
    """Say why the file of an image cannot be read; nothing where it can."""
    try:
        record.read()
    except ImageError as error:
        return f"The file {error}."
    except KeyError:
        return ""
    return ""


def sides(shape: Sequence[int]) -> str:
    """Write the shape of one layer's output.

    >>> sides((7, 7, 1280))
    '7 x 7 x 1280'
    """
    return " x ".join(map(str, shape))


def table_height(n_rows: int, highest: int) -> int:
    """Return the height of a table without empty rows, in pixels.

    >>> table_height(3, 300), table_height(50, 300)
    (143, 300)
    """
    return min(38 + 35 * max(n_rows, 1), highest)


def safe_csv(table: pd.DataFrame) -> bytes:
    """Write a table of texts as CSV that no spreadsheet takes for formulas."""
    cells = table.map(lambda value: spreadsheet_safe(str(value)) if value is not None else "")
    return cells.rename(columns=lambda name: spreadsheet_safe(str(name))).to_csv(index=False).encode()
