"""Before a run: what the network receives, its layers, and the shapes that will come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.architecture.outline import Outline
from featx_core.figures.tensors import tensor_picture
from featx_core.images.decoding import ImageError
from featx_core.images.examiners import FOR_PAGES
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.images.preprocessing import NetworkInput, describe_input
from featx_core.images.rendering.choice import Rendering
from featx_core.images.sorting.order import matching
from featx_core.methods import registry as methods
from featx_core.specs.picture_input import PictureInput
from featx_core.specs.spec import Spec, SpecError
from pages._ui.networks import outlines
from pages._ui.shell import formatting, fragments, questions, session

if TYPE_CHECKING:
    import pandas as pd

_TABLE_HEIGHT = 300  # pixels
MAX_LISTED = 200  # images in the select box


def show_input(spec: Spec, images: ImageSet) -> None:
    """Show one photo beside the tensor that the network receives for it."""
    if spec.picture_input is None:
        return
    with st.container(border=True):
        head, picker = st.columns([1, 1], vertical_alignment="center")
        head.header("What the network receives", anchor=False)
        record = _picked(images, picker)
        name = record.name
        try:
            received = _received(
                spec.to_json(), record.digest, str(record.workspace.rendering), spec.picture_input, record
            )
        except ImageError as error:
            st.warning(formatting.escape(f"{name} {error}"), icon=":material/broken_image:")
            return
        original, fitted, tensor = st.columns(3)
        height, width = received.fitted.shape[:2]
        original.image(formatting.preview(record), width="stretch", alt=f"{name}, the original")
        original.caption(f"The original, {record.width} x {record.height}")
        fitted.image(received.fitted, width="stretch", alt=f"{name}, fitted")
        fitted.caption(f"Resized to {width} x {height}")
        tensor.image(tensor_picture(received.tensor), width="stretch", alt=f"{name}, as numbers")
        tensor.caption("Input tensor, in the network's channel order")
        st.markdown(f"**{formatting.escape(received.sentence)}**")
        st.dataframe(_channel_table(received), hide_index=True, height="content")


def _picked(images: ImageSet, place: DeltaGenerator) -> ImageRecord:
    """Let the user pick an image. Of very many a search finds some: a browser is sent the whole list with each click."""
    found = images
    if len(images) > MAX_LISTED:
        wanted = place.text_input(
            "Find an image",
            type="search",
            live=True,
            placeholder="Name or label",
            key="search_inspected",
            label_visibility="collapsed",
        )
        found = matching(images, wanted)
    listed = {record.name: record for record in found[:MAX_LISTED]}
    known = session.recall("inspected", images[0].name)
    if known not in listed:  # it stays picked
        kept = next((record for record in images if record.name == known), images[0])
        listed = {kept.name: kept, **listed}
    name = place.selectbox(
        "Image", list(listed), key="inspected", label_visibility="collapsed", persist_state="session"
    )
    record: ImageRecord = listed.get(name, images[0])
    return record


@st.cache_data(max_entries=32, show_spinner=False)
def _received(spec_json: str, digest: str, rendering: str, _input: PictureInput, _record: ImageRecord) -> NetworkInput:
    del spec_json, digest
    fitted = FOR_PAGES.fitted(_record.read(), _input.image_size, _input.fit, rendering=Rendering.parse(rendering))
    return describe_input(fitted, _input.preprocessing)


def _channel_table(received: NetworkInput) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "channel": f"{number}: {channel.name}",
            "mean": _digits(channel.mean),
            "deviation": _digits(channel.deviation),
            "from": _digits(channel.minimum),
            "to": _digits(channel.maximum),
        }
        for number, channel in enumerate(received.channels, start=1)
    ]
    return pd.DataFrame(rows)


def _digits(value: float) -> str:
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")


def show_shapes(spec: Spec, place: DeltaGenerator) -> Outline | None:
    """Show the shapes that the run will give, before it runs. Gives the outline when it is known."""
    with place:
        try:
            outline = outlines.fetch(spec)
        except SpecError as error:
            st.warning(formatting.escape(str(error)), icon=":material/rule:")
            fragments.end_page()
        except questions.NoAnswerError as error:
            questions.stop(error)
        if outline is None:
            st.skeleton(height=44)
            return None
        st.code(_chain(spec, outline), language=None, wrap_lines=True)
    return outline


def _chain(spec: Spec, outline: Outline) -> str:
    steps = methods.shape_steps(spec, outline)
    return " \u2192 ".join(step if isinstance(step, str) else formatting.shape(step) for step in steps)


def show_layers(outline: Outline | None, layer_key: str | None) -> None:
    """Show the layers as a table; where the form has a choice of layers, picking a row picks the tap."""
    with st.container(border=True):
        if outline is None:
            st.markdown("**Layers**")
            st.skeleton(height=_TABLE_HEIGHT)
            return
        st.markdown(
            f"**Layers**: {formatting.counted(len(outline.layers), 'layer')}, {_parameters(outline)} up to the "
            f"selected layer.{' Select a row to take features there.' if layer_key else ''}"
        )
        key = f"layers_{layer_key}"
        st.dataframe(
            _layer_table(outline),
            hide_index=True,
            height=formatting.table_height(len(outline.layers), _TABLE_HEIGHT),
            key=key,
            on_select=(lambda: _pick(key, layer_key, outline)) if layer_key else "ignore",
            selection_mode="single-row",
            column_config={
                "#": st.column_config.NumberColumn(width=40),
                "stage": st.column_config.TextColumn(width=90),
                "parameters": st.column_config.NumberColumn(format="localized", width=90),
            },
        )


def _parameters(outline: Outline) -> str:
    number = outline.n_parameters
    return formatting.counted(number, "parameter") if number < 1e5 else f"{number / 1e6:.3g} M parameters"


def _layer_table(outline: Outline) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "#": info.index,
            "stage": f"{info.stage or ''} \u25c0 tap" if info.index == outline.tap else info.stage or "",
            "name": info.name,
            "type": info.kind,
            "output shape": formatting.sides(info.output_shape),
            "parameters": info.n_parameters,
        }
        for info in outline.layers
    ]
    return pd.DataFrame(rows)


def _pick(key: str, layer_key: str, outline: Outline) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        st.session_state[layer_key] = outline.layers[rows[0]].index
