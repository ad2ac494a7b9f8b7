"""Before a run: what the network receives, its layers, and the shapes that will come out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from featx_core.architecture.layers import LayerInfo
from featx_core.architecture.outline import Outline
from featx_core.figures.tensors import tensor_picture
from featx_core.images.decoding import ImageError
from featx_core.images.examiners import FOR_PAGES
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.images.preprocessing import PREPROCESSING, NetworkInput, describe_input
from featx_core.images.rendering.choice import Rendering
from featx_core.images.sorting.order import matching
from featx_core.methods import registry as methods
from featx_core.specs.spec import Spec, SpecError
from pages._ui.networks import outlines
from pages._ui.shell import formatting, fragments, questions, session

if TYPE_CHECKING:
    import pyarrow as pa

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
        pixels = spec.picture_input
        try:
            received = _received(
                record.digest,
                str(record.workspace.rendering),
                pixels.image_size,
                pixels.fit,
                pixels.preprocessing_name,
                record,
            )
        except ImageError as error:
            st.warning(formatting.escape(f"{name} {error}"), icon=":material/broken_image:")
            return
        original, fitted, tensor = st.columns(3)
        height, width = pixels.image_size
        original.image(formatting.preview(record), width="stretch", alt=f"{name}, the original")
        original.caption(f"The original, {record.width} x {record.height}")
        fitted.image(received.fitted, width="stretch", alt=f"{name}, fitted")
        fitted.caption(f"Resized to {width} x {height}")
        tensor.image(received.tensor, width="stretch", alt=f"{name}, as numbers")
        tensor.caption("Input tensor, in the network's channel order")
        st.markdown(f"**{formatting.escape(received.sentence)}**")
        st.dataframe(received.channels, hide_index=True, height="content")


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
    listed = found[:MAX_LISTED]
    names = list(listed.column("name"))
    known = session.recall("inspected", images[0].name)
    kept = [] if known in names else [(images.named([str(known)]) or images)[0]]  # it stays picked
    choices = [*(record.name for record in kept), *names]
    name = place.selectbox("Image", choices, key="inspected", label_visibility="collapsed", persist_state="session")
    return listed[names.index(name)] if name in names else (kept or images)[0]


@dataclass(frozen=True)
class _Received:
    """What the network receives for one image, ready to be sent.

    Attributes:
        fitted: The fitted image, a JPEG file.
        tensor: The numbers, drawn as an image, a JPEG file.
        sentence: How they were made.
        channels: One row a channel.
    """

    fitted: bytes
    tensor: bytes
    sentence: str
    channels: pa.Table


@st.cache_resource(max_entries=32, show_spinner=False)
def _received(
    digest: str, rendering: str, size: tuple[int, int], fit: str, preprocessing: str, _record: ImageRecord
) -> _Received:
    del digest
    fitted = FOR_PAGES.fitted(_record.read(), size, fit, rendering=Rendering.parse(rendering))
    found = describe_input(fitted, PREPROCESSING[preprocessing])
    return _Received(_file(fitted), _file(tensor_picture(found.tensor)), found.sentence, _channel_table(found))


def _file(pixels: np.ndarray) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=100, subsampling=0)
    return out.getvalue()


def _channel_table(received: NetworkInput) -> pa.Table:
    import pyarrow as pa

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
    return pa.Table.from_pylist(rows)


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
            _layer_table(outline.layers, outline.tap),
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


@lru_cache(maxsize=32)
def _layer_table(layers: tuple[LayerInfo, ...], tap: int) -> pa.Table:
    import pyarrow as pa

    rows = [
        {
            "#": info.index,
            "stage": f"{info.stage or ''} \u25c0 tap" if info.index == tap else info.stage or "",
            "name": info.name,
            "type": info.kind,
            "output shape": formatting.sides(info.output_shape),
            "parameters": info.n_parameters,
        }
        for info in layers
    ]
    return pa.Table.from_pylist(rows)


def _pick(key: str, layer_key: str, outline: Outline) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        st.session_state[layer_key] = outline.layers[rows[0]].index
