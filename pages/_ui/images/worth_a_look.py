"""What to look at first: likely label errors, outliers, near-duplicates, unusual images and clusters."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from featx_core.curation.clusters import METHODS, STABLE, Clusters
from featx_core.curation.colorings import suggested_name
from featx_core.curation.quality import PROBLEMS
from featx_core.images.duplicates import duplicate_groups
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.learning.labels_seen import saw_labels
from featx_core.studies.clusters import ClustersStudy
from featx_core.studies.label_errors import LabelErrorsStudy
from featx_core.studies.outliers import OutliersStudy
from featx_core.studies.quality import QualityStudy
from featx_core.studies.sketches import SketchesStudy
from featx_core.studies.study import Study
from featx_core.studies.work import Result
from featx_core.workspace.runs import Run
from pages._ui.images import gallery
from pages._ui.networks import names
from pages._ui.shell import chosen, formatting, frame, jobs, runs, session

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
        {"label_errors": _label_errors, "outliers": _outliers, "clusters": _clusters}[kind](images, run)
    else:
        {"duplicates": _duplicates, "quality": _quality}[kind](images)
    if not found:
        st.caption("Extract features to list label errors, outliers and clusters too.")


def _label_errors(images: ImageSet, run: Run) -> None:
    if saw_labels(run.spec):
        st.caption(
            ":material/school: This network learned from these labels, wrong ones included, so it hides errors among the "
            "images of its training. Pick another run to find those."
        )
    found = _fetched(LabelErrorsStudy(run.digest))
    if found is None:
        return
    records = _records(images, found.digests)
    if not records:
        st.markdown("**No label looks wrong** to a classifier on these features.")
        return
    st.markdown(
        f"**{len(records)} of {formatting.counted(found.n_images, 'labelled image')}** look more like another label, "
        "most certain first."
    )
    words = [
        f"{own} → {other}, {margin:.2f}"
        for own, other, margin in zip(found.labels, found.offered, found.margins, strict=True)
    ]
    shown = _gallery(records, images, words, key="look_label_errors", run=run)
    offered = dict(zip(found.digests, found.offered, strict=True))
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    taken = bar.multiselect(
        "Take the offered label for",
        shown.names,
        format_func={record.name: f"{record.name}: {offered[record.digest]}" for record in shown}.__getitem__,
        key=f"take_{len(records)}",
        placeholder="Choose images",
    )
    if bar.button("Change labels", icon=":material/check:", disabled=not taken, key="take_offered"):
        by_name = {record.name: offered[record.digest] for record in shown}
        gallery.change(lambda: session.workspace().set_labels({name: by_name[name] for name in taken}))
    st.caption(
        "Each image was scored by a linear probe trained without it; the number says by how much the other label scores "
        "higher. Hard images are listed too: the probe is wrong about some right labels."
    )


def _outliers(images: ImageSet, run: Run) -> None:
    found = _fetched(OutliersStudy(run.digest))
    if found is None:
        return
    lie = "lies" if found.n_beyond == 1 else "lie"
    st.markdown(
        f"**{formatting.counted(found.n_beyond, 'image')} {lie} farther out** than any point of structureless data with the "
        f"same spread (beyond {found.limit:.2f})."
    )
    words = [f"{distance:.2f}" for distance in found.distances]
    records = _records(images, found.digests)
    _gallery(records, images, words, key="look_outliers", run=run, n_on_map=found.n_beyond)
    st.caption(
        f"Sorted by 1 minus the cosine to neighbour number {found.n_neighbors}, near-duplicates passed over. A rare but right "
        "image is an outlier, too."
    )


def _duplicates(images: ImageSet) -> None:
    sketches = _fetched(SketchesStudy(tuple(images.digests)))
    if sketches is None:
        return
    numbers = duplicate_groups(sketches, digests=images.digests)
    sizes = np.bincount(numbers, minlength=len(images))
    rows = [row for row in np.argsort(numbers, kind="stable") if sizes[numbers[row]] > 1]
    if not rows:
        st.markdown("**No near-duplicates.**")
        return
    kept = _largest_of_each(images, numbers)
    extra = [images[row].name for row in rows if row not in kept]
    groups = formatting.counted(len({numbers[row] for row in rows}), "group")
    st.markdown(f"**{formatting.counted(len(rows), 'image')} in {groups}** show the same picture.")
    words = [f"group {place}" for place in pd.factorize(numbers[rows])[0] + 1]
    _gallery([images[row] for row in rows], images, words, key="look_duplicates")
    others = formatting.counted(len(extra), "image")
    if st.button(f"Keep the largest of each group, remove {others}", icon=":material/delete:", key="remove_copies"):
        gallery.change(lambda: gallery.remove(session.workspace(), extra))
    st.caption(
        "The same picture in another size, format, quality or brightness. Mirrored and cropped ones are not found."
    )


def _largest_of_each(images: ImageSet, numbers: np.ndarray) -> set[int]:
    order = sorted(range(len(images)), key=lambda row: -images[row].width * images[row].height)
    first: dict[int, int] = {}
    for row in order:
        first.setdefault(int(numbers[row]), row)
    return set(first.values())


def _quality(images: ImageSet) -> None:
    found = _fetched(QualityStudy(tuple(images.digests)))
    if found is None:
        return
    counts = {problem: found.problems.count(problem) for problem in PROBLEMS if problem in found.problems}
    if not counts:
        st.markdown("**No image is unusually dark, bright, blurred, small or elongated.**")
        return
    listed = ", ".join(f"{count} {problem}" for problem, count in counts.items())
    st.markdown(f"**Unusual for this set**: {listed}.")
    words = [f"{problem}, {score:.1f}" for problem, score in zip(found.problems, found.scores, strict=True)]
    _gallery(_records(images, found.digests), images, words, key="look_quality")
    st.caption(
        "The number is the distance from the median of the set in robust standard deviations; 3.5 and more are listed."
    )


def _clusters(images: ImageSet, run: Run) -> None:
    left, right = st.columns([2, 3], gap="medium")
    with left:
        method = st.segmented_control(
            "Method",
            list(METHODS),
            format_func=METHODS.__getitem__,
            default="hdbscan",
            required=True,
            key="cluster_method",
        )
        n_clusters = 0
        if method == "k_means":
            n_clusters = st.number_input("Clusters", 2, 50, 5, key="n_clusters")
        found = _fetched(ClustersStudy(run.digest, method or "hdbscan", int(n_clusters)))
        if found is None:
            return
        if not found.sizes:
            st.markdown("**No clusters**: the images do not fall into groups by these features.")
            return
        place = _cluster_table(found)
        n_without = found.numbers.count(-1)
        st.caption(
            f"{formatting.counted(n_without, 'image')} in no cluster. Stable: found again in resamples (Jaccard index at least "
            f"{STABLE}). Clusters are those of the features, not of meaning."
        )
    with right:
        _cluster(found, place, images, run)


def _cluster_table(found: Clusters) -> int:
    table = pd.DataFrame(
        {
            "cluster": range(1, len(found.sizes) + 1),
            "images": found.sizes,
            "stability": found.stabilities,
            "": ["stable" if is_stable else "unstable" for is_stable in found.is_stable],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        key="cluster_table",
        on_select="rerun",
        selection_mode="single-row-required",
        column_config={
            "stability": st.column_config.ProgressColumn("Stability", format="%.2f", min_value=0, max_value=1)
        },
        alt="Clusters with the number of their images and their stability",
    )
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(table) else 0


def _cluster(found: Clusters, place: int, images: ImageSet, run: Run) -> None:
    inside = [digest for digest, number in zip(found.digests, found.numbers, strict=True) if number == place]
    typical = found.typical[place]
    records = _records(images, [*typical, *(digest for digest in inside if digest not in set(typical))])
    st.markdown(f"**Cluster {place + 1}**, {formatting.counted(len(inside), 'image')}, the most typical first")
    _gallery(records, images, [""] * len(records), key="look_cluster", run=run)
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    suggested = _suggested(inside)
    key = f"cluster_name_{place}_{suggested}"  # another suggestion makes another field
    name = bar.text_input("Label for these images", value=suggested, key=key, width=260, help=_SUGGESTS).strip()
    if bar.button("Label them", disabled=not name, icon=":material/label:", key="label_cluster"):
        everyone = {image.name: name for image in images if image.digest in set(inside)}
        gallery.change(lambda: session.workspace().set_labels(everyone))


def _suggested(digests: Sequence[str]) -> str:
    predictions, _ = names.of_workspace()
    if predictions is None:
        return ""
    best = {digest: predictions.best(digest) for digest in digests}
    return suggested_name(digests, {digest: each.name for digest, each in best.items() if each is not None})


def _on_map(digests: Sequence[str], run: Run | None, *, key: str) -> None:
    """Offer to select a whole list on the map of a run, the newest where the list is of none."""
    found = session.workspace().ledger.runs()
    if not found or not digests:
        return
    words = f"Select {'it' if len(digests) == 1 else f'all {len(digests)}'} on the map"
    if st.button(words, icon=":material/scatter_plot:", key=f"on_map_{key}", type="tertiary"):
        if run is not None:
            session.remember("picked_run", run.digest)
        chosen.choose(frozenset(digests), by=f"list:{key}:{hash(tuple(digests))}")
        frame.open_page("map")


def _fetched(study: Study[Result]) -> Result | None:
    found, job = jobs.fetch(study)
    if found is None and job is not None:
        jobs.show(job)
    return found


def _records(images: ImageSet, digests: Sequence[str]) -> list[ImageRecord]:
    first = {image.digest: image for image in reversed(list(images))}
    return [first[digest] for digest in digests if digest in first]


def _gallery(
    records: Sequence[ImageRecord],
    images: ImageSet,
    words: Sequence[str],
    *,
    key: str,
    run: Run | None = None,
    n_on_map: int | None = None,
) -> ImageSet:
    """Show a list: its images, and the way to all of them on the map."""
    listed = ImageSet(records)
    page = gallery.paged(listed, key=f"{key}_page", page_size=_PAGE_SIZE)
    start = (st.session_state.get(f"{key}_page", 1) - 1) * _PAGE_SIZE if len(listed) > _PAGE_SIZE else 0
    gallery.show(page, key=key, labels=images.labels, says=words[start : start + len(page)])
    _on_map(listed.digests[:n_on_map], run, key=key)
    return page
