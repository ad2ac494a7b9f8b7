"""The order of the images that are selected on a map, and a search among them."""

import numpy as np
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageSet
from featx_core.measures.neighbors import at_unit_length

_BY_FACT = ("By name", "By label")
_BY_TYPE = ("Most typical first", "Least typical first")
_AS_THEY_ARE = "As in the workspace"
MAX_READ = 5_000
"""Of so many selected images features are read from the workspace to sort them, where they are not in memory."""


def arranged(images: ImageSet, features: Features) -> ImageSet:
    """Let the user search and sort; give the images that are found."""
    left, right = st.columns(2)
    asked = left.text_input("Search", key="selection_search", placeholder="Name or label").strip().casefold()
    by_type = () if features.is_stored and len(images) > MAX_READ else _BY_TYPE
    order = right.selectbox(
        "Order",
        [_AS_THEY_ARE, *_BY_FACT, *by_type],
        key="selection_order",
        persist_state="session",
        help="Typical: by the cosine of the features to the mean of the selection." if by_type else None,
    )
    found = _called(images, asked) if asked else images
    if not len(found):
        st.caption("Nothing is called so.")
    return found.of_rows(_order(found, images, features, order))


def _called(images: ImageSet, asked: str) -> ImageSet:
    texts = zip(images.names, images.labels, strict=True)
    rows = [row for row, (name, label) in enumerate(texts) if asked in f"{name}\n{label or ''}".casefold()]
    return images.of_rows(np.array(rows, int))


def _order(found: ImageSet, images: ImageSet, features: Features, order: str) -> np.ndarray:
    """Return the place of the first image, of the second, ..."""
    if order in _BY_TYPE:
        scores = typicality(features, images)
        each = np.array([scores.get(digest, -2.0) for digest in found.digests])
        return np.argsort(-each if order == _BY_TYPE[0] else each, kind="stable")
    if order not in _BY_FACT:
        return np.arange(len(found))
    values = found.names if order == _BY_FACT[0] else found.labels
    keys = [(value is None, (value or "").casefold()) for value in values]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), int)


def typicality(features: Features, images: ImageSet) -> dict[str, float]:
    """Return for each image the cosine of its features to their mean over all of these images; by digest."""
    wanted = set(images.digests)
    rows = [row for row, digest in enumerate(features.digests) if digest in wanted]
    unit = at_unit_length(features.of_rows(rows).vectors)
    middle = np.nanmean(np.where(np.isfinite(unit), unit, np.nan), axis=0)
    cosines = np.nan_to_num(unit @ middle, nan=-2.0)
    return {features.digests[row]: float(cosine) for row, cosine in zip(rows, cosines, strict=True)}
