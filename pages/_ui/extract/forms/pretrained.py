"""The form of a pretrained backbone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import streamlit as st

from featx_core.backbones.registry import BACKBONES, Backbone
from featx_core.backbones.weights_kinds import WEIGHTS_KINDS
from featx_core.images.fitting import Fit
from featx_core.networks.engines.fast import why_not_bfloat16
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec, SpecError
from featx_core.workspace.workspace import Workspace
from pages._ui.extract import weight_files
from pages._ui.extract.forms.asked import Asked
from pages._ui.extract.forms.taps import POOLINGS, pick_layer, pick_pooling
from pages._ui.networks import backbone_choices, outlines
from pages._ui.shell import formatting, fragments, jobs, questions, session
from pages._ui.shell.inputs import fit_picker, seed_input

Precision = Literal["float32", "bfloat16"]
_PRECISIONS: Mapping[Precision, str] = MappingProxyType({"float32": "float32", "bfloat16": "Fast (bfloat16)"})


def pretrained(workspace: Workspace) -> Asked:
    """Show the parameters of a pretrained backbone."""
    name = _backbone()
    backbone = BACKBONES[name]
    weights = _weights(backbone, workspace)
    layer_place = st.container()
    with st.expander(_summary(backbone), icon=":material/tune:", key="pretrained_advanced"):
        pooling_place = st.container()
        size, fit, batch_size, seed, classifier = _advanced(backbone)
    try:
        whole = Pretrained(backbone=name, weights="random", image_size=size, classifier=classifier, pooling=None)
        outline = outlines.fetch(whole)
        with layer_place:
            layer = pick_layer(outline, layer_key(name))
        with pooling_place:
            pooling = pick_pooling(outline, layer)
            precision = _precision()
        spec = Pretrained(
            backbone=name,
            weights=weights,
            seed=seed,
            layer=layer,
            pooling=pooling,
            image_size=size,
            fit=fit,
            classifier=classifier,
            precision=precision,
        )
    except SpecError as error:
        st.warning(formatting.escape(str(error)), icon=":material/rule:")
        fragments.end_page()
    except questions.NoAnswerError as error:
        questions.stop(error)
    return Asked(spec, batch_size, layer_key=layer_key(name))


def fill(spec: Spec, workspace: Workspace) -> None:
    """Put the settings of a spec into the form, before it is drawn."""
    del workspace
    if not isinstance(spec, Pretrained):
        return
    backbone = BACKBONES[spec.backbone]
    session.remember("backbone", spec.backbone)
    session.remember(f"weights_{backbone.title}", spec.weights_kind)
    if spec.weights_kind == "file":
        session.remember("weights_digest", spec.weights.split(":")[1])
    session.remember("pooling", spec.pooling or "none")
    if spec.layer is None:  # as a control begins
        session.take(layer_key(spec.backbone))
    else:
        session.remember(layer_key(spec.backbone), spec.layer)
    session.remember("precision", spec.precision)
    session.remember(f"side_{backbone.title}", spec.size[0])
    session.remember("fit", spec.fit)
    session.remember("weights_seed", spec.seed)
    session.remember("classifier", spec.classifier)


def layer_key(backbone: str) -> str:
    """Return the key under which the picked layer of a backbone is kept."""
    return f"layer_{backbone}"


def _summary(backbone: Backbone) -> str:
    """Say what is chosen under Advanced, as far as it was chosen."""
    fit, picked = session.recall("fit", "crop"), session.recall("pooling", "avg")
    pooling = next(words.lower() for name, words in POOLINGS.items() if name == picked)
    side = session.recall(f"side_{backbone.title}", backbone.side)
    precision = ["bfloat16"] if session.recall("precision") == "bfloat16" else []
    words = [f"pooling {pooling}", *precision]
    return f"Advanced :gray[({', '.join([*words, f'{side} x {side}', str(fit)])})]"


def _backbone() -> str:
    name = backbone_choices.pick_backbone(
        "Backbone",
        key="backbone",
        help="The network that computes the features. Small networks are fast; large ones see finer differences.",
    )
    backbone_choices.stop_without_package(BACKBONES[name])
    backbone_choices.show_card(BACKBONES[name])
    return name


def _weights(backbone: Backbone, workspace: Workspace) -> str:
    kind = backbone_choices.pick_weights(
        backbone,
        "Weights",
        backbone.weights_kinds,
        key=f"weights_{backbone.title}",
        help=" ".join(WEIGHTS_KINDS[kind].sentence for kind in backbone.weights_kinds),
    )
    if kind == "file":
        return weight_files.pick(workspace, backbone)
    backbone_choices.show_badge(backbone, kind)
    return kind


def _precision() -> Precision:
    """Offer bfloat16 where this machine has it."""
    if why_not_bfloat16() and not jobs.supervisor().facts.get("gpu_has_bfloat16"):
        return "float32"
    return st.segmented_control(
        "Precision",
        list(_PRECISIONS),
        default="float32",
        required=True,
        format_func=lambda name: _PRECISIONS[name],
        key="precision",
        persist_state="session",
        help="float32 is exact to about seven digits. bfloat16 keeps two to three digits and takes about half the "
        "time; the run card says how much your features differ.",
    )


def _advanced(backbone: Backbone) -> tuple[tuple[int, int] | None, Fit, int | None, int, bool]:
    default = backbone.image_size[0]
    step, is_fixed = (backbone.preset.patch_size, backbone.preset.sizes == "own") if backbone.preset else (32, False)
    side = st.number_input(
        "Input size (pixels)",
        min_value=backbone.minimum_side,
        max_value=1024,
        value=default,
        step=step,
        key=f"side_{backbone.title}",
        persist_state="session",
        disabled=is_fixed,
        help=f"Side of the square input. The network {'takes' if is_fixed else 'was trained at'} {default}"
        f"{' only' if is_fixed else ''}.",
    )
    fit = fit_picker()
    automatic = backbone.batch_size
    batch = st.number_input(
        "Batch size",
        min_value=1,
        max_value=256,
        value=automatic,
        key=f"batch_{backbone.title}",
        persist_state="session",
        help="Images per forward pass. Limits memory and does not change the features.",
    )
    seed = seed_input(
        "Seed for random weights",
        key="weights_seed",
        help="The same seed gives the same random weights. It has no effect on trained weights.",
    )
    classifier = _classifier(backbone)
    size = None if side == default else (int(side), int(side))
    return size, fit, None if batch == automatic else int(batch), seed, classifier


def _classifier(backbone: Backbone) -> bool:
    if not backbone.has_classifier:
        why = "KerasHub's backbones come without" if backbone.preset else "it was trained without class names"
        st.caption(f"{backbone.title} has no classifier to keep: {why}.")
        return False
    return st.toggle(
        "Keep the classifier",
        key="classifier",
        persist_state="session",
        help="Adds the classifier for the 1 000 ImageNet classes, so that heatmaps can explain a class. Requires the "
        "original input size, and a larger download where weights are downloaded.",
    )
