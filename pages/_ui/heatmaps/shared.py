"""Several images in one set of colours: the same part has the same colour in each."""

from collections.abc import Sequence

import streamlit as st

from featx_core.heatmaps.shared.basis import HIDES
from featx_core.heatmaps.shared.coloring import SharedColors
from featx_core.images.image_set import ImageRecord
from featx_core.studies.layers.shared_colors import SharedColorsStudy
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import grid
from pages._ui.shell import formatting, jobs

TITLE = "Shared colours: the same part in the same colour"
ICON = ":material/palette:"
_HELP = (
    "Leaves out the places on one side of the first component, which often are the background. Which side is which "
    "differs: try both."
)


def show(
    run: Run, records: Sequence[ImageRecord], *, layer: int | str | None, opacity: float, n_columns: int, key: str
) -> None:
    """Show images in the colours that they share.

    Args:
        run: The run whose network sees the parts.
        records: The images.
        layer: As for `shared_colors`.
        opacity: Of the colours, 0 to 1.
        n_columns: Images in a row.
        key: Tells the controls of one place from those of another.
    """
    hide = st.segmented_control(
        "Hide",
        list(HIDES),
        default="nothing",
        required=True,
        format_func=HIDES.__getitem__,
        key=f"{key}_hide",
        help=_HELP,
    )
    digests = tuple(record.digest for record in records)
    found, job = jobs.fetch(SharedColorsStudy(run.spec, digests, layer, hide or "nothing"))
    if found is None:
        if job is not None:
            jobs.show(job)
        return
    for start in range(0, len(records), n_columns):
        places = st.columns(n_columns)
        for index, place in zip(range(start, min(start + n_columns, len(records))), places, strict=False):
            with place:
                _cell(found, index, records[index], opacity, key)
    st.caption(formatting.escape(found.caption))


def _cell(found: SharedColors, index: int, record: ImageRecord, opacity: float, key: str) -> None:
    drawn = found.overlay(index, record, opacity=opacity, longest_side=grid.SHOWN_SIDE)
    st.image(drawn, width="stretch", alt=f"{record.name} in shared colours")
    line = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False)
    line.caption(formatting.escape(record.name))
    line.download_button(
        "",
        data=lambda: grid.png(found.overlay(index, record, opacity=opacity, longest_side=grid.SAVED_SIDE)),
        file_name=f"{formatting.file_stem(record.name)}-shared-colours.png",
        mime="image/png",
        key=f"{key}_{index}_{record.digest[:12]}",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        help="Download as PNG",
    )
