"""Running several networks from the Compare page: those on this machine at one press, or any that are picked."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.backbones.registry import BACKBONES, Backbone
from featx_core.backbones.weights_kinds import WEIGHTS_KINDS
from featx_core.comparison.verdicts import joined
from featx_core.images.image_set import ImageSet
from featx_core.networks.origins import is_here
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks.requests import ExtractJob
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from pages._ui.networks import backbone_choices
from pages._ui.shell import formatting, jobs, session

QUICK = ("efficientnet_lite0", "embedded_v1", "mobilenet_v2", "mobilenet_v3_small")  # small: offered at first, if there
MAX_PARAMETERS = 15e6  # of a network that counts as small
TRAINED, RANDOM = "trained", "random"
_ASKED, _TIMES = "backbones_asked", "times_run_more"


def show(images: ImageSet, found: Sequence[Run]) -> None:
    """Offer to run several backbones now, one after another, each with its own row of progress."""
    key = f"more_{_times()}"  # a new one is closed, however quickly the old one was pressed
    line = st.container(horizontal=True, gap="small")
    _which_network(images, found, line)
    with line.popover("Run backbones", icon=":material/playlist_add:", key=key, on_change="rerun"):
        names = st.multiselect(
            "Backbones",
            [name for name, row in BACKBONES.items() if not backbone_choices.lacks_package(row)],
            default=[name for name in QUICK if is_here(BACKBONES[name])],
            format_func=lambda name: BACKBONES[name].title,
            max_selections=4,
            key="more_backbones",
            help="Each backbone runs with average pooling at its last layer, at most four at a time.",
        )
        kind = st.radio(
            "Weights",
            [TRAINED, RANDOM],
            format_func={TRAINED: "Trained", RANDOM: WEIGHTS_KINDS["random"].title}.__getitem__,
            key="more_weights",
            horizontal=True,
        )
        for name in names:
            _say_weights(BACKBONES[name], kind)
        st.button(
            "Run", type="primary", disabled=not names, key="run_more", on_click=_start_all, args=(names, kind, images)
        )
    running = [job for job in jobs.mine() if job.task == "extract"]
    for job in running:
        jobs.show(job)
    if len(running) > 1:
        st.button(
            "Cancel all",
            icon=":material/close:",
            type="tertiary",
            key="cancel_all",
            on_click=_cancel_all,
            args=(running,),
        )
    for asked in _all_asked():
        begun = jobs.find(asked)
        if begun is not None and begun.state == "failed":
            st.markdown(f"**{formatting.escape(begun.title)}**")
            jobs.show(begun)


def _which_network(images: ImageSet, found: Sequence[Run], place: DeltaGenerator) -> None:
    """Offer to run at one press the small networks on this machine that have not run; each joins the verdict as it ends."""
    known = {run.digest for run in found}
    lacking = [
        name
        for name, row in BACKBONES.items()
        if is_here(row) and row.n_parameters <= MAX_PARAMETERS and Pretrained(name).digest not in known
    ]
    titles = joined([BACKBONES[name].title for name in lacking]) if lacking else ""
    place.button(
        "Which network for my images?",
        icon=":material/leaderboard:",
        key="which_network",
        type="primary" if lacking and len(found) < 2 else "secondary",
        disabled=not lacking,
        help=f"Runs {titles}, which are on this machine, and compares them."
        if lacking
        else "The small networks on this machine have run.",
        on_click=_start_all,
        args=(lacking, TRAINED, images),
    )


def _say_weights(backbone: Backbone, kind: str) -> None:
    """Say which weights a backbone would be run with."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(backbone.title, width="content")
        backbone_choices.show_badge(backbone, backbone.trained if kind == TRAINED else kind)


def _start_all(names: Sequence[str], kind: str, images: ImageSet) -> None:
    """Begin the runs and close what covers their progress."""
    for name in names:
        _start(Pretrained(backbone=name, weights=BACKBONES[name].trained if kind == TRAINED else kind), images)
    session.remember(_TIMES, _times() + 1)


def _cancel_all(running: Sequence[Job]) -> None:
    """Stop what one press began; rows that are finished are kept."""
    for job in running:
        jobs.cancel(job)


def _times() -> int:
    """How often this session began such runs."""
    found = session.recall(_TIMES)
    return found if isinstance(found, int) else 0


def _start(spec: Pretrained, images: ImageSet) -> None:
    asked = ExtractJob(spec)
    jobs.submit_again(asked, title=f"{spec.title} on {formatting.counted(len(images), 'image')}")
    session.remember(_ASKED, [*(other for other in _all_asked() if other != asked), asked])


def _all_asked() -> list[ExtractJob]:
    """List what this session began here, so that what fails is told."""
    found = session.recall(_ASKED)
    return found if isinstance(found, list) else []
