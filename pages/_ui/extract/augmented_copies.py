"""Randomly changed copies of images, as images on a page."""

import base64
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.augmentation.transforms import Transforms
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.specs.spec import Spec
from featx_core.tasks.requests import CopiesQuestion
from featx_core.worker.jobs import TaskFailedError
from pages._ui.shell import formatting, questions, session

SHOWN = 8
_COLUMNS = 4
_HEIGHT = 120  # pixels, of what stands in for an image


def preview(
    images: ImageSet, *, spec: Spec, transforms: Transforms, n_copies: int, seed: int, with_original: bool
) -> None:
    """Show the copies that a run would make of the image that is inspected."""
    with st.container(border=True):
        st.header("What the copies look like", anchor=False)
        names = images.names
        name = session.recall("inspected")
        record = images[names.index(name)] if name in names else images[0]
        shown = min(n_copies, SHOWN)
        places = [place for _ in range(0, shown, _COLUMNS) for place in st.columns(_COLUMNS)]
        draw(places[:shown], record, spec=spec, transforms=transforms, seed=seed, with_original=with_original)
        words = " The first is unchanged." if with_original else ""
        st.caption(
            f"What the network receives of {formatting.escape(record.name)}.{words}",
            help="What moves out of the frame is lost; gaps are filled with the mirrored image.",
        )


def draw(
    places: Sequence[DeltaGenerator],
    record: ImageRecord,
    *,
    spec: Spec,
    transforms: Transforms,
    seed: int,
    with_original: bool,
) -> None:
    """Draw one copy of an image in each place; grey fields while the worker makes them."""
    asked = CopiesQuestion(spec, record.digest, transforms, len(places), seed, with_original)
    try:
        answer = questions.fetch(asked, workspace_path=session.workspace().path)
    except TaskFailedError as error:
        places[0].caption(formatting.escape(str(error)))
        return
    except questions.NoAnswerError as error:
        with places[0]:
            questions.offer_again(error)
        return
    for number, place in enumerate(places):
        if answer is None:
            place.skeleton(height=_HEIGHT)
        elif number < len(answer["pictures"]):
            picture = base64.b64decode(answer["pictures"][number])
            place.image(picture, width="stretch", alt=f"{record.name}, copy {number}")
