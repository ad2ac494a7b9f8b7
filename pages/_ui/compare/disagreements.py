"""Images that the two best networks of a comparison do not both classify correctly, as pictures."""

from collections.abc import Sequence

import streamlit as st

from featx_core.comparison.tables import Comparison
from featx_core.curation.label_errors import LabelErrors
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.studies.label_errors import LabelErrorsStudy
from pages._ui.images import gallery
from pages._ui.shell import formatting, jobs

_SHOWN = 12


def best_two(comparison: Comparison) -> list[str]:
    """Name the two networks that score highest; none where fewer than two were scored on the same images."""
    table = comparison.table
    if not comparison.has_labels:
        return []
    rows = table[(table["kind"] == "extractor") & ~table["saw_labels"] & table["probe"].notna()]
    names = rows.sort_values("probe", ascending=False)["extractor"].tolist()[:2]
    return names if len(names) == 2 else []


def show(comparison: Comparison, names: Sequence[str], images: ImageSet) -> None:
    """Show which images each of two gets right and the other wrong."""
    runs = comparison.facts.get("runs", {})
    studies = [LabelErrorsStudy(runs[name]) for name in names]
    found, job = jobs.fetch_all(studies, title="Looking for disagreements")
    if job is not None and job.state != "done":
        jobs.show(job)
    if len(found) < len(studies):
        problems = (job.result or {}).get("problems", {}) if job is not None and job.state == "done" else {}
        for words in dict.fromkeys(problems.values()):
            st.caption(formatting.escape(words))
        return
    first, second = (found[study] for study in studies)
    _side(names[0], names[1], second, first, images, key="right_first")
    _side(names[1], names[0], first, second, images, key="right_second")
    st.caption(
        "By a linear probe that never saw the image.",
        help="The surest mistakes come first. An image with a wrong label may stand here, too.",
    )


def _side(right: str, wrong: str, errors: LabelErrors, others: LabelErrors, images: ImageSet, *, key: str) -> None:
    """Show the images that one network gets right and the other wrong, with what that one takes them for."""
    by_digest: dict[str, ImageRecord] = {record.digest: record for record in images}
    pairs = zip(errors.digests, errors.offered, strict=True)
    only = [(by_digest[each], words) for each, words in pairs if each not in set(others.digests) and each in by_digest]
    st.subheader(
        f"{formatting.escape(right)} right, {formatting.escape(wrong)} wrong: {formatting.counted(len(only), 'image')}",
        anchor=False,
    )
    if only:
        shown = only[:_SHOWN]
        says = [f"as {words}" for _, words in shown]
        gallery.show([record for record, _ in shown], key=key, size="S", labels=images.labels, says=says)
