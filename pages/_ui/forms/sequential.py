"""The form of a custom network."""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.extractor import Outline
from featx_core.layers import find_layer
from featx_core.methods import CustomSequential, SpecError
from featx_core.methods.sequential import COLORS, SIDES, TRAINING_FIELDS
from featx_core.sequential import PRESETS, Row, RowFacts, measure_rows
from featx_core.sequential.learnings import LEARNINGS
from featx_core.training import TrainingError
from featx_core.tuning.examples import check_labels
from featx_core.workspace import Workspace
from pages._ui import session, tokens
from pages._ui.forms import layer_list
from pages._ui.forms.asked import Asked
from pages._ui.layer_choices import layer_words

Color = Literal["rgb", "grey"]
Pooling = Literal["avg", "max", "flatten"] | None
_TAP = "custom_tap"
_FIRST = PRESETS["tutorial"]
_COLORS: Mapping[Color, str] = MappingProxyType({"rgb": "Colour", "grey": "Grey"})
_POOLINGS: Mapping[Pooling, str] = MappingProxyType(
    {None: "None", "avg": "Average", "max": "Maximum", "flatten": "Flatten"}
)
_FITS = MappingProxyType({"crop": "Crop", "stretch": "Stretch", "pad": "Pad"})
_TRAINING_WORDS = MappingProxyType(
    {"epochs": "Epochs", "batch_size": "Images a step", "learning_rate": "Learning rate"}
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
        st.stop()
    problem = None if len(good) == len(rows) else "One of the layers does not fit: mend it, or remove it."
    fields: dict[str, Any] = {"layers": good, "image_size": (side, side), "color": color}
    weights, badge_place, lacking = _weights(workspace)
    place = st.container()
    fields |= _advanced(weights)
    try:
        outline = CustomSequential(
            **{**fields, "pooling": "avg"} if _is_map(facts[len(good) - 1]) else fields
        ).outline()
        with place:
            layer, layer_key = _layer(outline)
            pooling = _pooling(outline, layer)
        spec = CustomSequential(**fields, weights=weights, layer=layer, pooling=pooling)
    except SpecError as error:
        st.warning(tokens.escape(str(error)), icon=":material/rule:")
        st.stop()
    is_trained = _badge(spec, workspace, badge_place)
    verb = "Extract from" if is_trained else "Train and extract from"
    return Asked(spec, layer_key=layer_key, verb=verb, problem=problem or lacking)


def _input() -> tuple[int, Color]:
    left, middle, right = st.columns([3, 4, 4], vertical_alignment="bottom")
    left.menu_button(
        "Preset",
        list(PRESETS),
        key="custom_preset",
        on_click=_take_preset,
        format_func=lambda name: PRESETS[name].title,
        help="Begin with a known network. It takes the place of the layers below.",
        width="stretch",
    )
    side = middle.number_input(
        "Input size (pixels)",
        *SIDES,
        value=_FIRST.image_size[0],
        step=8,
        key="custom_side",
        persist_state="session",
        help="Side of the square that the network receives.",
    )
    color: Color = right.segmented_control(
        "Input",
        list(_COLORS),
        default=_FIRST.color,
        required=True,
        format_func=lambda name: _COLORS[name],
        key="custom_color",
        persist_state="session",
        help="Three channels or one. Either is scaled to 0..1.",
    )
    return int(side), color


def _take_preset() -> None:
    name = st.session_state["custom_preset"]
    if name is None:
        return
    preset = PRESETS[name]
    layer_list.fill(preset.layers)
    st.session_state.update(custom_side=preset.image_size[0], custom_color=preset.color)
    session.remember(_TAP, None)


def _good(rows: tuple[Row, ...], facts: tuple[RowFacts, ...]) -> tuple[Row, ...]:
    return tuple(row for row, fact in zip(rows, facts, strict=True) if fact.output_shape is not None)


def _is_map(fact: RowFacts) -> bool:
    return len(fact.output_shape or ()) == 3


def _total(facts: tuple[RowFacts, ...], good: tuple[Row, ...]) -> str:
    if not facts:
        return "There is no layer yet. Add one, or begin with a preset."
    n_parameters = sum(fact.n_parameters or 0 for fact in facts)
    part = "" if len(good) == len(facts) else f"The first {len(good)} of " if good else "None of "
    return f"{part}{tokens.counted(len(facts), 'layer')}, {tokens.counted(n_parameters, 'parameter')}."


def _weights(workspace: Workspace) -> tuple[str, DeltaGenerator, str | None]:
    """Let the person pick where the weights come from: the spec's `weights`, a place for the badge, and what is lacking."""
    words = {"random": "Random, untrained"} | {name: row.title for name, row in LEARNINGS.items()}
    kind = st.segmented_control(
        "Weights",
        list(words),
        default="random",
        required=True,
        format_func=lambda name: words[name],
        key="custom_weights",
        persist_state="session",
        help="Random: a baseline that shows what the architecture alone gives. The others learn from the images that are here.",
    )
    place = st.container()
    if kind == "random":
        return kind, place, None
    st.caption(LEARNINGS[kind].sentence)
    lacking = _lacking(workspace) if LEARNINGS[kind].needs_labels else None
    return kind, place, lacking


def _badge(spec: CustomSequential, workspace: Workspace, place: DeltaGenerator) -> bool:
    """Say where the weights come from, and whether they are there."""
    if not spec.needs_training:
        place.badge("Random weights, untrained", icon=":material/casino:", color="orange")
        return True
    record = spec.training_record(workspace)
    if record is not None and record.is_whole:
        place.badge("Trained before with these images, kept here", icon=":material/verified:", color="green")
        return True
    words = f"{spec.badge[0].upper()}{spec.badge[1:]}"
    place.badge(words, icon=":material/model_training:", color="blue")
    return False


def _lacking(workspace: Workspace) -> str | None:
    try:
        check_labels(workspace.images(), work="Learning from labels")
    except TrainingError as error:
        return str(error)
    return None


def _layer(outline: Outline) -> tuple[int | str | None, str]:
    """Let the person pick the layer: the pick, and the key of the widget, another one for each list of layers."""
    words = layer_words(outline.layers)
    key = f"custom_layer_{zlib.crc32(repr(words).encode())}"
    before = session.recall(_TAP)
    if key not in st.session_state and before is not None and before in words:
        st.session_state[key] = before
    choices = list[int | str | None](words)
    layer = st.selectbox(
        "Layer",
        choices,
        format_func=lambda layer: words[layer],
        key=key,
        help="Where the network is tapped. Training always trains the whole of it.",
    )
    session.remember(_TAP, layer)
    return layer, key


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
        help="How a feature map becomes one vector: not at all, the mean or the maximum over all places, or all places one "
        "after another.",
    )


def _advanced(weights: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    with st.expander("Advanced", icon=":material/tune:"):
        if weights in LEARNINGS:
            columns = st.columns(len(_TRAINING_WORDS))
            for column, (name, words) in zip(columns, _TRAINING_WORDS.items(), strict=True):
                default = CustomSequential.__dataclass_fields__[name].default
                low, high = (type(default)(limit) for limit in TRAINING_FIELDS[name])
                fields[name] = column.number_input(
                    words, low, high, default, key=f"custom_{name}", persist_state="session", **_FORMATS.get(name, {})
                )
        fields["fit"] = st.segmented_control(
            "How the picture is fitted",
            list(_FITS),
            default="crop",
            required=True,
            format_func=lambda name: _FITS[name],
            key="fit",
            persist_state="session",
            help="Crop: the middle square. Stretch: all of it, distorted. Pad: all of it, with grey borders.",
        )
        seed = st.number_input(
            "Seed",
            min_value=0,
            max_value=2**31 - 1,
            key="weights_seed",
            persist_state="session",
            help="Of random weights, and of training. The same seed gives the same features.",
        )
    return fields | {"seed": int(seed)}


_FORMATS: Mapping[str, dict[str, Any]] = MappingProxyType({"learning_rate": {"step": 0.0001, "format": "%g"}})
