"""What forms that offer backbones share: the list, the kinds of weights with their badges, the card of a backbone."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import streamlit as st

from featx_core.backbones.hub_presets import INSTALL_HUB, has_keras_hub
from featx_core.backbones.measured import SuiteScore
from featx_core.backbones.registry import BACKBONES, Backbone
from featx_core.backbones.weights_kinds import WEIGHTS_KINDS
from featx_core.methods.defaults import default_spec
from featx_core.networks.origins import is_here
from pages._ui.shell import formatting, fragments, session

_Color = Literal["green", "blue", "orange"]
_BADGES: Mapping[str, tuple[str, str, _Color]] = MappingProxyType(
    {
        "imagenet": ("ImageNet, on this machine", ":material/verified:", "green"),
        "embedded": ("Embedded, trained on synthetic images, offline", ":material/deployed_code:", "blue"),
        "preset": ("KerasHub preset, on this machine", ":material/verified:", "green"),
        "random": ("Random weights, untrained", ":material/casino:", "orange"),
    }
)


def pick_backbone(label: str, *, key: str, help: str | None = None) -> str:
    """Let the user pick a backbone; at first the one that a first click runs."""
    names, first = list(BACKBONES), default_spec().backbone
    return st.selectbox(
        label,
        names,
        index=names.index(first),
        format_func=lambda name: _words(BACKBONES[name]),
        key=key,
        persist_state="session",
        help=" ".join(filter(None, (help, BACKBONES[str(session.recall(key, first))].about))) or None,
    )


def _words(backbone: Backbone) -> str:
    height, width = backbone.image_size
    need = ", needs a package" if lacks_package(backbone) else ""
    return f"{backbone.title}, {backbone.n_parameters / 1e6:.3g} M parameters, {height} x {width}{need}"


def lacks_package(backbone: Backbone) -> bool:
    """Whether a backbone needs an optional package that is not installed."""
    return backbone.preset is not None and not has_keras_hub()


def stop_without_package(backbone: Backbone) -> None:
    """Where an optional package is missing, say how to install it, and end the page here."""
    if lacks_package(backbone):
        st.badge("Needs an optional package", icon=":material/extension_off:", color="gray")
        st.caption(f"Install KerasHub where featx runs, then start featx again to use {backbone.title}:")
        st.code(INSTALL_HUB, language="sh")
        fragments.end_page()


def pick_weights(backbone: Backbone, label: str, kinds: Sequence[str], *, key: str, **options: Any) -> str:
    """Let the user pick a kind of weights; at first the trained ones, where they are on this machine."""
    words = {kind: WEIGHTS_KINDS[kind].title for kind in kinds}
    words[backbone.trained] += f" ({_place(backbone)})"
    return st.radio(
        label,
        list(words),
        index=0 if is_here(backbone) else 1,
        format_func=lambda kind: words[kind],
        key=key,
        horizontal=True,
        persist_state="session",
        **options,
    )


def _place(backbone: Backbone) -> str:
    """Say where the trained weights are."""
    if is_here(backbone):
        return "part of this app" if backbone.origin == "featx" else "on this machine"
    if backbone.installed_file:
        return f"needs the package {backbone.installed_file.package}"
    return f"download, about {formatting.size(backbone.download_bytes)}"


def show_badge(backbone: Backbone, kind: str) -> None:
    """Say what kind of weights these are, and whether they are there."""
    if kind == backbone.trained and not is_here(backbone):
        need = "a package" if backbone.installed_file else "a download"
        st.badge(f"{WEIGHTS_KINDS[kind].title}, needs {need}", icon=":material/download:", color="gray")
    elif kind in _BADGES:
        words, icon, color = _BADGES[kind]
        st.badge(words, icon=icon, color=color)


def show_card(backbone: Backbone) -> None:
    """Say how well a backbone does, where that comes with it; of one of KerasHub its patches and licence."""
    if backbone.preset is not None:
        side = backbone.preset.patch_size
        st.caption(f"Patches of {side} x {side} pixels. Licence of the trained weights: {backbone.preset.license}.")
    if backbone.measured:
        with st.expander("How well it does", icon=":material/fact_check:"):
            st.markdown(_table(backbone.measured))
            st.caption(
                "Percent of images classified or retrieved correctly, with 95 % intervals.",
                help="Untrained: the same network with random weights. Best without a network: the best of colour "
                "histogram, LBP, HOG and others. None of these images was used for training.",
            )


def _table(scores: Sequence[SuiteScore]) -> str:
    lines = ["| | Embedded | Untrained | Best without a network |", "|---|---|---|---|"]
    for score in scores:
        interval = f" [{_number(score.low)},\N{NO-BREAK SPACE}{_number(score.high)}]" if score.low is not None else ""
        best = f"{_number(score.best_classical)} {formatting.escape(score.best_classical_name)}".rstrip()
        cells = (formatting.escape(score.suite), _number(score.embedded) + interval, _number(score.untrained), best)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f}"
