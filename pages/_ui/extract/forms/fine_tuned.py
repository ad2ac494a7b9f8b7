"""The form of fine-tuning: a base, the new layer, and how it learns."""

import dataclasses
from collections import Counter
from typing import Any

import streamlit as st

from featx_core.augmentation.transforms import PRESETS
from featx_core.backbones.registry import BACKBONES
from featx_core.learning.fine_tuning.examples import MIN_IMAGES, check_labels
from featx_core.learning.fine_tuning.network import OPTIMIZERS
from featx_core.learning.loop import TrainingError
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec, SpecError
from featx_core.workspace.runs import Run
from featx_core.workspace.workspace import Workspace
from pages._ui.extract.forms.asked import Asked
from pages._ui.networks import backbone_choices, outlines
from pages._ui.networks.layer_choices import LAST, layer_words
from pages._ui.shell import formatting, fragments, questions, session
from pages._ui.shell.inputs import seed_input

NEW = "new"  # the base is a pretrained network, not that of a run; features come from the new layer
_KEYS: dict[str, Any] = {"persist_state": "session"}


def fine_tuned(workspace: Workspace) -> Asked:
    """Show the parameters of fine-tuning."""
    class_names = _classes(workspace)
    base = _base(workspace)
    left, right = st.columns(2)
    units = left.number_input(
        "Units of the new layer",
        1,
        8192,
        1024,
        key="tuned_units",
        help="Number of features of the new dense layer. The tutorial uses 1024.",
        **_KEYS,
    )
    optimizer = right.selectbox(
        "Optimiser",
        list(OPTIMIZERS),
        format_func=lambda name: OPTIMIZERS[name].title,
        key="tuned_optimizer",
        help=" ".join(f"{row.title}: {row.caveat}" for row in OPTIMIZERS.values()),
        **_KEYS,
    )
    epochs = left.number_input(
        "Maximum epochs", 1, 200, 20, key="tuned_epochs", help="Passes over the training images.", **_KEYS
    )
    rate = right.number_input(
        "Learning rate",
        1e-6,
        10.0,
        1e-3,
        format="%g",
        key="tuned_rate",
        help="If it is too large, the loss diverges.",
        **_KEYS,
    )
    options = _second_phase() | _advanced()
    try:
        spec = FineTuned(
            base=base,
            units=int(units),
            optimizer=optimizer,
            epochs=int(epochs),
            learning_rate=float(rate),
            class_names=class_names,
            **options,
        )
        spec = dataclasses.replace(spec, layer=_layer(spec))
        check_labels(workspace.images(), class_names)
    except (SpecError, TrainingError) as error:
        st.warning(formatting.escape(str(error)), icon=":material/rule:")
        fragments.end_page()
    except questions.NoAnswerError as error:
        questions.stop(error)
    return Asked(spec, verb="Train, then extract from")


def fill(spec: Spec, workspace: Workspace) -> None:
    """Put the settings of a spec into the form, before it is drawn."""
    if not isinstance(spec, FineTuned):
        return
    session.remember("tuned_base", spec.base.digest if spec.base.digest in _bases(workspace) else NEW)
    if isinstance(spec.base, Pretrained):
        session.remember("tuned_backbone", spec.base.backbone)
        session.remember(f"tuned_weights_{spec.base.backbone}", spec.base.weights_kind)
    counts = _counts(workspace)
    session.remember(_labels_key(counts), [name for name in spec.class_names if name in counts])
    change = next((name for name, row in PRESETS.items() if row.transforms == spec.augmentation), "none")
    for name, value in {
        "units": spec.units,
        "optimizer": spec.optimizer,
        "epochs": spec.epochs,
        "rate": spec.learning_rate,
        "stages": spec.unfrozen_stages,
        "stage_epochs": spec.tuning_epochs,
        "stage_rate": spec.tuning_learning_rate,
        "batch": spec.batch_size,
        "dropout": spec.dropout,
        "share": spec.validation_share,
        "patience": spec.patience,
        "augmentation": change,
        "seed": spec.seed,
        "balanced": spec.class_weights,
        f"layer_{spec.base.digest[:12]}": NEW if spec.layer is None else spec.layer,
    }.items():
        session.remember(f"tuned_{name}", value)


def _counts(workspace: Workspace) -> Counter[str]:
    return Counter(record.label for record in workspace.images() if record.label)


def _labels_key(counts: Counter[str]) -> str:
    return f"tuned_labels_{hash(frozenset(counts.items()))}"


def _bases(workspace: Workspace) -> dict[str, Run]:
    return {run.digest: run for run in workspace.ledger.runs() if _can_be_base(run.spec)}


def _classes(workspace: Workspace) -> tuple[str, ...]:
    counts = _counts(workspace)
    enough = [label for label, number in counts.items() if number >= MIN_IMAGES]
    names = st.multiselect(
        "Labels",
        sorted(counts),
        default=sorted(enough),
        format_func=lambda label: f"{label} ({counts[label]})",
        key=_labels_key(counts),
        help=f"The classes to train on. At least 2, with {MIN_IMAGES} images each. Other images are not used for "
        "training, but still get features and a predicted class.",
    )
    return tuple(sorted(names))


def _base(workspace: Workspace) -> Spec:
    """Let the user pick what to build on: a pretrained network, or that of a run."""
    found = _bases(workspace)
    picked = st.selectbox(
        "Base",
        [NEW, *found],
        format_func=lambda key: (
            "A pretrained network" if key == NEW else f"Of a run: {formatting.run_words(found[key])}"
        ),
        key="tuned_base",
        help="The network below the new layers. Features of an existing run are reused, so training starts at once.",
        **_KEYS,
    )
    return _pretrained() if picked == NEW else found[picked].spec


def _can_be_base(spec: Spec) -> bool:
    return spec.can_carry_layers and not spec.needs_training and not (isinstance(spec, Pretrained) and spec.is_fast)


def _pretrained() -> Pretrained:
    name = backbone_choices.pick_backbone("Base network", key="tuned_backbone")
    backbone = BACKBONES[name]
    backbone_choices.stop_without_package(backbone)
    backbone_choices.show_card(backbone)
    weights = backbone_choices.pick_weights(
        backbone,
        "Base weights",
        (backbone.trained, "random"),
        key=f"tuned_weights_{name}",
        help="Random weights give a baseline: the new layers then train on untrained features.",
    )
    backbone_choices.show_badge(backbone, weights)
    return Pretrained(backbone=name, weights=weights)


def _second_phase() -> dict[str, Any]:
    n_stages = st.slider(
        "Stages to unfreeze",
        0,
        5,
        0,
        key="tuned_stages",
        help="Fine-tunes the last stages of the base at a small learning rate in a second phase. Slow: every epoch "
        "runs all training images through the network. Its result is kept only if the validation loss improves. "
        "0 keeps the base frozen.",
        **_KEYS,
    )
    if not n_stages:
        return {}
    left, right = st.columns(2)
    epochs = left.number_input("Epochs of fine-tuning", 1, 50, 5, key="tuned_stage_epochs", **_KEYS)
    rate = right.number_input(
        "Fine-tuning learning rate", 1e-7, 1.0, 1e-5, format="%g", key="tuned_stage_rate", **_KEYS
    )
    return {"unfrozen_stages": int(n_stages), "tuning_epochs": int(epochs), "tuning_learning_rate": float(rate)}


def _advanced() -> dict[str, Any]:
    with st.expander("Advanced", icon=":material/tune:"):
        left, right = st.columns(2)
        batch = left.number_input("Batch size", 1, 256, 32, key="tuned_batch", **_KEYS)
        dropout = right.slider(
            "Dropout",
            0.0,
            0.9,
            0.0,
            0.1,
            key="tuned_dropout",
            help="Share of the new features dropped in each training step.",
            **_KEYS,
        )
        share = left.slider(
            "Validation share",
            0.1,
            0.5,
            0.2,
            0.05,
            key="tuned_share",
            help="Share of labelled images held out for evaluation. Near-duplicates stay together.",
            **_KEYS,
        )
        patience = right.number_input(
            "Patience (epochs)",
            0,
            100,
            5,
            key="tuned_patience",
            help="Stop after this many epochs without a lower validation loss. 0 disables early stopping.",
            **_KEYS,
        )
        change = left.selectbox(
            "Augmentation in training",
            ["none", *PRESETS],
            format_func=lambda name: "None" if name == "none" else PRESETS[name].title,
            key="tuned_augmentation",
            help="Random changes of the training images: four copies each in the first phase, new copies in every "
            "epoch of the second. Validation images are never changed.",
            **_KEYS,
        )
        with right:
            seed = seed_input(key="tuned_seed", help="The same seed gives the same result.")
        balanced = st.toggle(
            "Balance class weights",
            key="tuned_balanced",
            help="Gives rare labels the same total weight as frequent ones.",
            **_KEYS,
        )
    return {
        "batch_size": int(batch),
        "dropout": round(float(dropout), 1),
        "validation_share": round(float(share), 2),
        "patience": int(patience),
        "augmentation": () if change == "none" else PRESETS[change].transforms,
        "seed": seed,
        "class_weights": bool(balanced),
    }


def _layer(spec: FineTuned) -> int | str | None:
    """Let the user pick where the features are taken: the new layer, or any other."""
    outline = outlines.fetch(spec)
    if outline is None:
        st.selectbox("Features from", ["Reading the layers ..."], disabled=True, key="tuned_layer_waiting")
        return None
    words = {layer: text for layer, text in layer_words(outline.layers).items() if layer != LAST}
    picked = st.selectbox(
        "Features from",
        [NEW, *words],
        format_func=lambda layer: "The new layer" if layer == NEW else words[layer],
        key=f"tuned_layer_{spec.base.digest[:12]}",
        help="This does not affect training, which is not repeated.",
        **_KEYS,
    )
    return None if picked == NEW else picked
