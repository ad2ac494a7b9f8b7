"""Which channels of images that have several without colours are shown: one choice for the whole workspace."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.images.formats.channels import CHANNELS, Channels, channels_text
from featx_core.images.image_set import ImageSet
from featx_core.images.sorting.order import noted
from featx_core.workspace.rendered_images import many_channeled
from featx_core.workspace.workspace import Workspace
from pages._ui.shell import formatting, imports, session

TITLES: Mapping[str, str] = {"automatic": "Automatic", "first": "First"}
_CHOSEN = "chosen"
_WIDTH = 440  # pixels
_COLORS = ("Red", "Green", "Blue")


def choose(workspace: Workspace, images: ImageSet, place: DeltaGenerator) -> None:
    """Offer the ways to show channels, where there are images that have several."""
    current = workspace.rendering.channels
    counts = images.once(("channels", current), lambda: many_channeled(noted(images), current), of_labels=False)
    if not counts:
        return
    words = f"Channels: {TITLES[current].lower() if isinstance(current, str) else 'chosen'}"
    with place.popover(words, icon=":material/layers:", key="show_channels", on_change="rerun") as opened:
        if not opened.open:
            return
        is_fixed = workspace.is_fixed("channels")
        _form(workspace, current, max(counts.values()), is_off=is_fixed or imports.current(workspace) is not None)
        of_all = f"{formatting.counted(len(counts), 'image')} of {len(images):,}".replace(",", " ")
        st.caption(f"Holds for {of_all}, and for those that come. The notes of each image say what is shown.")
        if is_fixed:
            st.caption(
                "Runs hold features of these images as they are shown now. Remove those runs, or start a new workspace, "
                "to show other channels."
            )


def _form(workspace: Workspace, current: Channels, n_channels: int, *, is_off: bool) -> None:
    key = f"channels_{channels_text(current)}"
    options = [*CHANNELS, _CHOSEN]
    asked = st.radio(
        "Which channels are shown",
        options,
        options.index(current) if isinstance(current, str) else len(CHANNELS),
        format_func=lambda option: TITLES.get(option, "Choose"),
        captions=[*CHANNELS.values(), "A channel for each of red, green and blue, each scaled on its own"],
        key=key,
        disabled=is_off,
        on_change=_show,
        args=(workspace, key, current),
        width=_WIDTH,
    )
    if asked == _CHOSEN:
        _colors(workspace, current, n_channels, is_off=is_off)


def _colors(workspace: Workspace, current: Channels, n_channels: int, *, is_off: bool) -> None:
    """Offer a channel for each colour, and a button that takes them."""
    now = (2, 1, 2 if n_channels == 2 else 3) if isinstance(current, str) else current
    numbers = range(max(n_channels, *now) + 1)
    columns = st.container(width=_WIDTH).columns(3)
    found = [
        column.selectbox(
            color,
            numbers,
            now[place],
            format_func=lambda number: f"Channel {number}" if number else "None",
            key=f"channel_{color}_{channels_text(current)}",
            disabled=is_off,
        )
        for place, (color, column) in enumerate(zip(_COLORS, columns, strict=True))
    ]
    chosen = (int(found[0] or 0), int(found[1] or 0), int(found[2] or 0))
    is_new = any(chosen) and chosen != current
    if st.button("Show these channels", key="show_chosen_channels", disabled=is_off or not is_new):
        imports.show_channels(workspace, chosen)
        st.rerun()


def _show(workspace: Workspace, key: str, current: Channels) -> None:
    """Begin to show other channels; until that has ended, the choice shown is the one that holds."""
    asked = session.recall(key, None)
    if isinstance(asked, str) and asked in CHANNELS and asked != current:
        session.take(key)
        imports.show_channels(workspace, asked)
