"""Where the weights of a custom network come from, and how they are learned."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.learning.fine_tuning.examples import check_labels
from featx_core.learning.loop import TrainingError
from featx_core.methods import registry as methods
from featx_core.specs.custom_sequential import TRAINING_FIELDS, CustomSequential
from featx_core.specs.learnings import LEARNINGS
from featx_core.workspace.workspace import Workspace


def weights(workspace: Workspace) -> tuple[str, DeltaGenerator, str | None]:
    """Let the user pick where the weights come from: the spec's `weights`, a place for the badge, and what is lacking."""
    words = {"random": "Random, untrained"} | {name: row.title for name, row in LEARNINGS.items()}
    kind = st.segmented_control(
        "Weights",
        list(words),
        default="random",
        required=True,
        format_func=lambda name: words[name],
        key="custom_weights",
        persist_state="session",
        help="Random: an untrained baseline. The other options train on the images in this workspace.",
    )
    place = st.container()
    if kind == "random":
        return kind, place, None
    st.caption(LEARNINGS[kind].sentence)
    lacking = _lacking(workspace) if LEARNINGS[kind].needs_labels else None
    return kind, place, lacking


def badge(spec: CustomSequential, workspace: Workspace, place: DeltaGenerator) -> bool:
    """Say where the weights come from, and whether they are there."""
    if not spec.needs_training:
        place.badge("Random weights, untrained", icon=":material/casino:", color="orange")
        return True
    record = methods.training_record(spec, workspace)
    if record is not None and record.is_whole:
        place.badge("Already trained on these images", icon=":material/verified:", color="green")
        return True
    words = f"{spec.badge[0].upper()}{spec.badge[1:]}"
    place.badge(words, icon=":material/model_training:", color="blue")
    return False


def _lacking(workspace: Workspace) -> str | None:
    try:
        check_labels(workspace.images(), work="Training on labels")
    except TrainingError as error:
        return str(error)
    return None


def options() -> dict[str, Any]:
    """Let the user set how long and how fast it learns: the fields of the spec."""
    left, middle, right = st.columns(3)
    (fewest, most), (smallest, largest), (slowest, fastest) = TRAINING_FIELDS.values()
    epochs = left.number_input(
        "Epochs",
        int(fewest),
        int(most),
        CustomSequential.epochs,
        key="custom_epochs",
        persist_state="session",
        help="Maximum number of passes over the images. Training also stops after 10 minutes.",
    )
    batch_size = middle.number_input(
        "Batch size",
        int(smallest),
        int(largest),
        CustomSequential.batch_size,
        key="custom_batch",
        persist_state="session",
        help=(
            "Larger batches give fewer, more reliable steps. In contrastive training, the other images in the "
            "batch are the negatives."
        ),
    )
    learning_rate = right.number_input(
        "Learning rate",
        slowest,
        fastest,
        CustomSequential.learning_rate,
        step=0.0001,
        format="%g",
        key="custom_rate",
        persist_state="session",
        help="Step size. Smaller values are slower and safer.",
    )
    return {"epochs": int(epochs), "batch_size": int(batch_size), "learning_rate": float(learning_rate)}
