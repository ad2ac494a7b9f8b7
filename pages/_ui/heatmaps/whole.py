"""What a network did not see of the images, and the way to one that sees all of them."""

import dataclasses

import streamlit as st

from featx_core.images.image_set import ImageSet
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks.requests import ExtractJob
from featx_core.workspace.runs import Run
from pages._ui.shell import frame, runs


def offer(run: Run, sentence: str, images: ImageSet) -> None:
    """Say what the frames mean, and offer to extract from whole images: with grey borders, "Pad"."""
    if not sentence:
        return
    line = st.container(horizontal=True, vertical_alignment="center", gap="small")
    line.caption(sentence, width="content")
    if isinstance(run.spec, Pretrained | OwnModel | CustomSequential) and line.button(
        "Extract with Pad",
        icon=":material/fit_screen:",
        key="with_pad",
        type="tertiary",
        help="The same network on whole images, with grey borders around them.",
    ):
        runs.start(ExtractJob(dataclasses.replace(run.spec, fit="pad")), images)
        frame.open_page("extract")
