"""Feature maps of one image, channel by channel, as one mosaic."""

from collections.abc import Sequence

import streamlit as st

from featx_core.images.image_set import ImageRecord
from featx_core.studies.feature_maps import FeatureMapsStudy
from featx_core.workspace.runs import Run
from pages._ui.heatmaps import grid
from pages._ui.shell import formatting, jobs

_SCALES = {"shared": "Shared scale", "channel": "Scale per channel"}


def show(run: Run, records: Sequence[ImageRecord], *, layer: int | str | None, colormap: str) -> None:
    """Show the strongest channels of a layer for one of the images."""
    left, middle, right = st.columns([4, 3, 3], vertical_alignment="bottom")
    by_name = {record.name: record for record in records}
    name = left.selectbox("Image", list(by_name), key="channels_image")
    scale = middle.segmented_control(
        "Scale",
        list(_SCALES),
        default="shared",
        required=True,
        format_func=lambda scale: _SCALES[scale],
        key="channels_scale",
    )
    maps, job = jobs.fetch(FeatureMapsStudy(run.spec, by_name[name].digest, layer))
    if maps is None:
        if job is not None:
            jobs.show(job)
        return
    mosaic = maps.mosaic(scale=scale or "shared", colormap=colormap)
    right.download_button(
        "Download as PNG",
        data=lambda: grid.png(mosaic.pixels),
        file_name=f"{formatting.file_stem(name)}-feature-maps.png",
        mime="image/png",
        on_click="ignore",
        icon=":material/download:",
    )
    st.image(mosaic.pixels, width=720, alt=f"Feature maps of {name}")
    numbers = ", ".join(str(channel) for channel in mosaic.channels[:8])
    st.caption(
        formatting.escape(f"{maps.layer}. {mosaic.caption} The first channels, in reading order, are {numbers}.")
    )
