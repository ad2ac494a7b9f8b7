"""Beside a map: one image, its facts, and its true neighbours in the space of the features."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageRecord, ImageSet, Matched
from featx_core.workspace.runs import Run
from pages._ui.images import gallery, nearest
from pages._ui.map import heatmap, maps, whole_selection
from pages._ui.map.canvas import Near
from pages._ui.shell import chosen, formatting, runs, session, writing

SIDE = 220  # pixels, the width of the image at most


def neighbors(run: Run, features: Features, row: int) -> Near | None:
    """Find the neighbours of a row by the cosine of the features; None where there are none, or while they are looked for.

    Where an image has several rows, its features are their mean, and neighbours are other images.
    """
    others = nearest.fetch(run, features, row)
    return Near(row, others) if others else None


def show(run: Run, features: Features, row: int, near: Near | None) -> None:
    """Show one row of the features."""
    records = maps.images_of(features)
    record = records[row]
    st.markdown("**Selection: 1 image**" if record else "**Selection: 1 row**")
    drawn = None if record is None else heatmap.fetch(run, record)
    with st.container(key="map_one"):
        if record is not None:
            heatmap.show(run, record, drawn, width=max(min(record.width, SIDE), 160))
        with st.container(gap="small"):
            st.text(features.row_names[row])
            st.caption(formatting.escape(_facts(features, row, record)))
            if record is not None:
                bar = st.container(horizontal=True, gap="small")
                _label(record, bar)
                if run.spec.takes_images:
                    whole_selection.see_heatmaps(bar, ImageSet([record]))
                    heatmap.control(run, drawn, record)
    if near is not None:
        _neighbors(features, records, near)
        _elsewhere(run, features, near)


def _facts(features: Features, row: int, record: ImageRecord | None) -> str:
    words = [f"Label: {features.labels[row] or 'no label'}"]
    told = maps.told(features).values()
    words += [f"{fact.title}: {_value(fact.values[row])}" for fact in told]
    if record is not None:
        words.append(f"{record.width} x {record.height} pixels, {record.format}")
    return ". ".join(words) + "."


def _value(value: str | float | None) -> str:
    return "none" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def _label(record: ImageRecord, place: DeltaGenerator) -> None:
    with place.popover("Label it", icon=":material/label:"):
        text = st.text_input("Label for this image", key="selection_label")
        if st.button("Apply label", type="primary", disabled=not text.strip(), key="give_label"):
            labels = {record.name: text.strip()}
            if writing.try_to(lambda: session.workspace().set_labels(labels)):
                st.rerun(scope="app")


def _neighbors(features: Features, records: Matched, near: Near) -> None:
    noun = "images" if records[near.row] is not None else "rows"
    st.markdown(
        f"**Nearest {noun} by features**",
        help="With the cosine distance of the features; 0 is the same direction. Lines on the map lead to them: long "
        "lines are neighbours that the map tears apart.",
    )
    picked = _listed(features, records, near, key="neighbors")
    _go_to(features, picked)


def _listed(features: Features, records: Matched, near: Near, *, key: str) -> int | None:
    """List neighbours with their distances; give the row that was just pressed."""
    pictured = [(row, distance) for row, distance in near.others if records[row] is not None]
    found = {record.name: row for row, _ in pictured if (record := records[row]) is not None}
    picked = gallery.pick(
        [record for row, _ in pictured if (record := records[row]) is not None],
        [f"{distance:.3f}" for _, distance in pictured],
        key=key,
        labels=session.workspace().images().labels,
    )
    for row, distance in near.others:
        if records[row] is None:
            st.markdown(f"{formatting.escape(features.row_names[row])} :gray[{distance:.3f}]")
    return found.get(picked or "")


def _go_to(features: Features, row: int | None) -> None:
    if row is not None:
        keys = chosen.keys_of(features.digests, features.copies)
        chosen.choose([keys[row]], by=f"neighbor:{row}")
        st.rerun(scope="fragment")


def _elsewhere(run: Run, features: Features, near: Near) -> None:
    """Show the neighbours of the same image by the features of another run."""
    others = {each.digest: each for each in session.workspace().ledger.runs() if each.digest != run.digest}
    if not others:
        return
    digest = st.selectbox(
        "Nearest by another run",
        list(others),
        index=None,
        format_func=lambda digest: formatting.run_words(others[digest]),
        key="map_other_run",
        persist_state="session",
        placeholder="Choose a run",
    )
    other = others.get(digest or "")
    found = runs.features_of(other) if other is not None else None
    if other is None or found is None:
        return
    image = features.digests[near.row]
    beside = neighbors(other, found, found.digests.index(image)) if image in found.digests else None
    if beside is None:
        if image not in found.digests or not found.is_stored:  # else the worker looks for them
            st.caption("This run has no features of it.")
        return
    own = {features.digests[row] for row, _ in near.others}
    n_shared = len(own & {found.digests[row] for row, _ in beside.others})
    st.caption(f"{n_shared} of {len(beside.others)} are among the nearest above, too.")
    picked = _listed(found, maps.images_of(found), beside, key="neighbors_elsewhere")
    if picked is not None and found.digests[picked] in features.digests:
        _go_to(features, features.digests.index(found.digests[picked]))
