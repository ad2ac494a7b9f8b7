"""The images nearest to one image by the features of a run: found here where they are in memory, else by the worker."""

from typing import Any

import numpy as np
import streamlit as st

from featx_core.base.files.digests import digest_of_all
from featx_core.extraction.features import Features
from featx_core.measures.neighbors import N_NEIGHBORS, nearest
from featx_core.tasks.requests import NeighborsQuestion
from featx_core.worker.jobs import TaskFailedError
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting, questions, session


def fetch(run: Run, features: Features, row: int, *, n_neighbors: int = N_NEIGHBORS) -> list[tuple[int, float]] | None:
    """Return rows of the features and their cosine distances, nearest first; None while the worker is at it.

    Where an image has several rows, its features are their mean, and neighbours are other images. There are none of a row
    that is not finite.
    """
    if features.is_stored:
        return _asked(run, features, row, n_neighbors)
    about = (session.token(), run.digest, run.created, hash((features.digests, features.copies)), row, n_neighbors)
    return _found(about, features)


@st.cache_data(max_entries=64, show_spinner=False)
def _found(about: tuple[Any, ...], _features: Features) -> list[tuple[int, float]]:
    each, row, n_neighbors = _features.per_image(), *about[-2:]
    n_copies = len(_features) // max(1, len(each))
    usable = np.flatnonzero(np.isfinite(each.vectors).all(axis=1))
    at = int(np.searchsorted(usable, row // n_copies))
    if at >= len(usable) or usable[at] != row // n_copies:
        return []
    vectors = each.vectors if len(usable) == len(each) else each.vectors[usable]
    found = nearest(vectors, at, n_neighbors=n_neighbors)
    return [(int(usable[near.row]) * n_copies, 1 - near.similarity) for near in found]


def _asked(run: Run, features: Features, row: int, n_neighbors: int) -> list[tuple[int, float]] | None:
    asked = NeighborsQuestion(run.digest, run.created, digest_of_all(features.digests), row, n_neighbors)
    try:
        found = questions.fetch(asked, workspace_path=session.workspace().path)
    except questions.NoAnswerError as error:
        questions.offer_again(error)
        return None
    except TaskFailedError as error:
        st.caption(formatting.escape(str(error)))
        return None
    return None if found is None else [(int(row), 1 - cosine) for row, cosine in found]
