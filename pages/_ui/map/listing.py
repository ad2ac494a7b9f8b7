"""The order of the images that are selected on a map, and a search among them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import streamlit as st

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.measures.neighbors import at_unit_length

_BY_FACT: Mapping[str, Callable[[ImageRecord], tuple[bool, str]]] = MappingProxyType(
    {
        "By name": lambda record: (False, record.name.casefold()),
        "By label": lambda record: (record.label is None, (record.label or "").casefold()),
    }
)
_BY_TYPE = ("Most typical first", "Least typical first")
_AS_THEY_ARE = "As in the workspace"


def arranged(images: ImageSet, features: Features) -> ImageSet:
    """Let the user search and sort; give the images that are found."""
    left, right = st.columns(2)
    asked = left.text_input("Search", key="selection_search", placeholder="Name or label").strip().casefold()
    order = right.selectbox(
        "Order",
        [_AS_THEY_ARE, *_BY_FACT, *_BY_TYPE],
        key="selection_order",
        persist_state="session",
        help="Typical: by the cosine of the features to the mean of the selection.",
    )
    found = [image for image in images if asked in f"{image.name}\n{image.label or ''}".casefold()]
    if not found:
        st.caption("Nothing is called so.")
    if order in _BY_FACT:
        found.sort(key=_BY_FACT[order])
    elif order in _BY_TYPE:
        scores = typicality(features, images)
        found.sort(key=lambda image: scores.get(image.digest, -2.0), reverse=order == _BY_TYPE[0])
    return ImageSet(found)


def typicality(features: Features, images: ImageSet) -> dict[str, float]:
    """Return for each image the cosine of its features to their mean over all of these images; by digest."""
    wanted = set(images.digests)
    rows = [row for row, digest in enumerate(features.digests) if digest in wanted]
    unit = at_unit_length(features.vectors[rows])
    middle = np.nanmean(np.where(np.isfinite(unit), unit, np.nan), axis=0)
    cosines = np.nan_to_num(unit @ middle, nan=-2.0)
    return {features.digests[row]: float(cosine) for row, cosine in zip(rows, cosines, strict=True)}
