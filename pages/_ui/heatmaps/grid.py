"""Heatmaps on the pages: ask the worker for them, lay them on their images."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image

from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.targets import Target
from featx_core.images.image_set import ImageRecord
from featx_core.specs.spec import Spec, SpecError
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import targets
from pages._ui.networks import outlines
from pages._ui.shell import formatting, jobs, questions

MIN_COLUMN = 132  # pixels, with the gap beside it
SHOWN_SIDE = 520  # pixels, the longest side of an image in the grid
UNKNOWN = -1  # the layers of a network are still being read
SAVED_SIDE = 2048  # pixels, of one that is downloaded
_PICTURE = (
    "img, [data-testid^='stSkeleton'], "
    "[data-testid='stColumn'] > [data-testid='stVerticalBlock'] > [data-testid='stElementContainer']:first-child"
)
"""What is as high as a picture in a row of them: it, what stands in for it, and what holds either."""


@dataclass(frozen=True)
class Drawn:
    """What is there of the heatmaps that were asked for.

    Attributes:
        heatmaps: By image digest and method name.
        job: The job that draws the missing ones; None when all are there.
        problem: Why they cannot be drawn, or None.
    """

    heatmaps: dict[tuple[str, str], Heatmap]
    job: Job | None
    problem: str | None = None


def ask(
    run: Run, records: Sequence[ImageRecord], names: Sequence[str], *, layer: int | str | None, target: Target | None
) -> Drawn:
    """Fetch heatmaps, and have the missing ones drawn."""
    studies = studies_of(run, records, names, layer=layer, target=target)
    title = f"Heatmaps of {formatting.counted(len(records), 'image')}"
    found, job = jobs.fetch_all(list(studies.values()), title=title)
    return Drawn({place: found[study] for place, study in studies.items() if study in found}, job)


def studies_of(
    run: Run, records: Sequence[ImageRecord], names: Sequence[str], *, layer: int | str | None, target: Target | None
) -> dict[tuple[str, str], HeatmapStudy]:
    """Return the heatmaps of one layer, by image digest and method name; none while the layers are still being read."""
    text = target.to_json() if target is not None else None
    with_target = targets.drawn_from(run, target)
    studies: dict[tuple[str, str], HeatmapStudy] = {}
    for name in names:
        spec = with_target if HEATMAPS[name].needs_target else run.spec
        place = layer_in(spec, run, layer) if HEATMAPS[name].is_at_layer else None
        if place != UNKNOWN:
            studies |= {
                (record.digest, name): HeatmapStudy(spec, record.digest, name, place, text) for record in records
            }
    return studies


def layer_in(spec: Spec, run: Run, layer: int | str | None) -> int | str | None:
    """Return what a layer of a run, None for the last one, is in the network of a spec; `UNKNOWN` while that is read."""
    return layer if spec == run.spec or layer is not None else _last_layer(run)


def _last_layer(run: Run) -> int | None:
    """Return what the last layer of a run is in the network with the classifier; None where it is the last there, too."""
    try:
        outline = outlines.fetch(run.spec)
    except (SpecError, questions.NoAnswerError):  # the control of the layer says so
        return UNKNOWN
    if outline is None:
        return UNKNOWN
    spatial = [info.index for info in outline.layers if info.is_spatial]
    reached = [index for index in spatial if index <= outline.tap]
    return reached[-1] if reached and reached != spatial else None


def overlay(heatmap: Heatmap, record: ImageRecord, opacity: float, colormap: str, longest_side: int) -> np.ndarray:
    """Lay a heatmap on its image: uint8 `(height, width, 3)`. What is shown is kept for the next runs of the page."""
    if longest_side > SHOWN_SIDE:
        return heatmap.overlay(record, opacity=opacity, colormap=colormap, longest_side=longest_side)
    content = heatmap.grid.tobytes(), repr((heatmap.cells, heatmap.placement, heatmap.width, heatmap.height))
    about = (record.digest, str(record.workspace.rendering), opacity, colormap, longest_side)
    return _overlay(content, about, heatmap, record)


@st.cache_resource(max_entries=64, show_spinner=False)
def _overlay(
    content: tuple[bytes, str], about: tuple[str, str, float, str, int], _heatmap: Heatmap, _record: ImageRecord
) -> np.ndarray:
    _, _, opacity, colormap, longest_side = about
    return _heatmap.overlay(_record, opacity=opacity, colormap=colormap, longest_side=longest_side)


def show_grid(
    drawn: Drawn, records: Sequence[ImageRecord], names: Sequence[str], *, opacity: float, colormap: str
) -> None:
    """Show one row per image: the original, then one column a method."""
    _keep_widths(len(names) + 1)
    titles = {name: _titles(drawn, records, name) for name in names}
    with st.container(key="method_grid"):
        head = st.container(key="heatmap_heads").columns(len(names) + 1)
        head[0].markdown("**Original**")
        for place, name in zip(head[1:], names, strict=True):
            method = HEATMAPS[name]
            place.markdown(f"**{method.title}**", help=f"{method.caption} {method.scale} {method.reference}.")
            title = next(iter(titles[name])) if len(titles[name]) == 1 else ""
            place.caption(formatting.escape(_beside_method(title, name)) or formatting.BLANK)
        for record in records:
            row = st.container(key=place_key(record)).columns(len(names) + 1)
            row[0].image(formatting.preview(record), width="stretch", alt=record.name)
            row[0].caption(formatting.escape(record.name))
            for place, name in zip(row[1:], names, strict=True):
                with place:
                    found = drawn.heatmaps.get((record.digest, name))
                    words = _beside_method(found.title, name) if found is not None and len(titles[name]) > 1 else ""
                    cell(found, record, name, words=words, opacity=opacity, colormap=colormap)


def _beside_method(title: str, name: str) -> str:
    """Leave out of a title what the column says: "Grad-CAM for tabby, 0.71" is "tabby, 0.71" there."""
    own = HEATMAPS[name].title
    return title[len(own) :].lstrip().removeprefix("for ") if title.casefold().startswith(own.casefold()) else title


def _keep_widths(n_columns: int) -> None:
    """Let a wide grid be scrolled to, so that its pictures and words do not shrink to nothing on a narrow screen."""
    rows = ".st-key-method_grid [data-testid='stHorizontalBlock']:has(> [data-testid='stColumn'])"
    st.html(
        f"<style>@media (min-width: 641px) {{ {rows} {{ min-width: {n_columns * MIN_COLUMN}px; flex-wrap: nowrap; }} "
        f"{rows} > [data-testid='stColumn'] {{ min-width: 0; }} }}</style>"
    )


def place_key(record: ImageRecord) -> str:
    """Return the key of what holds pictures of an image, whose places `keep_places` keeps."""
    return f"heatmap_row_{record.digest[:12]}_{zlib.crc32(record.name.encode()):08x}"


def keep_places(records: Sequence[ImageRecord]) -> None:
    """Give pictures their height before they come, so that nothing below them moves.

    Call it before the controls: the rules are there when the first row is.
    """
    alone = "[data-testid='stElementContainer']:first-child"  # where nothing else stands in the place
    keys = ((record, f".st-key-{place_key(record)}") for record in records)
    rules = (
        f"{key} :is({_PICTURE}), {key} > {alone} {{ aspect-ratio: {record.width} / {record.height}; width: 100%; "
        f"height: auto !important; }} {key} > {alone} {{ flex: none; }}"
        for record, key in keys
    )
    st.html(f"<style>{' '.join(rules)}</style>")


def _titles(drawn: Drawn, records: Sequence[ImageRecord], name: str) -> set[str]:
    """Return the titles in a column: one stands over it, several under their images."""
    found = (drawn.heatmaps.get((record.digest, name)) for record in records)
    return {heatmap.title for heatmap in found if heatmap is not None}


def seen_sentence(drawn: Drawn) -> str:
    """Say what the frames mean, where the network did not see all of the images."""
    shares = [heatmap.seen for heatmap in drawn.heatmaps.values()]
    if not shares or min(shares) == 1:
        return ""
    low, high = round(100 * min(shares)), round(100 * max(shares))
    words = f"{low}" if low == high else f"{low} to {high}"
    return f"The network saw the part inside the frame, {words}\u00a0% of the image."


def cell(
    heatmap: Heatmap | None,
    record: ImageRecord,
    name: str,
    *,
    words: str,
    opacity: float,
    colormap: str,
    layer: str = "",
) -> None:
    """Show one heatmap, or its place while it is drawn.

    Args:
        heatmap: None while it is drawn.
        record: Its image.
        name: A key of `HEATMAPS`.
        words: What stands under it, besides its note.
        opacity: Of the colours.
        colormap: One of `featx_core.base.palette.SEQUENTIAL_SCALES`.
        layer: Where one method is shown for several layers: which one it is.
    """
    if heatmap is None:
        st.skeleton(height=180)
        st.caption(formatting.BLANK)
        return
    alt = f"{record.name}: {', '.join(filter(None, (heatmap.title, layer)))}"
    st.image(overlay(heatmap, record, opacity, colormap, SHOWN_SIDE), width="stretch", alt=alt)
    line = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False)
    line.caption(formatting.escape(". ".join(filter(None, (words, heatmap.note)))) or formatting.BLANK)
    line.download_button(
        "",
        data=lambda: png(overlay(heatmap, record, opacity, colormap, SAVED_SIDE)),
        file_name=f"{formatting.file_stem(' '.join(filter(None, (record.name, name, layer))))}.png",
        mime="image/png",
        key=f"png_{record.digest[:12]}_{record.name}_{name}_{layer}",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        help="Download as PNG",
    )


def png(pixels: np.ndarray) -> bytes:
    """Write an image as PNG."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
