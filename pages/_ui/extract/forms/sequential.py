"""The form of a custom network."""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import streamlit as st

from featx_core.architecture.layers import find_layer
from featx_core.architecture.outline import Outline
from featx_core.architecture.presets import PRESETS
from featx_core.architecture.rows import Row, RowFacts, measure_rows
from featx_core.specs.custom_sequential import COLORS, SIDES, CustomSequential
from featx_core.specs.learnings import LEARNINGS
from featx_core.specs.spec import Spec, SpecError
from featx_core.workspace.workspace import Workspace
from pages._ui.extract.forms import layer_list, learning
from pages._ui.extract.forms.asked import Asked
from pages._ui.networks.layer_choices import LAST, layer_words
from pages._ui.shell import formatting, fragments, session
from pages._ui.shell.inputs import fit_picker, seed_input

Color = Literal["rgb", "grey"]
Pooling = Literal["avg", "max", "flatten"] | None
_TAP = "custom_tap"
_FIRST = PRESETS["tutorial"]
_COLORS: Mapping[Color, str] = MappingProxyType({"rgb": "Colour", "grey": "Grey"})
_POOLINGS: Mapping[Pooling, str] = MappingProxyType(
    {None: "None", "avg": "Average", "max": "Maximum", "flatten": "Flatten"}
)


def sequential(workspace: Workspace) -> Asked:
    """Show the layers of a custom network and what else it is made of."""
    side, color = _input()
    listed = layer_list.entries(_FIRST.layers)
    rows = tuple(entry.row for entry in listed)
    facts = measure_rows(rows, (side, side, COLORS[color][1]))
    layer_list.show(listed, facts)
    good = _good(rows, facts)
    st.caption(_total(facts, good))
    if not good:
        fragments.end_page()
    problem = None if len(good) == len(rows) else "One of the layers does not fit. Change or remove it."
    fields: dict[str, Any] = {"layers": good, "image_size": (side, side), "color": color}
    weights, badge_place, lacking = learning.weights(workspace)
    place = st.container()
    fields |= _advanced(weights)
    try:
        outline = CustomSequential(**{**fields, "pooling": "avg"} if _is_map(facts[len(good) - 1]) else fields).outlined
        with place:
            layer, layer_key = _layer(outline)
            pooling = _pooling(outline, layer)
        spec = CustomSequential(**fields, weights=weights, layer=layer, pooling=pooling)
    except SpecError as error:
        st.warning(formatting.escape(str(error)), icon=":material/rule:")
        fragments.end_page()
    is_there = learning.badge(spec, workspace, badge_place)
    verb = "Extract from" if is_there else "Train and extract from"
    return Asked(spec, layer_key=layer_key, verb=verb, problem=problem or lacking)


def fill(spec: Spec, workspace: Workspace) -> None:
    """Put the settings of a spec into the form, before it is drawn."""
    del workspace
    if not isinstance(spec, CustomSequential):
        return
    layer_list.fill(spec.layers)
    session.remember("custom_side", spec.image_size[0])
    session.remember("custom_color", spec.color)
    session.remember("custom_weights", spec.weights if spec.needs_training else spec.learned or "random")
    session.remember("custom_epochs", spec.epochs)
    session.remember("custom_batch", spec.batch_size)
    session.remember("custom_rate", spec.learning_rate)
    if spec.pooling is None:  # as the control begins
        session.take("custom_pooling")
    else:
        session.remember("custom_pooling", spec.pooling)
    session.remember("fit", spec.fit)
    session.remember("weights_seed", spec.seed)
    session.remember(_TAP, LAST if spec.layer is None else spec.layer)


def _input() -> tuple[int, Color]:
    left, middle, right = st.columns([3, 4, 4], vertical_alignment="bottom")
    left.menu_button(
        "Preset",
        list(PRESETS),
        key="custom_preset",
        on_click=_take_preset,
        format_func=lambda name: PRESETS[name].title,
        help="Start with a preset. It replaces the layers below.",
        width="stretch",
    )
    side = middle.number_input(
        "Input size (pixels)",
        *SIDES,
        value=_FIRST.image_size[0],
        step=8,
        key="custom_side",
        persist_state="session",
        help="Side of the square input.",
    )
    color: Color = right.segmented_control(
        "Input",
        list(_COLORS),
        default=_FIRST.color,
        required=True,
        format_func=lambda name: _COLORS[name],
        key="custom_color",
        persist_state="session",
        help="Three channels or one, scaled to 0..1.",
    )
    return int(side), color


def _take_preset() -> None:
    name = st.session_state["custom_preset"]
    if name is None:
        return
    preset = PRESETS[name]
    layer_list.fill(preset.layers)
    st.session_state.update(custom_side=preset.image_size[0], custom_color=preset.color)
    session.remember(_TAP, LAST)


def _good(rows: tuple[Row, ...], facts: tuple[RowFacts, ...]) -> tuple[Row, ...]:
    return tuple(row for row, fact in zip(rows, facts, strict=True) if fact.output_shape is not None)


def _is_map(fact: RowFacts) -> bool:
    return len(fact.output_shape or ()) == 3


def _total(facts: tuple[RowFacts, ...], good: tuple[Row, ...]) -> str:
    if not facts:
        return "No layers yet. Add one, or start with a preset."
    n_parameters = sum(fact.n_parameters or 0 for fact in facts)
    part = "" if len(good) == len(facts) else f"The first {len(good)} of " if good else "None of "
    return f"{part}{formatting.counted(len(facts), 'layer')}, {formatting.counted(n_parameters, 'parameter')}."


def _layer(outline: Outline) -> tuple[int | str | None, str]:
    """Let the user pick the layer: the pick, and the key of the widget, another one for each list of layers."""
    words = layer_words(outline.layers)
    key = f"custom_layer_{zlib.crc32(repr(words).encode())}"
    if key not in st.session_state:
        before = session.recall(_TAP, LAST)
        st.session_state[key] = before if before in words else LAST
    layer = st.selectbox(
        "Layer",
        list(words),
        format_func=lambda layer: words[layer],
        key=key,
        help="The layer that features are taken from. The whole network is always trained.",
    )
    session.remember(_TAP, layer)
    return None if layer == LAST else layer, key


def _pooling(outline: Outline, layer: int | str | None) -> Pooling:
    if len(outline.layers[find_layer(outline.layers, layer)].output_shape) != 3:
        return None
    return st.segmented_control(
        "Pooling",
        list(_POOLINGS),
        default=None,
        required=True,
        format_func=lambda name: _POOLINGS[name],
        key="custom_pooling",
        persist_state="session",
        help="How a feature map becomes one vector: no pooling, the mean or maximum over all positions, or all values "
        "flattened.",
    )


def _advanced(weights: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    with st.expander("Advanced", icon=":material/tune:"):
        if weights in LEARNINGS:
            fields |= learning.options()
        fields["fit"] = fit_picker()
        fields["seed"] = seed_input(
            key="weights_seed", help="For random weights and training. The same seed gives the same features."
        )
    return fields
