"""What a network did not see of the images, and the way to one that sees all of them."""

import dataclasses
from collections.abc import Sequence

import streamlit as st

from featx_core.images.fitting import place
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks.requests import ExtractJob
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting, frame, runs


def is_cut(run: Run, records: Sequence[ImageRecord]) -> bool:
    """Return whether the network of a run does not see all of some images."""
    seen = run.spec.picture_input
    if seen is None:
        return False
    places = (place(record.width, record.height, seen.image_size, seen.fit) for record in records)
    return any(each.box[0] > 0 or each.box[1] > 0 for each in places)


def offer(run: Run, sentence: str, images: ImageSet, *, waits: bool) -> None:
    """Say what the frames mean, and offer to extract from whole images: with grey borders, "Pad".

    Args:
        run: Whose heatmaps they are.
        sentence: What the frames mean; empty where there are none.
        images: Of the workspace.
        waits: Whether there will be some: the line then has its place already.
    """
    if not sentence and not waits:
        return
    line = st.container(horizontal=True, vertical_alignment="center", gap="small", key="what_is_seen")
    if not sentence:
        line.caption(formatting.BLANK)
        return
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
