"""What to look at first: likely label errors, outliers, near-duplicates, unusual images and clusters."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.curation.quality import PROBLEMS
from featx_core.images.image_set import ImageSet
from featx_core.learning.labels_seen import saw_labels
from featx_core.studies.label_errors import LabelErrorsStudy
from featx_core.studies.maps.quality import QualityStudy
from featx_core.studies.outliers import OutliersStudy
from featx_core.studies.rows.duplicates import DuplicatesStudy
from featx_core.workspace.runs import Run
from pages._ui.images import gallery
from pages._ui.images.choice import Choice
from pages._ui.images.lists import cluster_list, listed
from pages._ui.shell import formatting, runs, session

_PAGE_SIZE = 48
_TITLES = {
    "label_errors": "Label errors",
    "outliers": "Outliers",
    "duplicates": "Near-duplicates",
    "quality": "Unusual images",
    "clusters": "Clusters",
}
_OF_RUNS = ("label_errors", "outliers", "clusters")
_SUGGESTS = "What a network calls at least half of them, where one has named the images."


def show(images: ImageSet) -> None:
    """Let the user pick a list, and show it."""
    found = [run for run in session.workspace().ledger.runs() if run.spec.takes_images]
    kinds = [kind for kind in _TITLES if found or kind not in _OF_RUNS]
    kinds = [kind for kind in kinds if kind != "label_errors" or any(images.labels)]
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    kind = bar.segmented_control(
        "List", kinds, default=kinds[0], format_func=_TITLES.__getitem__, required=True, key=f"look_{'_'.join(kinds)}"
    )
    kind = kind or kinds[0]
    if kind in _OF_RUNS:
        with bar:
            run = runs.pick(found, key="look_run")
        {"label_errors": _label_errors, "outliers": _outliers, "clusters": cluster_list.show}[kind](images, run)
    else:
        {"duplicates": _duplicates, "quality": _quality}[kind](images)
    if not found:
        st.caption("Extract features to list label errors, outliers and clusters too.")


def _label_errors(images: ImageSet, run: Run) -> None:
    if saw_labels(run.spec):
        st.caption(
            ":material/school: This network learned from these labels, wrong ones included. Pick another run.",
            help="It hides errors among the images of its training.",
        )
    found = listed.fetched(LabelErrorsStudy(run.digest))
    if found is None:
        return
    records = listed.records(images, found.digests)
    if not records:
        st.markdown("**No label looks wrong** to a classifier on these features.")
        return
    st.markdown(
        f"**{len(records)} of {formatting.counted(found.n_images, 'labelled image')}** look more like another label, "
        "most certain first."
    )
    words = [f"→ {other}, {margin:.2f}" for other, margin in zip(found.offered, found.margins, strict=True)]
    picked = Choice("mended")
    bar = st.container(horizontal=True, vertical_alignment="center", gap="small")
    shown = listed.show(records, images, words, key="look_label_errors", run=run, chosen=picked)
    _mend(bar, shown, dict(zip(found.digests, found.offered, strict=True)), picked)
    st.caption(
        "The number says by how much the other label scores higher.",
        help="Each image was scored by a linear probe trained without it. Hard images are listed too: the probe is wrong "
        "about some right labels.",
    )


def _mend(bar: DeltaGenerator, shown: ImageSet, offered: Mapping[str, str], picked: Choice) -> None:
    """Let the user give images of a list the label that is offered for each."""
    taken = {record.name: offered[record.digest] for record in shown if record.name in set(picked.names)}
    if not taken:
        bar.caption("Choose the images whose offered label is right.", width="content")
        words, icon = f"Choose all {len(shown)}", ":material/check_box:"
        bar.button(words, icon=icon, key="take_all", type="tertiary", on_click=picked.take, args=(shown.names,))
        return
    bar.markdown(f"**{formatting.counted(len(taken), 'image')} chosen**", width="content")
    if bar.button("Change labels", type="primary", icon=":material/check:", key="take_offered"):
        picked.take(())
        gallery.change(lambda: session.workspace().set_labels(taken))
    bar.button("Clear", icon=":material/close:", key="take_none", type="tertiary", on_click=picked.take, args=((),))


def _outliers(images: ImageSet, run: Run) -> None:
    found = listed.fetched(OutliersStudy(run.digest))
    if found is None:
        return
    lie = "lies" if found.n_beyond == 1 else "lie"
    st.markdown(
        f"**{formatting.counted(found.n_beyond, 'image')} {lie} farther out** than any point of structureless data with the "
        f"same spread (beyond {found.limit:.2f})."
    )
    words = [f"{distance:.2f}" for distance in found.distances]
    records = listed.records(images, found.digests)
    listed.show(records, images, words, key="look_outliers", run=run, n_on_map=found.n_beyond)
    st.caption(
        "A rare but right image is an outlier, too.",
        help=f"Sorted by 1 minus the cosine to neighbour number {found.n_neighbors}, near-duplicates passed over.",
    )


def _duplicates(images: ImageSet) -> None:
    found = listed.fetched(DuplicatesStudy())
    if found is None:
        return
    rows, numbers = found.rows_of(images)
    if not len(rows):
        st.markdown("**No near-duplicates.**")
        return
    shown = images.of_rows(rows)
    extra = found.all_but_largest(shown, numbers)
    groups = formatting.counted(len(found.groups), "group")
    st.markdown(f"**{formatting.counted(len(rows), 'image')} in {groups}** show the same picture.")
    listed.show(shown, images, [f"group {number}" for number in (numbers + 1).tolist()], key="look_duplicates")
    others = formatting.counted(len(extra), "image")
    if st.button(f"Keep the largest of each group, remove {others}", icon=":material/delete:", key="remove_copies"):
        gallery.change(lambda: gallery.remove(session.workspace(), extra))
    st.caption(
        "The same picture in another size, format, quality or brightness. Mirrored and cropped ones are not found."
    )


def _quality(images: ImageSet) -> None:
    found = listed.fetched(QualityStudy())
    if found is None:
        return
    counts = {problem: found.problems.count(problem) for problem in PROBLEMS if problem in found.problems}
    if not counts:
        st.markdown("**No image is unusually dark, bright, blurred, small or elongated.**")
        return
    unusual = ", ".join(f"{count} {problem}" for problem, count in counts.items())
    st.markdown(f"**Unusual for this set**: {unusual}.")
    words = [f"{problem}, {score:.1f}" for problem, score in zip(found.problems, found.scores, strict=True)]
    listed.show(listed.records(images, found.digests), images, words, key="look_quality")
    st.caption(
        "The number says how far from the usual of this set.",
        help="Distance from the median in robust standard deviations; 3.5 and more are listed.",
    )
